# Programs of the check on a GPU: build/gpu/. They are built with what is here alone, so that they can be carried
# to a machine with a GPU; with NVIDIA's compiler and runtime where these are.

GPU := $(B)/gpu
GPU_KINDS := $(wildcard tests/gpu/kinds_*.c)
GPU_ALL := $(addprefix $(GPU)/,work facts reenter.so pairs runtime_shared runtime_static)

.PHONY: gpu
gpu: $(GPU_ALL) ## build the programs of scripts/gpu-check.sh

$(GPU_ALL): | $(SIM_LIBS)

$(GPU)/work: tests/gpu/work.c $(GPU_KINDS)
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) $(filter %.c,$^) $(LDFLAGS) $(APP_RPATH) -L$(SIM) -lcuda -o $@

$(GPU)/facts: tests/gpu/facts.c
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) $< $(LDFLAGS) $(APP_RPATH) -L$(SIM) -lcuda -ldl -o $@

$(GPU)/reenter.so: tests/gpu/reenter.c
	@mkdir -p $(@D)
	$(CC) -shared -fPIC $(APP_CFLAGS) $< $(LDFLAGS) -ldl -o $@

# Against the simulated runtime, which runs on a real driver, too.
$(GPU)/pairs: tests/gpu/pairs.c
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) $< $(LDFLAGS) $(APP_RPATH) -L$(SIM) -lcudart -lcuda -o $@

$(GPU)/runtime_shared: tests/gpu/runtime_work.cu
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) -x c $< $(LDFLAGS) $(APP_RPATH) -L$(SIM) -lcudart -o $@

$(GPU)/runtime_static: tests/gpu/runtime_work.cu $(SIM)/libcudart_static.a
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) -x c $< -x none $(SIM)/libcudart_static.a $(LDFLAGS) $(APP_RPATH) -ldl -lpthread -o $@

ifneq ($(NVCC),)
GPU_NVCC := $(addprefix $(GPU)/,nvcc_shared nvcc_static nvcc_pairs)

.PHONY: gpu-nvcc
gpu-nvcc: $(GPU_NVCC) ## build those that need NVIDIA's compiler

# The toolkit's runtime is found without LD_LIBRARY_PATH.
$(GPU)/nvcc_%: tests/gpu/runtime_work.cu
	@mkdir -p $(@D)
	$(NVCC) -O2 -cudart $* -Xlinker -rpath=$(dir $(NVCC))../lib64 $< -o $@

$(GPU)/nvcc_pairs: tests/gpu/pairs.c
	@mkdir -p $(@D)
	$(NVCC) -O2 -x cu -cudart static $< -Xlinker $(SIM)/libcuda.so.1 -o $@
endif

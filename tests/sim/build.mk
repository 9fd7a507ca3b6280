# The simulated CUDA: build/sim/. Every driver/*.c is the driver, every runtime/*.c the runtime.

comma    := ,
SIM      := $(B)/sim
# Warnings that a library of fixed foreign names and prototypes cannot avoid.
SIM_WARN := -Wno-missing-field-initializers
SIM_CPP  := -D_GNU_SOURCE -Itests/sim/include

# A sanitizer's own symbols come from the program.
SIM_DEFS := $(if $(SAN),,-Wl$(comma)-z$(comma)defs)

SIM_DRIVER_OBJ  := $(patsubst tests/sim/%.c,$(SIM)/obj/%.o,$(sort $(wildcard tests/sim/driver/*.c)))
SIM_RUNTIME_OBJ := $(patsubst tests/sim/%.c,$(SIM)/obj/%.o,$(sort $(wildcard tests/sim/runtime/*.c)))

# The management library reads the settings and the board as the driver does.
SIM_NVML_OBJ    := $(patsubst tests/sim/%.c,$(SIM)/obj/%.o,$(sort $(wildcard tests/sim/nvml/*.c))) \
                   $(SIM)/obj/driver/config.o $(SIM)/obj/driver/boardfile.o

SIM_LIBS := $(SIM)/libnvidia-ml.so.1 $(SIM)/libcuda.so.1 $(SIM)/libcuda.so $(SIM)/libcudart.so.13 $(SIM)/libcudart.so \
            $(SIM)/libcudart_static.a

.PHONY: sim check-sim
sim: $(SIM_LIBS) ## build the simulated CUDA

$(SIM)/obj/%.o: tests/sim/%.c
	@mkdir -p $(@D)
	$(CC) $(SIM_CPP) $(CFLAGS) $(SIM_WARN) $(DEPS) -c $< -o $@

# -Bsymbolic: a call from one driver function to another is not one that a hook could see.
$(SIM)/libcuda.so.1: $(SIM_DRIVER_OBJ)
	$(CC) $(CFLAGS) -shared -Wl,-soname,libcuda.so.1 -Wl,-Bsymbolic $^ $(LDFLAGS) $(SIM_DEFS) \
		-ldl -lpthread -o $@

$(SIM)/libcudart.so.13: $(SIM_RUNTIME_OBJ) tests/sim/runtime/libcudart.map
	$(CC) $(CFLAGS) -shared -Wl,-soname,libcudart.so.13 \
		-Wl,--version-script=tests/sim/runtime/libcudart.map $(SIM_RUNTIME_OBJ) $(LDFLAGS) \
		$(SIM_DEFS) -Wl,-rpath,'$$ORIGIN' -ldl -lpthread -o $@

$(SIM)/libcudart_static.a: $(SIM_RUNTIME_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(SIM)/libnvidia-ml.so.1: $(SIM_NVML_OBJ)
	$(CC) $(CFLAGS) -shared -Wl,-soname,libnvidia-ml.so.1 -Wl,-Bsymbolic $^ $(LDFLAGS) $(SIM_DEFS) \
		-ldl -lpthread -o $@

$(SIM)/libcuda.so: $(SIM)/libcuda.so.1
	ln -sf libcuda.so.1 $@

$(SIM)/libcudart.so: $(SIM)/libcudart.so.13
	ln -sf libcudart.so.13 $@

SIM_TEST_OBJ := $(patsubst tests/sim/%.c,$(SIM)/obj/%.o,$(sort $(wildcard tests/sim/selftest/*.c)))

$(SIM)/test_sim: $(SIM_TEST_OBJ) $(SIM_LIBS)
	$(CC) $(CFLAGS) $(SIM_TEST_OBJ) $(LDFLAGS) -L$(SIM) -lcudart -lcuda -Wl,-rpath,'$$ORIGIN' -ldl \
		-lpthread -o $@

check-sim: $(SIM)/test_sim ## check the simulated CUDA against what is known of the real one
	$(SIM)/test_sim
	$(PYTHON) tests/sim/check_abi.py

# Programs as users write them, linked as users link them: build/apps/. They find the simulated libraries through
# their run path, or whatever LD_LIBRARY_PATH names.

APPS := $(B)/apps
APP_CFLAGS = $(CPPFLAGS) -Itests/sim/include $(filter-out -fvisibility=hidden -fPIC,$(CFLAGS)) \
             -Wno-missing-field-initializers $(DEPS)
APP_RPATH = -Wl,-rpath,'$$ORIGIN/../sim' -Wl,--enable-new-dtags

APPS_DRIVER  := driver_linked record_steps edges query_free query_sizes untracked_run \
                guest_child guest_stderr race_ledger race_duel \
                array_edges array_steps import_shared \
                peer_lookup peer_host peer_threads life_exec life_end \
                group_member group_kill fault_steps driver_steps twins soak_steps stack_steps
APPS_RUNTIME := demo edges_runtime query_runtime two_gpus beside
APPS_BOTH    := stack_places route_ways refusal leak threads entry_point guest_state race_budget \
                peer_kinds peer_ends
APPS_NVML    := query_nvml habits
APPS_RUNTIME += own_words
APPS_PLAIN   := nocuda refuses dlopen_dlsym dlvsym proc_address route_absent route_host \
                route_callers

APPS_ALL := $(addprefix $(APPS)/,$(APPS_DRIVER) $(APPS_RUNTIME) $(APPS_BOTH) $(APPS_NVML) $(APPS_PLAIN) \
            group_steps runtime_shared runtime_static route_weak route_weak_lazy route_weak_cuda \
            route_weak.so route_weak_cuda.so route_weak_host route_weak_cuda_host route_plugin.so \
            route_plugin_static.so route_next.so route_held.so life_library.so \
            beside_saver.so nvml/libnvidia-ml.so.1)

# These are about functions of glibc that musl lacks.
ifneq ($(findstring musl,$(CC)),)
APPS_ALL := $(filter-out $(addprefix $(APPS)/,dlvsym guest_state life_end route_absent),$(APPS_ALL))
endif

.PHONY: apps
apps: $(APPS_ALL) ## build the test programs

$(APPS_ALL): | $(SIM_LIBS)

$(addprefix $(APPS)/,$(APPS_DRIVER)): APP_LIBS = -L$(SIM) -lcuda
$(addprefix $(APPS)/,$(APPS_RUNTIME)): APP_LIBS = -L$(SIM) -lcudart
$(addprefix $(APPS)/,$(APPS_BOTH)): APP_LIBS = -L$(SIM) -lcudart -lcuda
$(APPS)/guest_state: APP_LIBS += -lm
# What programs include of ours, and nothing else of the shim's.
$(APPS)/own_words: APP_CFLAGS += -Ishim
$(addprefix $(APPS)/,$(APPS_NVML)): APP_LIBS = -L$(SIM) -lcudart -lcuda -l:libnvidia-ml.so.1

$(APPS)/%: tests/apps/%.c
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) $< $(LDFLAGS) $(APP_RPATH) $(APP_LIBS) -ldl -lpthread -o $@

# Of core alone.
$(APPS)/group_steps: tests/apps/group_steps.c $(B)/librac_core.a
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) $< $(B)/librac_core.a $(LDFLAGS) -o $@

$(APPS)/runtime_shared: tests/apps/runtime.c
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) $< $(LDFLAGS) $(APP_RPATH) -L$(SIM) -lcudart -o $@

$(APPS)/runtime_static: tests/apps/runtime.c $(SIM)/libcudart_static.a
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) $< $(SIM)/libcudart_static.a $(LDFLAGS) $(APP_RPATH) -ldl -lpthread -o $@

# Weak references: where nothing of CUDA is linked they stay open and are left to the loader.
WEAK = $(CC) $(APP_CFLAGS) -fno-plt $(filter %.c,$^) $(LDFLAGS) -Wl,-z,dynamic-undefined-weak
WEAK_CUDA = -Wl,--no-as-needed -L$(SIM) -lcudart -lcuda $(APP_RPATH)

$(APPS)/route_weak: tests/apps/route_weak.c
	@mkdir -p $(@D)
	$(WEAK) -o $@

$(APPS)/route_weak_lazy: tests/apps/route_weak.c
	@mkdir -p $(@D)
	$(WEAK) -fplt -Wl,-z,lazy -o $@

$(APPS)/route_weak_cuda: tests/apps/route_weak.c
	@mkdir -p $(@D)
	$(WEAK) $(WEAK_CUDA) -o $@

$(APPS)/route_weak.so: tests/apps/route_weak.c
	@mkdir -p $(@D)
	$(WEAK) -DWEAK_LIBRARY -shared -Wl,-soname,$(@F) -o $@

$(APPS)/route_weak_cuda.so: tests/apps/route_weak.c
	@mkdir -p $(@D)
	$(WEAK) -DWEAK_LIBRARY -shared -Wl,-soname,$(@F) $(WEAK_CUDA) -o $@

$(APPS)/route_weak_host: tests/apps/route_weak_host.c $(APPS)/route_weak.so
	@mkdir -p $(@D)
	$(WEAK) $(APPS)/route_weak.so -Wl,-rpath,'$$ORIGIN' -ldl -o $@

$(APPS)/route_weak_cuda_host: tests/apps/route_weak_host.c $(APPS)/route_weak_cuda.so
	@mkdir -p $(@D)
	$(WEAK) $(APPS)/route_weak_cuda.so -Wl,-rpath,'$$ORIGIN' -Wl,-rpath-link,$(SIM) -ldl -o $@

$(APPS)/%.so: APP_CFLAGS += -fPIC -fvisibility=default
$(APPS)/route_plugin.so: tests/apps/route_plugin.c
	@mkdir -p $(@D)
	$(CC) -shared $(APP_CFLAGS) $< $(LDFLAGS) $(APP_RPATH) -L$(SIM) -lcudart -o $@

$(APPS)/route_plugin_static.so: tests/apps/route_plugin.c $(SIM)/libcudart_static.a
	@mkdir -p $(@D)
	$(CC) -shared $(APP_CFLAGS) $< $(SIM)/libcudart_static.a -Wl,--exclude-libs,ALL $(LDFLAGS) \
		$(APP_RPATH) -ldl -lpthread -o $@

# What it opens calls back into it.
$(APPS)/route_callers: LDFLAGS += -rdynamic

$(APPS)/route_next.so $(APPS)/route_held.so: $(APPS)/%.so: tests/apps/%.c
	@mkdir -p $(@D)
	$(CC) -shared $(APP_CFLAGS) $< $(LDFLAGS) -ldl -o $@

$(APPS)/life_library.so $(APPS)/beside_saver.so: $(APPS)/%.so: tests/apps/%.c
	@mkdir -p $(@D)
	$(CC) -shared $(APP_CFLAGS) $< $(LDFLAGS) $(APP_RPATH) -L$(SIM) -lcuda -lcudart -ldl -o $@

# In a folder of its own, so that only a test that asks for it gets it.
$(APPS)/nvml/libnvidia-ml.so.1: tests/apps/untracked_nvml.c
	@mkdir -p $(@D)
	$(CC) $(APP_CFLAGS) -fPIC -shared -Wl,-soname,$(@F) $< $(LDFLAGS) -ldl -o $@

# With NVIDIA's compiler and runtime, where they are.
NVCC ?= $(firstword $(wildcard /usr/local/cuda/bin/nvcc) $(shell command -v nvcc 2>/dev/null))
ifneq ($(NVCC),)
.PHONY: apps-nvcc
apps-nvcc: $(APPS)/vector_add_shared $(APPS)/vector_add_static ## build the sample with nvcc

$(APPS)/vector_add_%: tests/apps/vector_add.cu
	@mkdir -p $(@D)
	$(NVCC) -O2 -cudart $* $< -o $@
endif

# The zoo of leaks: small programs with a known verdict (expected.txt), built as users build.

ZOO := $(APPS)/leaks
ZOO_CFLAGS = $(filter-out -fno-strict-aliasing -Werror,$(APP_CFLAGS)) -Ishim
ZOO_LINK = $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/../../sim' -Wl,-rpath,'$$ORIGIN' -Wl,--enable-new-dtags -L$(SIM)
ZOO_LIBS = -lcudart -lcuda -ldl -lpthread
ZOO_C := $(filter-out keeper plugin,$(patsubst tests/apps/leaks/%.c,%,$(sort $(wildcard tests/apps/leaks/*.c))))
ZOO_ALL := $(addprefix $(ZOO)/,$(ZOO_C) loop_stripped loop_optimised libplugin.so)

# With the C++ compiler that belongs to the C compiler, where there is one.
ZOO_CXX_NAME := $(subst clang,clang++,$(subst gcc,g++,$(lastword $(CC))))
ZOO_CXX := $(if $(SAN),,$(if $(findstring ++,$(ZOO_CXX_NAME)),$(shell command -v $(ZOO_CXX_NAME) 2>/dev/null)))
ifneq ($(ZOO_CXX),)
ZOO_ALL += $(patsubst tests/apps/leaks/%.cc,$(ZOO)/%,$(sort $(wildcard tests/apps/leaks/*.cc)))
endif

APPS_ALL += $(ZOO_ALL)
$(ZOO_ALL) $(ZOO)/libc10_cuda.so $(ZOO)/libcublas.so.12: | $(SIM_LIBS)
apps: $(ZOO_ALL)

$(ZOO)/%: tests/apps/leaks/%.c
	@mkdir -p $(@D)
	$(CC) $(ZOO_CFLAGS) $< $(ZOO_LINK) $(ZOO_LIBS) -o $@

$(ZOO)/%: tests/apps/leaks/%.cc
	@mkdir -p $(@D)
	$(ZOO_CXX) -O1 -g -Wall -Wextra -Itests/sim/include $(DEPS) $< $(ZOO_LINK) $(ZOO_LIBS) -o $@

$(ZOO)/loop_stripped: tests/apps/leaks/loop.c
	@mkdir -p $(@D)
	$(CC) $(ZOO_CFLAGS) $< $(ZOO_LINK) $(ZOO_LIBS) -s -o $@

$(ZOO)/loop_optimised: tests/apps/leaks/loop.c
	@mkdir -p $(@D)
	$(CC) $(ZOO_CFLAGS) -O3 -fomit-frame-pointer $< $(ZOO_LINK) $(ZOO_LIBS) -o $@

# Known by the names of their files.
$(ZOO)/libc10_cuda.so $(ZOO)/libcublas.so.12: tests/apps/leaks/keeper.c
	@mkdir -p $(@D)
	$(CC) $(ZOO_CFLAGS) -fPIC -fvisibility=default -shared -Wl,-soname,$(@F) $< $(ZOO_LINK) $(ZOO_LIBS) -o $@
$(ZOO)/caching_allocator: $(ZOO)/libc10_cuda.so
$(ZOO)/caching_allocator: private ZOO_LIBS = -l:libc10_cuda.so
$(ZOO)/library_handle: $(ZOO)/libcublas.so.12
$(ZOO)/library_handle: private ZOO_LIBS = -l:libcublas.so.12
$(ZOO)/caching_allocator $(ZOO)/library_handle: private ZOO_LINK += -L$(ZOO) -Wl,-rpath-link,$(SIM)

$(ZOO)/libplugin.so: tests/apps/leaks/plugin.c
	@mkdir -p $(@D)
	$(CC) $(ZOO_CFLAGS) -fPIC -fvisibility=default -shared $< $(ZOO_LINK) $(ZOO_LIBS) -o $@

# Code that the tests of call stacks walk through: build/stacks/.

STACKS := $(B)/stacks
STACKS_CFLAGS = -std=gnu11 -D_GNU_SOURCE -g -fPIC -Wall -Wextra -Werror -fasynchronous-unwind-tables $(DEPS)

# frames_%.so: one source, with options that change what its frames look like. Bound lazily, so that the
# linker's stubs are on the way, too.
STACKS_frames_O0       := -O0
STACKS_frames_O2       := -O2 -fomit-frame-pointer
STACKS_frames_O3       := -O3 -fomit-frame-pointer -fno-plt
STACKS_frames_pointers := -O2 -fno-omit-frame-pointer
STACKS_frames_checked  := -Os -fomit-frame-pointer -fstack-protector-all -fstack-clash-protection
STACKS_frames_stripped := -O2 -fomit-frame-pointer -s
STACKS_frames_no_table := -O2 -fomit-frame-pointer -Wl,--no-eh-frame-hdr

STACKS_FRAMES := O0 O2 O3 pointers checked stripped no_table
STACKS_ALL    := $(STACKS)/plugin_1.so $(STACKS)/plugin_2.so $(STACKS)/odd.so \
                 $(STACKS)/python_probe.so $(STACKS_FRAMES:%=$(STACKS)/frames_%.so)

$(STACKS)/plugin_%.so: tests/stacks/plugin.c
	@mkdir -p $(@D)
	$(CC) $(STACKS_CFLAGS) -O2 -fomit-frame-pointer -DPLUGIN=$* -shared $< -o $@

$(STACKS)/frames_%.so: tests/stacks/frames.c tests/stacks/build.mk
	@mkdir -p $(@D)
	$(CC) $(STACKS_CFLAGS) $(STACKS_frames_$*) -Wl,-z,lazy -shared $< -o $@

$(STACKS)/odd.so: tests/stacks/odd_x86_64.S tests/stacks/odd_aarch64.S
	@mkdir -p $(@D)
	$(CC) $(STACKS_CFLAGS) -shared $^ -o $@

$(STACKS)/python_probe.so: tests/stacks/python_probe.c $(SHIM_ALONE) $(B)/librac_core.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Ishim $(CFLAGS) $(DEPS) -shared $^ $(LDFLAGS) -ldl -o $@

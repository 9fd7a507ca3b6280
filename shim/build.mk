# The shim: build/librac_track.so. Every shim/*.c belongs to it; its exports are made from
# the lists hooks.def and exports.def.

# Of the assembly what is for the machine of the compiler: the rest, though empty, would take from the
# library the marks of branch protection, which hold only where all objects have them.
SHIM_ARCH := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
SHIM_OBJ := $(patsubst shim/%,$(B)/shim/%.o,$(sort $(wildcard shim/*.c shim/*_$(SHIM_ARCH).S)))
# What needs nothing of the rest: tests and benchmarks link it by itself.
SHIM_ALONE := $(addprefix $(B)/shim/,$(addsuffix .c.o,code_epoch code_modules elf_image maps \
              python_frames python_layout python_text safe_read stack_merge stack_reach unwind_bytes \
              unwind_cfi unwind_expression unwind_program unwind_stack unwind_table))
# What runs at the end may run on a signal stack of 8 KiB, which holds a kernel's frame already.
SHIM_FRAME := -Wframe-larger-than=2048
# These run at the first use of CUDA, where a context is made and beneath NVML, on a thread's own stack.
$(B)/shim/startup.c.o $(B)/shim/usage.c.o $(B)/shim/nvml_view.c.o: SHIM_FRAME :=

# These are the functions that a compiler would take their loops for; seen by none that could.
$(B)/shim/bare_libc.c.o: LTO :=
$(B)/shim/bare_libc.c.o: CFLAGS += -fno-builtin \
	$(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)

# What dlsym is made of: these sanitizers ask it for functions before they are up.
ifneq ($(filter address thread,$(SAN)),)
SHIM_EARLY := $(addprefix $(B)/shim/,$(addsuffix .c.o,bare_libc definer elf_symbols libc_real pick))
$(SHIM_EARLY): CFLAGS += -fno-sanitize=$(SAN)
endif

$(SHIM_OBJ): Makefile shim/build.mk

.PHONY: shim
shim: $(B)/librac_track.so ## build the shim

$(B)/shim/%.c.o: shim/%.c
	@mkdir -p $(@D)
	$(SAME) $(CC) $(CPPFLAGS) -Ishim $(CFLAGS) -ftls-model=initial-exec $(SHIM_FRAME) \
		$(LTO:%=% -ffat-lto-objects) $(SEED) $(DEPS) -c $< -o $@

$(B)/shim/%.S.o: shim/%.S
	@mkdir -p $(@D)
	$(SAME) $(CC) $(CPPFLAGS) $(EXTRA_CFLAGS) $(SEED) $(DEPS) -c $< -o $@

# Anonymous, so that a reference with any symbol version binds to our definition.
$(B)/shim/exports.map: shim/hooks.def shim/exports.def shim/exports.map.in
	@mkdir -p $(@D)
	$(CC) -E -P -x c -Ishim shim/exports.map.in | grep -v '^$$' > $@

# Seen across files, a flag that guards a variable is not seen through: each file alone was checked.
# nodelete: exit handlers point into it, and libraries that it found stay open. initfirst: what is put
# right at load is so before any other constructor looks.
$(B)/librac_track.so: $(SHIM_OBJ) $(B)/librac_core.a $(B)/shim/exports.map
	$(SAME) $(CC) -shared $(CFLAGS) $(SEED) $(filter-out -fno-lto,$(LDFLAGS)) -ftls-model=initial-exec $(LTO) \
		$(if $(LTO),-Wno-maybe-uninitialized) \
		-nostartfiles -Wl,-z,noseparate-code -Wl,-z,defs -Wl,-z,nodelete -Wl,-z,initfirst -Wl,-Bsymbolic -Wl,-soname,librac_track.so \
		-Wl,--version-script=$(B)/shim/exports.map $(SHIM_OBJ) -Wl,--exclude-libs,ALL \
		$(B)/librac_core.a -o $@

# The tracker, ledger and estimators: build/librac_core.a. Every core/*.c belongs to it.

CORE_OBJ := $(patsubst core/%.c,$(B)/core/%.o,$(sort $(wildcard core/*.c)))

# Made with other flags it is another file.
$(CORE_OBJ): Makefile core/build.mk

.PHONY: core
core: $(B)/librac_core.a ## build the core library

$(B)/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(SAME) $(CC) $(CPPFLAGS) $(CFLAGS) $(LTO:%=% -ffat-lto-objects) $(SEED) $(DEPS) -c $< -o $@

$(B)/librac_core.a: $(CORE_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

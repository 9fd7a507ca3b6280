# The command: build/rac. Every cli/*.c belongs to it.

CLI_OBJ := $(patsubst cli/%.c,$(B)/cli/%.o,$(sort $(wildcard cli/*.c)))

# json-c reads models' config.json and reports (cli/json.h). Without it all else is built.
JSON_LIBS := $(shell pkg-config --libs json-c 2>/dev/null || \
	{ printf '\#include <json-c/json.h>\n' | $(CC) -E -x c - >/dev/null 2>&1 && echo -ljson-c; })
CLI_CPPFLAGS := $(if $(JSON_LIBS),-DRAC_HAVE_JSON)

.PHONY: cli
cli: $(B)/rac ## build the rac command
ifeq ($(JSON_LIBS),)
	@echo "rac was built without json-c, so it reads no config.json and no JSON report;" \
		"to have that: apt-get install libjson-c-dev, then make" >&2
endif

# Made anew when json-c comes or goes.
$(B)/cli/json.o: $(B)/cli/json-c.$(if $(JSON_LIBS),found,missing)
$(B)/cli/json-c.found $(B)/cli/json-c.missing:
	@mkdir -p $(@D)
	@rm -f $(@D)/json-c.*
	@touch $@

# The assembler reads them, so the compiler does not know.
$(B)/cli/embedded.o: cli/completion.bash
$(B)/cli/embedded.o: CLI_CPPFLAGS += -Wa,-Icli

$(B)/cli/%.o: cli/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CLI_CPPFLAGS) -Icli $(CFLAGS) $(DEPS) -c $< -o $@

$(B)/rac: $(CLI_OBJ) $(B)/librac_core.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(JSON_LIBS) -ldl -o $@

# Pages and completion come from what was built, so that they say what it does.
.PHONY: man
man: $(B)/rac ## write the manual pages and bash's completion to build/man and build/completion
	@mkdir -p $(B)/man $(B)/completion
	@for page in $$($(B)/rac --man); do $(B)/rac --man "$${page%.*}" >$(B)/man/"$$page" || exit 1; done
	@$(B)/rac --completion >$(B)/completion/rac

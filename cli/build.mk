# The command: build/rac. Every cli/*.c belongs to it.

CLI_OBJ := $(patsubst cli/%.c,$(B)/cli/%.o,$(sort $(wildcard cli/*.c)))

# json-c reads models' config.json and reports (cli/json.h). Without it all else is built.
JSON_LIBS := $(shell pkg-config --libs json-c 2>/dev/null || \
	{ $(CC) -include json-c/json.h -E -x c /dev/null >/dev/null 2>&1 && echo -ljson-c; })
# zlib compresses exports (cli/gzip.h); the same holds for it.
ZLIB_LIBS := $(shell pkg-config --libs zlib 2>/dev/null || \
	{ $(CC) -include zlib.h -E -x c /dev/null >/dev/null 2>&1 && echo -lz; })
# ncurses draws the live screen of rac top; without it there is rac top --once.
CURSES_LIBS := $(shell pkg-config --libs ncurses 2>/dev/null || \
	{ $(CC) -include curses.h -E -x c /dev/null >/dev/null 2>&1 && echo -lncurses; })
CLI_CPPFLAGS := $(if $(JSON_LIBS),-DRAC_HAVE_JSON) $(if $(ZLIB_LIBS),-DRAC_HAVE_ZLIB) \
	$(if $(CURSES_LIBS),-DRAC_HAVE_CURSES)
CLI_LIBS := $(JSON_LIBS) $(ZLIB_LIBS) $(CURSES_LIBS)

.PHONY: cli
cli: $(B)/rac ## build the rac command
ifeq ($(JSON_LIBS),)
	@echo "rac was built without json-c, so it reads no config.json and no JSON report;" \
		"to have that: apt-get install libjson-c-dev, then make" >&2
endif
ifeq ($(ZLIB_LIBS),)
	@echo "rac was built without zlib, so it exports no pprof profile;" \
		"to have that: apt-get install zlib1g-dev, then make" >&2
endif

# Made anew when a library comes or goes.
$(B)/cli/json.o: $(B)/cli/json-c.$(if $(JSON_LIBS),found,missing)
$(B)/cli/gzip.o: $(B)/cli/zlib.$(if $(ZLIB_LIBS),found,missing)
$(B)/cli/%.found $(B)/cli/%.missing:
	@mkdir -p $(@D)
	@rm -f $(@D)/$(*F).found $(@D)/$(*F).missing
	@touch $@

# The assembler reads them, so the compiler does not know.
$(B)/cli/embedded.o: cli/completion.bash cli/report.html
$(B)/cli/embedded.o: CLI_CPPFLAGS += -Wa,-Icli

$(B)/cli/%.o: cli/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CLI_CPPFLAGS) -Icli $(CFLAGS) $(DEPS) -c $< -o $@

$(B)/rac: $(CLI_OBJ) $(B)/librac_core.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(CLI_LIBS) -ldl -o $@

# Pages and completion come from what was built, so that they say what it does.
.PHONY: man
man: $(B)/rac ## write the manual pages and bash's completion to build/man and build/completion
	@mkdir -p $(B)/man $(B)/completion
	@for page in $$($(B)/rac --man); do $(B)/rac --man "$${page%.*}" >$(B)/man/"$$page" || exit 1; done
	@$(B)/rac --completion >$(B)/completion/rac

# The command: build/rac. Every cli/*.c belongs to it.

# Libraries without which all else is built. The linker is asked, since the one of a cross compiler has others
# than this machine: $(call linkable,PACKAGE,-lNAME,HEADER,CALL) is what links one, or nothing.
linkable = $(shell libs=$$(pkg-config --libs $(1) 2>/dev/null || echo $(2)); \
	echo 'int main(void) { return $(4) == 0; }' | \
	$(CC) -include $(3) -x c - $$libs -o /dev/null 2>/dev/null && echo $$libs)

# json-c reads models' config.json and reports (cli/json.h).
JSON_LIBS := $(call linkable,json-c,-ljson-c,json-c/json.h,json_tokener_new())
# zlib compresses exports (cli/gzip.h).
ZLIB_LIBS := $(call linkable,zlib,-lz,zlib.h,zlibVersion())
# ncurses draws the live screen of rac top; without it there is rac top --once.
CURSES_LIBS := $(call linkable,ncurses,-lncurses,curses.h,initscr())
# elfutils names functions and lines (cli/symbols.h), libiberty demangles them (cli/demangle.h).
ELF_LIBS := $(call linkable,libdw libelf,-ldw -lelf,elfutils/libdwfl.h,dwfl_version(NULL))
DEMANGLE_LIBS := $(call linkable,,-liberty,libiberty/demangle.h,cplus_demangle_set_style(auto_demangling))
CLI_CPPFLAGS := $(if $(JSON_LIBS),-DRAC_HAVE_JSON) $(if $(ZLIB_LIBS),-DRAC_HAVE_ZLIB) \
	$(if $(CURSES_LIBS),-DRAC_HAVE_CURSES) $(if $(ELF_LIBS),-DRAC_HAVE_ELFUTILS) \
	$(if $(DEMANGLE_LIBS),-DRAC_HAVE_DEMANGLER)
CLI_LIBS := $(JSON_LIBS) $(ZLIB_LIBS) $(CURSES_LIBS) $(ELF_LIBS) $(DEMANGLE_LIBS)

CLI_SRC := $(sort $(wildcard cli/*.c))
CLI_OBJ := $(patsubst cli/%.c,$(B)/cli/%.o,$(if $(ELF_LIBS),$(CLI_SRC),$(filter-out cli/elf_%,$(CLI_SRC))))

$(CLI_OBJ): Makefile cli/build.mk

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
ifeq ($(ELF_LIBS),)
	@echo "rac was built without elfutils, so it names no functions and lines;" \
		"to have that: apt-get install libdw-dev, then make" >&2
endif
ifeq ($(DEMANGLE_LIBS),)
	@echo "rac was built without libiberty, so names of C++ and Rust stay mangled;" \
		"to have that: apt-get install libiberty-dev, then make" >&2
endif

# Made anew when a library comes or goes.
$(B)/cli/json.o: $(B)/cli/json-c.$(if $(JSON_LIBS),found,missing)
$(B)/cli/gzip.o: $(B)/cli/zlib.$(if $(ZLIB_LIBS),found,missing)
$(B)/cli/symbols.o $(B)/rac: $(B)/cli/elfutils.$(if $(ELF_LIBS),found,missing)
$(B)/cli/demangle.o: $(B)/cli/libiberty.$(if $(DEMANGLE_LIBS),found,missing)
$(B)/cli/%.found $(B)/cli/%.missing:
	@mkdir -p $(@D)
	@rm -f $(@D)/$(*F).found $(@D)/$(*F).missing
	@touch $@

# The assembler reads them, so the compiler does not know.
$(B)/cli/embedded.o: cli/completion.bash cli/completion.fish cli/report.html
$(B)/cli/embedded.o: CLI_CPPFLAGS += -Wa,-Icli

$(B)/cli/%.o: cli/%.c
	@mkdir -p $(@D)
	$(SAME) $(CC) $(CPPFLAGS) $(CLI_CPPFLAGS) -Icli $(CFLAGS) $(SEED) $(DEPS) -c $< -o $@

$(B)/rac: $(CLI_OBJ) $(B)/librac_core.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(filter %.o %.a,$^) $(CLI_LIBS) -ldl -o $@

# Pages and completion come from what was built, so that they say what it does.
# RUNS_HERE: a rac for this machine, where $(B)/rac is for another one.
RUNS_HERE ?= $(B)/rac
.PHONY: man
man: $(RUNS_HERE) ## write the manual pages and completion to build/man and build/completion
	@mkdir -p $(B)/man $(B)/completion
	@for page in $$($(RUNS_HERE) --man); do $(RUNS_HERE) --man "$${page%.*}" >$(B)/man/"$$page" || exit 1; done
	@for shell in bash zsh fish; do $(RUNS_HERE) --completion $$shell >$(B)/completion/$$shell || exit 1; done

# Targets that check or show: lint, the demonstration, the database that clang's tools read.

.PHONY: lint format demo compdb install uninstall dist deb check-reproducible

PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
DESTDIR ?=
# Where a .pc file sees its prefix from.
UP       = $(shell realpath -sm --relative-to=$(LIBDIR)/pkgconfig $(PREFIX))
INSTALL  = B=$(B) PREFIX=$(PREFIX) LIBDIR=$(LIBDIR) DESTDIR=$(DESTDIR) scripts/install.sh

lint: ## check formatting, bug patterns, rooms, exports, docs and scripts
	@scripts/setup.sh lint
	@+$(SUBMAKE) core shim
	@+B=$(B) scripts/lint.sh

format: ## lay out all C sources with clang-format
	@scripts/setup.sh lint
	@scripts/format.sh

$(B)/scripts/gpu_probe: scripts/gpu_probe.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) $< $(LDFLAGS) -ldl -o $@

demo: ## show a cap refusing and a report, on the GPU or on the simulated CUDA
	@scripts/setup.sh build
	@+$(SUBMAKE) shim sim apps $(B)/scripts/gpu_probe
	@B=$(B) scripts/demo.sh

compdb: ## write build/compile_commands.json, for clang-tidy and clangd
	@mkdir -p $(B)
	@$(MAKE) --no-print-directory -nB B=$(B) all apps units-plain > $(B)/commands
	@sed -e ':a' -e '/\\$$/{N;s/\\\n[[:blank:]]*//;ba' -e '}' $(B)/commands | awk -v folder='$(CURDIR)' ' \
		/ -c [^ ]+\.c / { \
			sub(/^PWD=[^ ]* /, ""); file = $$0; sub(/.* -c /, "", file); sub(/ .*/, "", file); \
			gsub(/[\\"]/, "\\\\&"); \
			printf "%s{\"directory\": \"%s\", \"command\": \"%s\", \"file\": \"%s\"}", \
				(n++ ? ",\n" : "[\n"), folder, $$0, file \
		} \
		END { print n ? "\n]" : "[]" }' > $(B)/compile_commands.json

# Without what only this compiler's link-time optimisation could read, and where it was built.
$(B)/package/librac_core.a: $(B)/librac_core.a
	@mkdir -p $(@D)
	$(shell $(CC) -print-prog-name=objcopy) -D -R '.gnu.lto_*' -R '.gnu.debuglto_*' $< $@

.PHONY: package
package: shim cli core man $(B)/package/librac_core.a ## make ready what install and dist take
	@sed -e 's,@UP@,$(UP),' -e 's,@VERSION@,$(VERSION),' scripts/librac_core.pc.in > $(B)/package/librac_core.pc

install: package ## put it all below PREFIX (/usr/local), or DESTDIR and PREFIX
	@$(INSTALL) install

uninstall: man ## take away what install put there
	@$(INSTALL) uninstall

dist: PREFIX = /usr/local
dist: LIBDIR = $(PREFIX)/lib
dist: package ## pack it, and the sources of the last commit, with checksums: build/dist/
	@B=$(B) VERSION=$(VERSION) MACHINE=$(shell $(CC) -dumpmachine) scripts/dist.sh

# Minutes, when the root of Debian 11 in which it is built is there; it is fetched once, to build-worlds.
deb: ## build Debian packages for amd64 and arm64, for Debian 11 and all later: build/deb/
	@scripts/setup.sh deb
	@B=$(B) scripts/deb.sh

# Minutes: it is built twice, in folders of different names.
check-reproducible: ## build and pack the last commit twice, and compare
	@scripts/check-reproducible.sh

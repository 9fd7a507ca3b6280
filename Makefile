# Builds the shim, the core library, the command and the simulated CUDA; `make help` lists targets.
#
#   CC=clang      another compiler            DEBUG=1   -O0 -g3 and internal assertions
#   SAN=address   a sanitizer build in its own folder (address, undefined, thread)
#   B=build       where output goes           LTO=      build the shim without link-time optimisation

CC       ?= gcc
ifeq ($(origin CC),default)
CC       := gcc
endif
SAN      ?=
B        ?= build$(if $(SAN),-$(SAN))
PYTHON   ?= python3

WARN     := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wundef -Wcast-qual -Wwrite-strings -Werror
# ThreadSanitizer does not see fences. That costs no finding and makes none: what they order here is
# read and written by atomic accesses alone.
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
            $(if $(filter thread,$(SAN)),$(if $(findstring gcc,$(CC)),-Wno-tsan))
OPT      := $(if $(DEBUG),-O0 -g3 -DRAC_DEBUG,-O2 -g)
# The shim alone is linked with it: a call crosses ten small functions in as many files. The objects are
# fat and serve everybody else, too. gcc's only, since clang's needs a linker of its own; off where one
# debugs.
LTO      ?= $(if $(SAN)$(DEBUG)$(findstring clang,$(CC)),,-flto=auto)
CFLAGS   := -std=gnu11 $(OPT) $(WARN) -fPIC -fvisibility=hidden -fno-strict-aliasing \
            $(SANFLAGS) $(EXTRA_CFLAGS)
SEED      = $(if $(LTO),-frandom-seed=$@)
CPPFLAGS := -D_GNU_SOURCE -Icore
LDFLAGS  := $(if $(LTO),-fno-lto) -Wl,-z,now,-z,relro,-z,noexecstack $(if $(SAN),-fsanitize=$(SAN)) $(EXTRA_LDFLAGS)
DEPS      = -MMD -MP
# Begins the commands that make what is installed: its bytes are the same wherever it is built, for this is the name
# of any folder to who is in it. -frandom-seed, beside it, is for link-time optimisation.
SAME     := PWD=/proc/self/cwd

VERSION  := 0.1.0
CPPFLAGS += -DRAC_VERSION=\"$(VERSION)\"

# For targets that build others first: quiet, and on all processors unless -j says otherwise.
SUBMAKE   = $(MAKE) -s --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:

include core/build.mk
include cli/build.mk
include tests/sim/build.mk
include tests/apps/build.mk
include tests/apps/leaks/build.mk
include shim/build.mk
include tests/diff/build.mk
include tests/stacks/build.mk
include tests/record/build.mk
include tests/model/build.mk
include tests/bench/build.mk
include tests/gpu/build.mk
include tests/build.mk
include integrations/slurm/build.mk
include scripts/build.mk

.PHONY: all clean help

all: core shim cli sim ## build everything (default)

clean: ## remove all build output
	rm -rf build build-*

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9_-]*:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)

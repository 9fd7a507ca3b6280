# Unit tests and the targets that run tests. All of tests/unit is one program, built twice: `units`
# under Criterion, `units-plain` under tests/lib/plain, for sanitizers and valgrind.

UNIT_SRC     := $(sort $(wildcard tests/unit/*.c))
UNIT_OBJ     := $(patsubst tests/unit/%.c,$(B)/tests/unit/%.o,$(UNIT_SRC))
PLAIN_OBJ    := $(patsubst tests/unit/%.c,$(B)/tests/plain/%.o,$(UNIT_SRC)) $(B)/tests/plain/runner.o
# The macros of both take variadic arguments that C11 has not; Criterion's convert, too.
UNIT_INCLUDE := $(CLI_CPPFLAGS) -Itests/unit -Icli -Ishim -DSTACKS=\"$(abspath $(STACKS))\"
PLAIN_CFLAGS := -Itests/lib/plain $(UNIT_INCLUDE) $(filter-out -Wpedantic,$(CFLAGS))
UNIT_CFLAGS  := $(UNIT_INCLUDE) $(filter-out -Wpedantic -Wconversion,$(CFLAGS))
# What the tests are about: core/, the parts of the command, and what of the shim stands alone.
UNIT_TESTED  := $(filter-out $(B)/cli/main.o,$(CLI_OBJ)) $(SHIM_ALONE) \
                $(B)/librac_core.a
UNIT_LIBS    := $(CLI_LIBS) -ldl -lpthread -lm

$(B)/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(UNIT_CFLAGS) $(DEPS) -c $< -o $@

$(B)/tests/plain/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(PLAIN_CFLAGS) $(DEPS) -c $< -o $@

$(B)/tests/plain/runner.o: tests/lib/plain/runner.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(PLAIN_CFLAGS) $(DEPS) -c $< -o $@

$(B)/tests/units: $(UNIT_OBJ) $(UNIT_TESTED) | $(STACKS_ALL)
	$(CC) $(CFLAGS) $(UNIT_OBJ) $(UNIT_TESTED) $(LDFLAGS) -lcriterion $(UNIT_LIBS) -o $@

$(B)/tests/units-plain: $(PLAIN_OBJ) $(UNIT_TESTED) | $(STACKS_ALL)
	$(CC) $(CFLAGS) $(PLAIN_OBJ) $(UNIT_TESTED) $(LDFLAGS) $(UNIT_LIBS) -o $@

.PHONY: units units-plain test run-tests check check-asan check-ubsan check-tsan check-valgrind check-clang \
	check-worlds check-worlds-brief check-pythons check-guests check-clients check-group check-viewers \
	check-integrations check-mutants check-faults check-sanitizers check-all soak mutation coverage

units: $(B)/tests/units ## build the unit tests
units-plain: $(B)/tests/units-plain ## build the unit tests without Criterion

# A second make, because what is installed decides what the first one could find.
test: ## install what is missing, build, and run every test that needs no GPU
	@scripts/setup.sh test
	@+$(SUBMAKE) run-tests

run-tests: all apps units diff record-tests model ## as test, without installing anything
	+@B=$(B) tests/run-tests.sh

check-group: all apps ## 64 processes in one group at the cap, a thousand of them killed
	B=$(B) GROUP_PROCESSES=64 GROUP_KILLS=1000 sh tests/programs/group_kills.sh

check: check-asan check-ubsan check-tsan check-valgrind check-clang ## all of the checks below

check-asan: ## unit tests with AddressSanitizer
	@scripts/setup.sh test
	+$(SUBMAKE) SAN=address B=build-address units-plain
	build-address/tests/units-plain

check-ubsan: ## unit tests with UndefinedBehaviorSanitizer
	@scripts/setup.sh test
	+$(SUBMAKE) SAN=undefined B=build-undefined units-plain
	build-undefined/tests/units-plain

check-tsan: ## unit tests with ThreadSanitizer
	@scripts/setup.sh test
	+$(SUBMAKE) SAN=thread B=build-thread units-plain
	build-thread/tests/units-plain

# valgrind runs one thread at a time: without fair-sched a spinning one would keep the others out.
check-valgrind: ## unit tests under valgrind
	@scripts/setup.sh check
	+$(SUBMAKE) B=build-valgrind units-plain
	valgrind -q --fair-sched=yes --leak-check=full --error-exitcode=97 \
		build-valgrind/tests/units-plain

check-viewers: ## read pages and exports with the programs that they are for
	@scripts/setup.sh test
	@scripts/setup.sh viewers
	@+$(SUBMAKE) all apps
	@B=$(B) tests/run-tests.sh tests/cli/export.sh
	@B=$(B) tests/run-tests.sh tests/cli/html.sh

# What cannot be installed here is skipped, and said at the end. tests/integrations/NAME.sh for one of them.
check-integrations: ## exercise integrations/ against the real systems that they plug into (Slurm, dpkg, ctest, …)
	@scripts/setup.sh test
	@scripts/setup.sh integrations || echo 'check-integrations: what needs these is skipped' >&2
	@+$(SUBMAKE) all apps $(if $(wildcard $(SLURM)/include/slurm/spank.h),slurm)
	@B=$(B) tests/run-tests.sh 'tests/integrations/*'

check-worlds: ## run the tests on aarch64, with musl, and on older and newer releases of Debian (SUITES=bullseye)
	@scripts/setup.sh worlds
	@+$(SUBMAKE) shim
	@scripts/check-aarch64.sh
	@scripts/check-musl.sh $(B)/librac_track.so
	@scripts/check-oldest.sh $(B)/librac_track.so
	@B=$(B) scripts/check-glibc.sh $(SUITES)

# What a machine lacks is skipped, and it says so: a network that is down fails nothing.
check-worlds-brief: ## a part of that, in minutes and without root: the oldest glibc, aarch64, musl
	@scripts/setup.sh worlds || echo '# what is missing is skipped below'
	@+$(SUBMAKE) shim cli
	@scripts/check-oldest.sh $(B)/librac_track.so absent guest imports life output query record refusal report routes settings
	@scripts/check-aarch64.sh units refusal report routes
	@scripts/check-musl.sh $(B)/librac_track.so refusal report routes settings

check-pythons: all apps $(STACKS)/python_probe.so ## run what tests Python with each CPython that is promised
	@B=$(B) scripts/check-pythons.sh

# Minutes: the project compiles and tests itself, thrice.
check-guests: ## run everyday programs, this project's build and other preloaded libraries with the shim
	@scripts/setup.sh guests
	@+$(SUBMAKE) all apps
	@B=$(B) sh tests/programs/beside.sh
	@B=$(B) EVERYDAY=all sh tests/programs/everyday.sh

check-clients: ## run real clients of CUDA (numba-cuda, PyCUDA, …), installed from PyPI, on the simulated one
	@scripts/setup.sh clients
	@+$(SUBMAKE) shim sim
	@B=$(B) tests/clients/run.sh

# tests/mutants/check.sh NAME for one of them.
check-mutants: all units apps model ## put twelve defects into a copy of the tree: a named check fails for each
	@B=$(B) tests/mutants/check.sh

check-faults: all apps ## let each system call of the shim fail once, in each way of recording
	@B=$(B) FAULTS=all sh tests/programs/faults.sh

check-clang: ## build everything with clang
	@scripts/setup.sh check
	+$(SUBMAKE) CC=clang B=build-clang all apps units-plain

# MINUTES=600 make soak; SOAK_SECONDS for less than one.
MINUTES      ?= 30
SOAK_SECONDS ?= $(shell echo $$(($(MINUTES) * 60)))
soak: all apps ## all kinds of memory, threads, forks, kills and a group for 30 minutes: nothing of the shim grows
	@B=$(B) SOAK_SECONDS=$(SOAK_SECONDS) sh tests/soak/run.sh

# The shim is what programs run: in its own build, with every program test.
coverage: ## say how many lines and branches of core/ and shim/ the tests run, and which lines they do not
	@scripts/setup.sh test
	@tests/coverage.sh

mutation: ## change the tracker, the ledger and the parsers of sizes in many small ways, and see which changes no test notices
	@tests/mutation/run.py

check-sanitizers: ## programs under the shim, with the shim and all of it built with sanitizers
	@tests/sanitizers.sh

# Hours: the longest last.
EVERY_CHECK := lint test check check-model check-mutants check-faults check-sanitizers check-group check-kill \
               fuzz-record fuzz-report fuzz-calls check-diff coverage mutation check-clients check-worlds \
               check-pythons check-guests check-viewers check-integrations soak

check-all: $(EVERY_CHECK) ## all checks there are

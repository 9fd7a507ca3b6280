# The differential fuzzer: build/tests/diff, the shim's objects and the simulated driver in one program.

DIFF_OBJ := $(patsubst tests/diff/%.c,$(B)/tests/diff/%.o,$(filter-out %/worker.c,$(sort $(wildcard tests/diff/*.c))))

.PHONY: diff check-diff
diff: $(B)/tests/diff/diff ## build the differential fuzzer

# Only this file sees the shim's headers: they and CUDA's name the same things.
$(B)/tests/diff/compare.o: CPPFLAGS += -Ishim

$(B)/tests/diff/%.o: tests/diff/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/sim/include $(filter-out -Wvla -fvisibility=hidden,$(CFLAGS)) $(DEPS) -c $< -o $@

# Who calls is a module of its own: stacks begin outside of the one that the shim is in.
$(B)/tests/diff/libworker.so: $(B)/tests/diff/worker.o
	$(CC) $(CFLAGS) $(LDFLAGS) -shared $< -o $@

# What stands for functions of the C library is for the shim alone: here it would be all of the program's.
$(B)/tests/diff/diff: $(DIFF_OBJ) $(B)/tests/diff/libworker.so $(filter-out %/bare_libc.c.o,$(SHIM_OBJ)) \
                       $(B)/librac_core.a | sim
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--export-dynamic $^ -L$(B)/sim -lcuda \
		-Wl,-rpath,'$$ORIGIN/../../sim' -Wl,-rpath,'$$ORIGIN' -lpthread -o $@

# DIFF_SECONDS=600 make check-diff   longer; a failing seed is printed and replays with --seed
DIFF_SECONDS ?= 120
check-diff: diff ## compare ledger and simulated device after every step of random runs
	RAC_REPORT=none SIMCUDA_DEVICES=2 tests/diff/run.sh $(B)/tests/diff/diff $(DIFF_SECONDS)

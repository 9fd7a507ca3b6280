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

# FUZZ_SECONDS=600 make fuzz-calls: the same steps, chosen by libFuzzer for what they reach in the shim; without a cap and with one.
FUZZ_SECONDS ?= 120
FUZZ_B       := build-fuzz
FUZZ_FAIL    := cuMemAlloc_v2:%3=2,cuMemFree_v2:%5=719,cuMemAllocPitch_v2:%2=2,cuArray3DCreate_v2:%3=2,cuArrayDestroy:%3=719
FUZZ_FAIL    := $(FUZZ_FAIL),cuMemCreate:%2=2,cuMemRelease:%3=719,cuMemMap:%3=2,cuMemUnmap:%3=719,cuMemAllocAsync:%3=2
FUZZ_FAIL    := $(FUZZ_FAIL),cuMemFreeAsync:%4=719,cuMemPoolDestroy:%2=719,cuCtxDestroy_v2:%2=719,cuGraphLaunch:%3=2
.PHONY: fuzz-calls fuzz-calls-program
fuzz-calls: ## let libFuzzer make sequences of CUDA calls, and compare ledger and simulated device after each
	@scripts/setup.sh check
	+@$(SUBMAKE) sim
	+@$(SUBMAKE) CC=clang B=$(FUZZ_B) SIM=$(B)/sim SAN=fuzzer-no-link EXTRA_CFLAGS=-DRAC_DEBUG SHIM_FRAME= fuzz-calls-program
	@mkdir -p $(FUZZ_B)/calls
	for setting in RAC_LIMIT=none RAC_LIMIT=67108864 SIMCUDA_FAIL=$(FUZZ_FAIL); do \
		env $$setting RAC_REPORT=none SIMCUDA_DEVICES=2 $(FUZZ_B)/tests/fuzz_calls $(FUZZ_RULES) -max_len=512 \
			-artifact_prefix=$(FUZZ_B)/ -max_total_time=$$(($(FUZZ_SECONDS) / 3)) -print_final_stats=1 \
			$(FUZZ_B)/calls 2>$(FUZZ_B)/calls.log >$(FUZZ_B)/calls.out || \
			{ tail -n 40 $(FUZZ_B)/calls.out $(FUZZ_B)/calls.log; exit 1; }; \
		echo "ok - $$setting: $$(sed -n 's/stat::number_of_executed_units: *//p' $(FUZZ_B)/calls.log) sequences"; \
	done

fuzz-calls-program: $(FUZZ_B)/tests/fuzz_calls

$(FUZZ_B)/tests/fuzz_calls: tests/fuzz/fuzz_calls.c $(B)/tests/diff/compare.o $(B)/tests/diff/libworker.so \
                            $(filter-out %/bare_libc.c.o,$(SHIM_OBJ)) $(B)/librac_core.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/sim/include -fsanitize=fuzzer -g -O1 $(LDFLAGS) -Wl,--export-dynamic $^ -L$(SIM) -lcuda \
		-Wl,-rpath,$(abspath $(SIM)) -Wl,-rpath,$(abspath $(B))/tests/diff -lpthread -o $@

# Tests of the record that are programs of their own: a busy program that is killed again and again, and the
# reader on hostile bytes.

.PHONY: record-tests check-kill fuzz-record fuzz-report
record-tests: $(B)/tests/record/kill $(B)/tests/record/fuzz_record ## build the tests of the record

$(B)/tests/record/kill: tests/record/kill.c $(B)/librac_core.a | sim
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/sim/include $(CFLAGS) $(DEPS) $< $(B)/librac_core.a $(LDFLAGS) -L$(B)/sim -lcuda \
		-Wl,-rpath,'$$ORIGIN/../../sim' -lpthread -o $@

# KILLS=1000 make check-kill
KILLS ?= 1000
check-kill: $(B)/tests/record/kill $(B)/librac_track.so ## kill a busy program 1,000 times and compare each record with the books
	@folder=$$(mktemp -d) && $(B)/tests/record/kill $(abspath $(B))/librac_track.so $$folder $(KILLS) 1; \
		status=$$?; rm -rf $$folder; exit $$status

# The reader on changed records, alone: what the tests of the record run.
$(B)/tests/record/fuzz_record: tests/fuzz/fuzz_record.c $(B)/librac_core.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -DRAC_FUZZ_ALONE $(CFLAGS) $(DEPS) $< $(B)/librac_core.a $(LDFLAGS) -o $@

# FUZZ_RUNS=1000000 make fuzz-record fuzz-report: the readers on changed records and reports with sanitizers; first
# alone, then, where clang is, with its libFuzzer. Both are bounded in time for one input and in memory.
FUZZ_RUNS  ?= 1000000
FUZZ_FLAGS := -g -O1 -std=gnu11 -fsanitize=address,undefined -fno-sanitize-recover=all $(CPPFLAGS)
FUZZ_RULES := -rss_limit_mb=1024 -timeout=10 -print_final_stats=0 -verbosity=0
FUZZ_CLI   := $(CLI_CPPFLAGS) -DBLOCKS_MOST=1000 -Icli -Wa,-Icli
FUZZ_CLI_SRC = $(filter-out cli/main.c,$(if $(ELF_LIBS),$(CLI_SRC),$(filter-out cli/elf_%,$(CLI_SRC)))) core/*.c

fuzz-record: ## read a million changed records with AddressSanitizer, then let libFuzzer change them
	@mkdir -p $(B)/fuzz/record
	$(CC) $(FUZZ_FLAGS) -DRAC_FUZZ_ALONE tests/fuzz/fuzz_record.c core/*.c -o $(B)/fuzz/fuzz_record_alone
	nice $(B)/fuzz/fuzz_record_alone $(FUZZ_RUNS) 1
	! command -v clang >/dev/null || { \
		clang $(FUZZ_FLAGS) -fsanitize=fuzzer tests/fuzz/fuzz_record.c core/*.c -o $(B)/fuzz/fuzz_record && \
		nice $(B)/fuzz/fuzz_record -runs=$(FUZZ_RUNS) -max_len=4096 $(FUZZ_RULES) \
			$(B)/fuzz/record tests/fuzz/corpus/record; }

fuzz-report: ## the same for JSON reports, which are then put into every form
	@mkdir -p $(B)/fuzz/report
	$(CC) $(FUZZ_FLAGS) $(FUZZ_CLI) -DRAC_FUZZ_ALONE tests/fuzz/fuzz_report.c $(FUZZ_CLI_SRC) $(CLI_LIBS) -ldl \
		-o $(B)/fuzz/fuzz_report_alone
	nice $(B)/fuzz/fuzz_report_alone $(FUZZ_RUNS) 1 tests/fuzz/corpus/report/*
	! command -v clang >/dev/null || { \
		clang $(FUZZ_FLAGS) $(FUZZ_CLI) -fsanitize=fuzzer tests/fuzz/fuzz_report.c $(FUZZ_CLI_SRC) $(CLI_LIBS) \
			-ldl -o $(B)/fuzz/fuzz_report && \
		nice $(B)/fuzz/fuzz_report -runs=$(FUZZ_RUNS) -max_len=16384 $(FUZZ_RULES) \
			$(B)/fuzz/report tests/fuzz/corpus/report; }

# Tests of the record that are programs of their own: a busy program that is killed again and again, and the
# reader on hostile bytes.

.PHONY: record-tests check-kill fuzz-record
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

# FUZZ_RUNS=1000000 make fuzz-record; with clang's libFuzzer as well where that is.
FUZZ_RUNS  ?= 1000000
FUZZ_FLAGS := -g -O1 -std=gnu11 -fsanitize=address,undefined -fno-sanitize-recover=all $(CPPFLAGS)
fuzz-record: ## read a million changed records with AddressSanitizer, then let libFuzzer change them
	@mkdir -p $(B)/fuzz/record
	$(CC) $(FUZZ_FLAGS) -DRAC_FUZZ_ALONE tests/fuzz/fuzz_record.c core/*.c -o $(B)/fuzz/fuzz_record_alone
	$(B)/fuzz/fuzz_record_alone $(FUZZ_RUNS) 1
	! command -v clang >/dev/null || { \
		clang $(FUZZ_FLAGS) -fsanitize=fuzzer tests/fuzz/fuzz_record.c core/*.c -o $(B)/fuzz/fuzz_record && \
		$(B)/fuzz/fuzz_record -runs=$(FUZZ_RUNS) -max_len=4096 -rss_limit_mb=1024 -timeout=10 \
			-print_final_stats=0 -verbosity=0 $(B)/fuzz/record tests/fuzz/corpus/record; }

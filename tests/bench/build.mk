# Benchmarks; they print figures and judge nothing.

BENCH        := $(abspath $(B))/tests/bench
BENCH_PARTS  := $(addprefix $(BENCH)/,bench_pairs bench_stacks bench_tables pairs floor_cap.so floor_table.so \
                lookups floor_lookup.so)
BENCH_ROUNDS ?= 15
# Tables of others, where they are installed.
BENCH_PEERS  := $(shell pkg-config --exists liburcu-cds liburcu-qsbr ck 2>/dev/null && echo -DWITH_PEERS)
BENCH_CFLAGS  = $(CPPFLAGS) -Ishim $(CFLAGS) $(DEPS)

.PHONY: bench
bench: $(B)/tests/bench_core $(BENCH_PARTS) $(B)/librac_track.so apps ## measure the hot paths beside their floor
	$(B)/tests/bench_core
	$(BENCH)/bench_tables $(BENCH)/tables.json
	$(BENCH)/bench_pairs $(BENCH)/ $(abspath $(B))/librac_track.so $(BENCH_ROUNDS) $(BENCH)/pairs.json
	B=$(B) tests/bench/lookups.sh
	B=$(B) tests/bench/startup.sh
	B=$(B) tests/bench/stacks.sh

$(B)/tests/bench_core: tests/bench/bench_core.c $(B)/librac_core.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) $(filter %.c %.a,$^) $(LDFLAGS) -o $@

# A driver of its own, and what stands before it: see the head of each file.
$(BENCH)/stub/libcuda.so.1: tests/bench/stub_cuda.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -shared -Wl,-soname,$(@F) $< $(LDFLAGS) -o $@

$(BENCH)/floor_cap.so: tests/bench/floor.c tests/bench/floor_table.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -shared $< $(LDFLAGS) -ldl -o $@

$(BENCH)/floor_table.so: tests/bench/floor.c tests/bench/floor_table.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -DFLOOR_TABLE -shared $< $(LDFLAGS) -ldl -o $@

$(BENCH)/floor_lookup.so: tests/bench/floor_lookup.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -shared $< $(LDFLAGS) -ldl -o $@

$(BENCH)/lookups: tests/bench/lookups.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) $< $(LDFLAGS) -ldl -o $@

$(BENCH)/pairs: tests/bench/pairs.c $(BENCH)/stub/libcuda.so.1
	$(CC) $(BENCH_CFLAGS) $^ $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/stub' -lpthread -o $@

$(BENCH)/bench_pairs: tests/bench/bench_pairs.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) $< $(LDFLAGS) -o $@

$(BENCH)/bench_stacks: tests/bench/stacks.c $(SHIM_ALONE) $(B)/librac_core.a | $(STACKS)/python_probe.so
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Ishim $(CFLAGS) $(DEPS) $^ $(LDFLAGS) -ldl -o $@

$(BENCH)/bench_tables: tests/bench/tables.c $(B)/librac_core.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) $(BENCH_PEERS) $(filter %.c %.a,$^) $(LDFLAGS) \
		$(BENCH_PEERS:%=-lck -lurcu-cds -lurcu-qsbr) -o $@

# Benchmarks; they print figures and judge nothing.

.PHONY: bench
bench: $(B)/tests/bench_core ## measure the hot paths beside their floor
	$(B)/tests/bench_core

$(B)/tests/bench_core: tests/bench/bench_core.c $(B)/librac_core.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(DEPS) $^ $(LDFLAGS) -o $@

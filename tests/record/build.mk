# Tests of the record that are programs of their own: a busy program that is killed again and again, and the
# reader on hostile bytes.

.PHONY: record-tests check-kill fuzz-record
record-tests: $(B)/tests/record/kill ## build the tests of the record

$(B)/tests/record/kill: tests/record/kill.c $(B)/librac_core.a | sim
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/sim/include $(CFLAGS) $(DEPS) $< $(B)/librac_core.a $(LDFLAGS) -L$(B)/sim -lcuda \
		-Wl,-rpath,'$$ORIGIN/../../sim' -lpthread -o $@

# KILLS=1000 make check-kill
KILLS ?= 1000
check-kill: $(B)/tests/record/kill $(B)/librac_track.so ## kill a busy program 1,000 times and compare each record with the books
	@folder=$$(mktemp -d) && $(B)/tests/record/kill $(abspath $(B))/librac_track.so $$folder $(KILLS) 1; \
		status=$$?; rm -rf $$folder; exit $$status

/*
 * tracker.c - scenarios for core/tracker.c: the cap, what it refuses, and the peak. Addresses are
 * ledger.c's and account.c's here, too.
 */
#include "sim_device.h"

#include "rac_track.h"

#define UNIT 16

static struct rac_tracker *tracker;
static uint64_t cap;

static void begin(uint64_t limit)
{
	size_t bytes = rac_tracker_bytes();
	void *memory = model_allocate(bytes);

	tracker = rac_tracker_init(memory, bytes);
	model_counters(memory, bytes);
	cap = limit;
	rac_tracker_set_limit(tracker, 0, limit);
	device_begin(limit);
}

static bool ask(uint64_t bytes, struct rac_reservation *r, unsigned *request)
{
	*request = book_ask(bytes);
	if (rac_tracker_reserve(tracker, 0, bytes, r) == RAC_OK) {
		book_granted(*request, r->charged_after);
		return true;
	}
	book_refused(*request);
	return false;
}

/* What the counters must say when nothing is under way. */
static void check(uint64_t live, uint64_t allocations, uint64_t frees)
{
	struct rac_device_snapshot s;

	rac_tracker_snapshot(tracker, 0, &s);
	model_claim(s.charged_bytes == live, "%d bytes charged, %d are live", (int)s.charged_bytes,
		(int)live);
	model_claim(s.live_bytes == live, "%d bytes said to be live, %d are", (int)s.live_bytes,
		(int)live);
	model_claim(s.allocations == allocations && s.frees == frees, "calls are lost");
	model_claim(rac_tracker_mismatches(tracker) == 0, "a mismatch is counted");
}

/* Whoever gets room takes, gives back and goes. */
static unsigned granted;

static void setup_turns(void)
{
	begin(3 * UNIT);
	granted = 0;
}

static void turn(uint64_t bytes)
{
	struct rac_reservation r;
	unsigned request;

	if (!ask(bytes, &r, &request))
		return;
	granted++;
	uint64_t address = device_allocate(bytes);

	rac_tracker_commit(tracker, &r, RAC_KIND_DEVICE);
	device_free(address);
	rac_tracker_release(tracker, 0, RAC_KIND_DEVICE, bytes);
	book_returned(request);
}

static void one_turn(unsigned thread)
{
	turn(UNIT + thread);
}

static void turns(unsigned thread)
{
	turn(2 * UNIT + thread);
	turn(UNIT);
}

static void finish_turns(void)
{
	struct rac_device_snapshot s;
	uint64_t highest = book_check(cap);

	check(0, granted, granted);
	rac_tracker_snapshot(tracker, 0, &s);
	model_claim(s.peak_bytes == highest, "a peak of %d, the highest charge was %d",
		(int)s.peak_bytes, (int)highest);
}

/* All ask at once for what only some can have: as many have it as fit. */
static void setup_crowd(void)
{
	begin(2 * UNIT);
	granted = 0;
}

static void crowd(unsigned thread)
{
	struct rac_reservation r;
	unsigned request;

	(void)thread;
	if (!ask(UNIT, &r, &request))
		return;
	granted++;
	device_allocate(UNIT);
	rac_tracker_commit(tracker, &r, RAC_KIND_DEVICE);
}

static void finish_crowd(void)
{
	struct rac_device_snapshot s;

	book_check(cap);
	check(2 * UNIT, 2, 0);
	rac_tracker_snapshot(tracker, 0, &s);
	model_claim(granted == 2 && s.refused == 1, "%u granted, %u refused", granted,
		(unsigned)s.refused);
	model_claim(s.peak_bytes == 2 * UNIT, "the peak is %d", (int)s.peak_bytes);
}

/* The driver fails, or takes less than was reserved. */
static void setup_undone(void)
{
	begin(4 * UNIT);
}

static void undone(unsigned thread)
{
	struct rac_reservation r;
	unsigned request;

	if (!ask(3 * UNIT, &r, &request))
		return;
	uint64_t address = device_allocate(thread == 2 ? UNIT : 3 * UNIT);

	if (thread == 2)
		rac_tracker_adjust(tracker, &r, UNIT);
	device_free(address);
	rac_tracker_cancel(tracker, &r);
	book_returned(request);
}

static void finish_undone(void)
{
	struct rac_device_snapshot s;

	book_check(cap);
	rac_tracker_snapshot(tracker, 0, &s);
	check(0, s.frees, s.frees);
}

/* The peak starts anew while it rises. */
static void setup_mark(void)
{
	struct rac_reservation r;

	begin(RAC_NO_LIMIT);
	rac_tracker_reserve(tracker, 0, 5 * UNIT, &r);
	rac_tracker_commit(tracker, &r, RAC_KIND_DEVICE);
	rac_tracker_release(tracker, 0, RAC_KIND_DEVICE, 4 * UNIT);
}

static void mark(unsigned thread)
{
	struct rac_reservation r;

	if (thread == 0) {
		rac_tracker_mark(tracker, 0);
		return;
	}
	rac_tracker_reserve(tracker, 0, UNIT, &r);
	rac_tracker_commit(tracker, &r, RAC_KIND_DEVICE);
}

static void finish_mark(void)
{
	struct rac_device_snapshot s;

	rac_tracker_snapshot(tracker, 0, &s);
	model_claim(s.peak_bytes == 2 * UNIT, "the new peak is %d with %d live", (int)s.peak_bytes,
		(int)s.live_bytes);
	model_claim(s.kinds[RAC_KIND_DEVICE].peak_bytes == 2 * UNIT,
		"the kind's new peak is %d with %d live", (int)s.kinds[RAC_KIND_DEVICE].peak_bytes,
		(int)s.live_bytes);
}

/* A release is seen before the allocation whose bytes it gives back: figures do not run below 0. */
static void setup_reader(void)
{
	begin(4 * UNIT);
}

static void reader(unsigned thread)
{
	struct rac_reservation r;
	struct rac_device_snapshot s;
	unsigned request;

	if (thread == 0) {
		if (!ask(2 * UNIT, &r, &request))
			return;
		rac_tracker_commit(tracker, &r, RAC_KIND_DEVICE);
		rac_tracker_release(tracker, 0, RAC_KIND_DEVICE, 2 * UNIT);
		book_returned(request);
		return;
	}
	rac_tracker_snapshot(tracker, 0, &s);
	model_claim(s.charged_bytes <= cap && s.live_bytes <= cap && s.peak_bytes <= cap,
		"a snapshot shows more than the cap");
}

static void finish_reader(void)
{
	check(0, 1, 1);
}

#define CAP_HOLDS \
	"the cap holds, in the order of memory too, what fits is granted, the peak is exact"

const struct model_scenario model_tracker[] = {
	{.name = "tracker, one turn",
		.claim = CAP_HOLDS,
		.threads = 2,
		.setup = setup_turns,
		.thread = one_turn,
		.finish = finish_turns},
	{.name = "tracker, turns",
		.claim = CAP_HOLDS,
		.threads = 2,
		.preemptions = 3,
		.setup = setup_turns,
		.thread = turns,
		.finish = finish_turns},
	{.name = "tracker, crowd",
		.claim = "of three that ask at once two fit and have it",
		.threads = 3,
		.spurious = 1,
		.setup = setup_crowd,
		.thread = crowd,
		.finish = finish_crowd},
	{.name = "tracker, undone calls",
		.claim = "cancel and adjust give back all, and no sooner than the driver",
		.threads = 3,
		.setup = setup_undone,
		.thread = undone,
		.finish = finish_undone},
	{.name = "tracker, mark",
		.claim = "a peak that starts anew misses no allocation",
		.threads = 2,
		.setup = setup_mark,
		.thread = mark,
		.finish = finish_mark},
	{.name = "tracker, reader",
		.claim = "a snapshot meanwhile shows nothing above the cap",
		.threads = 2,
		.setup = setup_reader,
		.thread = reader,
		.finish = finish_reader},
	{0},
};

/*
 * test_tracker_lanes.c - calls that threads count in words of their own; what else the tracker counts is
 * test_tracker.c's.
 */
#include "rac_track.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static struct rac_tracker *t;
static void *memory;

static void start(void)
{
	size_t bytes = (rac_tracker_bytes() + 63) / 64 * 64;

	memory = aligned_alloc(rac_tracker_alignment(), bytes);
	memset(memory, 0, bytes);
	t = rac_tracker_init(memory, bytes);
	cr_assert(ne(ptr, t, NULL));
}

static void stop(void)
{
	free(memory);
}

TestSuite(tracker_lanes, .init = start, .fini = stop);

static struct rac_device_snapshot look(uint32_t device)
{
	struct rac_device_snapshot s;

	rac_tracker_snapshot(t, device, &s);
	return s;
}

Test(tracker_lanes, add_up_with_those_of_others)
{
	struct rac_lane *first = rac_tracker_lane(t, 3), *second = rac_tracker_lane(t, 3);
	struct rac_lane *elsewhere = rac_tracker_lane(t, 4);

	cr_assert(ne(ptr, first, second));
	rac_tracker_note_allocation(t, first, 3, RAC_KIND_DEVICE, 10);
	rac_tracker_note_allocation(t, first, 3, RAC_KIND_MANAGED, 30);
	rac_tracker_note_allocation(t, second, 3, RAC_KIND_DEVICE, 20);
	rac_tracker_note_allocation(t, NULL, 3, RAC_KIND_DEVICE, 5);
	rac_tracker_note_allocation(t, elsewhere, 4, RAC_KIND_DEVICE, 1);
	rac_tracker_note_free(t, second, 3, RAC_KIND_DEVICE);
	struct rac_device_snapshot s = look(3);

	cr_assert(eq(u64, s.kinds[RAC_KIND_DEVICE].allocations, 3));
	cr_assert(eq(u64, s.kinds[RAC_KIND_DEVICE].frees, 1));
	cr_assert(eq(u64, s.kinds[RAC_KIND_MANAGED].allocations, 1));
	cr_assert(eq(u64, s.allocations, 4));
	cr_assert(eq(u64, s.largest_bytes, 30));
	cr_assert(eq(u64, look(4).allocations, 1));
}

Test(tracker_lanes, run_out_and_there_are_none_for_devices_that_do_not_exist)
{
	unsigned lanes = 0;

	cr_assert(eq(ptr, rac_tracker_lane(t, RAC_MAX_DEVICES), NULL));
	while (lanes < 1000 && rac_tracker_lane(t, 0) != NULL)
		lanes++;
	cr_assert(gt(uint, lanes, 16));
	cr_assert(lt(uint, lanes, 1000));
}

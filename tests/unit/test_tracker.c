/*
 * test_tracker.c - the tracker keeps the seed's behaviours (B) and answers its defects (D); the row
 * of docs/seed.md that a test stands for is named beside it. Races are in test_races.c.
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

TestSuite(tracker, .init = start, .fini = stop);

static enum rac_status allocate(uint32_t device, uint64_t bytes)
{
	struct rac_reservation r;
	enum rac_status status = rac_tracker_reserve(t, device, bytes, &r);

	if (status == RAC_OK)
		rac_tracker_commit(t, &r, RAC_KIND_DEVICE);
	return status;
}

static struct rac_device_snapshot look(uint32_t device)
{
	struct rac_device_snapshot s;

	rac_tracker_snapshot(t, device, &s);
	return s;
}

/* B1 */
Test(tracker, two_trackers_know_nothing_of_each_other)
{
	size_t bytes = (rac_tracker_bytes() + 63) / 64 * 64;
	void *other_memory = aligned_alloc(rac_tracker_alignment(), bytes);

	memset(other_memory, 0, bytes);
	struct rac_tracker *other = rac_tracker_init(other_memory, bytes);

	allocate(0, 100);
	cr_assert(eq(u64, rac_tracker_charged(t, 0), 100));
	cr_assert(eq(u64, rac_tracker_charged(other, 0), 0));
	free(other_memory);
}

/* B2, D19 */
Test(tracker, a_new_tracker_has_no_limit_and_everything_fits)
{
	cr_assert(eq(u64, rac_tracker_limit(t, 0), RAC_NO_LIMIT));
	cr_assert(rac_tracker_would_fit(t, 0, UINT64_MAX));
	cr_assert(eq(int, allocate(0, RAC_REQUEST_MAX), RAC_OK));
}

/* B3, B5 */
Test(tracker, a_refusal_changes_nothing_but_the_count_of_refusals)
{
	struct rac_reservation r;

	rac_tracker_set_limit(t, 0, 1000);
	allocate(0, 900);
	cr_assert(eq(int, rac_tracker_reserve(t, 0, 101, &r), RAC_OOM));
	struct rac_device_snapshot s = look(0);

	cr_assert(eq(u64, s.charged_bytes, 900));
	cr_assert(eq(u64, s.live_bytes, 900));
	cr_assert(eq(u64, s.peak_bytes, 900));
	cr_assert(eq(u64, s.allocations, 1));
	cr_assert(eq(u64, s.refused, 1));
	cr_assert(eq(u64, s.refused_bytes, 101));
}

/* B4 */
Test(tracker, the_limit_is_inclusive)
{
	rac_tracker_set_limit(t, 0, 1000);
	cr_assert(eq(int, allocate(0, 500), RAC_OK));
	cr_assert(rac_tracker_would_fit(t, 0, 500));
	cr_assert(not(rac_tracker_would_fit(t, 0, 501)));
	cr_assert(eq(int, allocate(0, 500), RAC_OK));
	cr_assert(eq(int, allocate(0, 1), RAC_OOM));
}

/* B6 */
Test(tracker, the_peak_is_the_maximum_and_a_free_never_lowers_it)
{
	allocate(0, 300);
	rac_tracker_release(t, 0, RAC_KIND_DEVICE, 200);
	cr_assert(eq(u64, look(0).peak_bytes, 300));
	allocate(0, 150);
	cr_assert(eq(u64, look(0).peak_bytes, 300));
	allocate(0, 200);
	cr_assert(eq(u64, look(0).peak_bytes, 450));
}

/* B7: the three numbers of the seed's error text are fields */
Test(tracker, a_refusal_tells_what_was_charged_and_the_limit_can_be_asked)
{
	struct rac_reservation r;

	rac_tracker_set_limit(t, 3, 1000);
	allocate(3, 400);
	cr_assert(eq(int, rac_tracker_reserve(t, 3, 700, &r), RAC_OOM));
	cr_assert(eq(u64, r.charged_after, 400));
	cr_assert(eq(u64, rac_tracker_limit(t, r.device), 1000));
}

/* B8 */
Test(tracker, a_request_of_no_bytes_succeeds_even_at_the_limit)
{
	rac_tracker_set_limit(t, 0, 1000);
	allocate(0, 1000);
	cr_assert(eq(int, allocate(0, 0), RAC_OK));
	rac_tracker_set_limit(t, 0, 500);
	cr_assert(eq(int, allocate(0, 0), RAC_OK), "also when the limit fell below what is live");
}

/* B12, D7 */
Test(tracker, a_mark_lowers_the_peak_to_what_is_live_and_forgets_nothing)
{
	rac_tracker_set_limit(t, 0, 1000);
	allocate(0, 800);
	allocate(0, 100);
	rac_tracker_release(t, 0, RAC_KIND_DEVICE, 100);
	rac_tracker_mark(t, 0);
	struct rac_device_snapshot s = look(0);

	cr_assert(eq(u64, s.peak_bytes, 800));
	cr_assert(eq(u64, s.kinds[RAC_KIND_DEVICE].peak_bytes, 800));
	cr_assert(eq(u64, s.live_bytes, 800));
	cr_assert(eq(u64, s.allocations, 2), "totals go on");
	cr_assert(eq(u64, s.limit_bytes, 1000));
	cr_assert(eq(int, allocate(0, 800), RAC_OOM), "the seed admitted 800 more here");
}

/* B13, D8 */
Test(tracker, each_new_peak_has_a_number_of_its_own)
{
	struct rac_reservation r;

	cr_assert(eq(u64, rac_tracker_peak_number(t, 0), 0));
	rac_tracker_reserve(t, 0, 100, &r);
	cr_assert(eq(u64, rac_tracker_peak_number(t, 0), 0), "in flight");
	rac_tracker_commit(t, &r, RAC_KIND_DEVICE);
	cr_assert(eq(u64, rac_tracker_peak_number(t, 0), 1));
	rac_tracker_release(t, 0, RAC_KIND_DEVICE, 100);
	rac_tracker_reserve(t, 0, 100, &r);
	rac_tracker_commit(t, &r, RAC_KIND_DEVICE);
	cr_assert(eq(u64, rac_tracker_peak_number(t, 0), 1), "as high as before");
	rac_tracker_mark(t, 0);
	cr_assert(eq(u64, rac_tracker_peak_number(t, 0), 2), "started anew");
	cr_assert(eq(u64, rac_tracker_peak_number(t, 1), 0), "another device");
	cr_assert(eq(u64, rac_tracker_peak_number(t, RAC_MAX_DEVICES), 0));
	rac_tracker_host_add(t, 1);
	cr_assert(eq(u64, rac_tracker_peak_number(t, RAC_MAX_DEVICES), 1));
}

Test(tracker, a_snapshot_never_shows_a_peak_below_what_is_live)
{
	struct rac_reservation r;

	rac_tracker_reserve(t, 0, 500, &r);
	struct rac_device_snapshot s = look(0);

	cr_assert(eq(u64, s.charged_bytes, 500), "in flight");
	cr_assert(eq(u64, s.live_bytes, 0));
	rac_tracker_commit(t, &r, RAC_KIND_DEVICE);
	s = look(0);
	cr_assert(ge(u64, s.peak_bytes, s.live_bytes));
}

/* B18 */
Test(tracker, out_of_memory_is_a_status_of_its_own)
{
	struct rac_reservation r;

	rac_tracker_set_limit(t, 0, 1);
	cr_assert(eq(int, rac_tracker_reserve(t, 0, 2, &r), RAC_OOM));
	cr_assert(eq(int, rac_tracker_reserve(t, RAC_MAX_DEVICES, 2, &r), RAC_INVALID));
	cr_assert_str_eq(rac_status_name(RAC_OOM), "out of memory");
	cr_assert_str_eq(rac_status_name((enum rac_status)99), "unknown status");
}

/* D3: the seed had 799 bytes "in use" after this */
Test(tracker, a_sum_past_64_bits_is_refused_and_changes_nothing)
{
	struct rac_reservation r;

	rac_tracker_set_limit(t, 0, 1000);
	allocate(0, 900);
	cr_assert(eq(int, rac_tracker_reserve(t, 0, UINT64_MAX - 100, &r), RAC_OOM));
	cr_assert(eq(u64, rac_tracker_charged(t, 0), 900));
	rac_tracker_set_limit(t, 0, RAC_NO_LIMIT);
	cr_assert(eq(int, rac_tracker_reserve(t, 0, UINT64_MAX - 100, &r), RAC_OVERFLOW));
	cr_assert(eq(u64, rac_tracker_charged(t, 0), 900));
}

Test(tracker, an_absurd_request_under_way_is_not_in_the_way_of_others)
{
	struct rac_reservation absurd;

	cr_assert(eq(int, rac_tracker_reserve(t, 0, UINT64_MAX - 4096, &absurd), RAC_OVERFLOW));
	cr_assert(eq(u64, rac_tracker_charged(t, 0), 0));
	cr_assert(eq(int, allocate(0, 8192), RAC_OK));
}

/* D4 */
Test(tracker, would_fit_does_not_wrap)
{
	rac_tracker_set_limit(t, 0, 1000);
	allocate(0, 900);
	cr_assert(not(rac_tracker_would_fit(t, 0, UINT64_MAX - 100)));
	rac_tracker_set_limit(t, 0, 100);
	cr_assert(not(rac_tracker_would_fit(t, 0, 1)), "the limit is below what is live");
}

/* D5 */
Test(tracker, releasing_more_than_is_live_is_counted_and_never_wraps)
{
	rac_tracker_set_limit(t, 0, 1000);
	rac_tracker_release(t, 0, RAC_KIND_DEVICE, 10);
	cr_assert(eq(u64, rac_tracker_charged(t, 0), 0));
	cr_assert(eq(u64, rac_tracker_mismatches(t), 1));
	cr_assert(eq(int, allocate(0, 1001), RAC_OOM));
	allocate(0, 500);
	rac_tracker_release(t, 0, RAC_KIND_MANAGED, 500);
	cr_assert(eq(u64, rac_tracker_charged(t, 0), 500), "a wrong kind gives nothing back");
	cr_assert(eq(u64, rac_tracker_mismatches(t), 2));
	rac_tracker_release(t, RAC_MAX_DEVICES, RAC_KIND_DEVICE, 10);
	cr_assert(eq(u64, rac_tracker_mismatches(t), 3), "nor does a device that there is not");
}

Test(tracker, what_the_driver_refuses_is_counted_by_itself)
{
	allocate(0, 10);
	rac_tracker_driver_failed(t, 0);
	rac_tracker_driver_failed(t, 0);
	rac_tracker_driver_failed(t, 1);
	cr_assert(eq(u64, look(0).driver_failures, 2));
	cr_assert(eq(u64, look(0).refused, 0));
	cr_assert(eq(u64, look(1).driver_failures, 1));
}

Test(tracker, a_reservation_that_is_tried_holds_what_was_granted)
{
	struct rac_reservation r;

	rac_tracker_set_limit(t, 0, 100);
	cr_assert(eq(int, rac_tracker_try_reserve(t, 0, 60, &r), RAC_OK));
	cr_assert(eq(u64, r.bytes, 60));
	cr_assert(eq(int, rac_tracker_try_reserve(t, 0, 60, &r), RAC_OOM));
	cr_assert(eq(u64, r.bytes, 0));
}

Test(tracker, host_memory_that_is_given_back_twice_is_counted_as_a_mismatch)
{
	rac_tracker_host_add(t, 50);
	rac_tracker_host_remove(t, 50);
	cr_assert(eq(u64, rac_tracker_mismatches(t), 0));
	rac_tracker_host_remove(t, 50);
	cr_assert(eq(u64, rac_tracker_mismatches(t), 1));
}

/* Host memory is counted behind the last of them. */
Test(tracker, a_device_that_there_is_not_changes_nothing)
{
	const uint32_t none = RAC_MAX_DEVICES;
	size_t bytes = rac_tracker_bytes();
	struct rac_reservation r;

	rac_tracker_host_add(t, 50);
	void *before = malloc(bytes);

	memcpy(before, memory, bytes);
	cr_assert(eq(int, rac_tracker_set_limit(t, none, 1000), RAC_INVALID));
	cr_assert(eq(int, rac_tracker_describe(t, none, "GPU-0", "name", 1000), RAC_INVALID));
	cr_assert(eq(int, rac_tracker_set_beyond(t, none, 10), RAC_INVALID));
	cr_assert(eq(int, rac_tracker_reserve(t, none, 10, &r), RAC_INVALID));
	cr_assert(eq(int, rac_tracker_try_reserve(t, none, 10, &r), RAC_INVALID));
	cr_assert(not(rac_tracker_would_fit(t, none, 0)));
	rac_tracker_note_overshoot(t, none, 10);
	rac_tracker_refuse(t, none, 10);
	rac_tracker_driver_failed(t, none);
	rac_tracker_mark(t, none);
	cr_assert(eq(u64, rac_tracker_charged(t, none), 0));
	cr_assert(eq(u64, rac_tracker_limit(t, none), 0));
	cr_assert(eq(u64, rac_tracker_beyond(t, none), 0));
	cr_assert(eq(int, memcmp(before, memory, bytes), 0));
	cr_assert(eq(u64, rac_tracker_release(t, none, RAC_KIND_DEVICE, 10), 0));
	cr_assert(eq(u64, rac_tracker_mismatches(t), 1));
	free(before);
}

/* D24 */
Test(tracker, devices_and_kinds_are_counted_apart)
{
	struct rac_reservation r;

	allocate(0, 100);
	rac_tracker_reserve(t, 1, 200, &r);
	rac_tracker_commit(t, &r, RAC_KIND_MANAGED);
	rac_tracker_host_add(t, 50);
	struct rac_device_snapshot s = look(1);

	cr_assert(eq(u64, look(0).live_bytes, 100));
	cr_assert(eq(u64, s.live_bytes, 200));
	cr_assert(eq(u64, s.kinds[RAC_KIND_MANAGED].live_bytes, 200));
	cr_assert(eq(u64, s.kinds[RAC_KIND_DEVICE].allocations, 0));
	cr_assert(eq(u64, s.largest_bytes, 200));
	struct rac_counts host;

	rac_tracker_host_snapshot(t, &host);
	cr_assert(eq(u64, host.live_bytes, 50));
	cr_assert(eq(u64, host.allocations, 1));
	rac_tracker_host_add(t, 20);
	rac_tracker_host_remove(t, 50);
	rac_tracker_host_snapshot(t, &host);
	cr_assert(eq(u64, host.live_bytes, 20));
	cr_assert(eq(u64, host.peak_bytes, 70));
	cr_assert(eq(u64, host.frees, 1));
}

Test(tracker, what_cannot_be_recorded_is_counted_one_by_one)
{
	rac_tracker_unrecorded(t);
	rac_tracker_unrecorded(t);
	rac_tracker_unknown_free(t);
	cr_assert(eq(u64, rac_tracker_unrecorded_count(t), 2));
	cr_assert(eq(u64, rac_tracker_unknown_frees(t), 1));
}

/* D26 */
Test(tracker, a_limit_below_what_is_live_refuses_growth_until_enough_is_released)
{
	allocate(0, 900);
	rac_tracker_set_limit(t, 0, 500);
	cr_assert(eq(int, allocate(0, 1), RAC_OOM));
	rac_tracker_release(t, 0, RAC_KIND_DEVICE, 500);
	cr_assert(eq(int, allocate(0, 100), RAC_OK));
	cr_assert(eq(int, allocate(0, 1), RAC_OOM));
}

/* D27 */
Test(tracker, a_reservation_is_corrected_to_what_the_driver_took)
{
	struct rac_reservation r;

	rac_tracker_set_limit(t, 0, 1000);
	rac_tracker_reserve(t, 0, 600, &r);
	cr_assert(eq(int, rac_tracker_adjust(t, &r, 400), RAC_OK));
	cr_assert(eq(u64, rac_tracker_charged(t, 0), 400));
	cr_assert(eq(int, rac_tracker_adjust(t, &r, 1000), RAC_OK));
	cr_assert(eq(int, rac_tracker_adjust(t, &r, 1001), RAC_OOM));
	cr_assert(eq(u64, r.bytes, 1000), "a refused correction leaves the reservation");
	rac_tracker_adjust(t, &r, 700);
	rac_tracker_commit(t, &r, RAC_KIND_DEVICE);
	cr_assert(eq(u64, look(0).live_bytes, 700));
	cr_assert(eq(u64, look(0).peak_bytes, 700));
}

/* D29 */
Test(tracker, a_cancelled_reservation_leaves_no_trace)
{
	struct rac_reservation r;

	rac_tracker_set_limit(t, 0, 1000);
	rac_tracker_reserve(t, 0, 1000, &r);
	rac_tracker_cancel(t, &r);
	struct rac_device_snapshot s = look(0);

	cr_assert(eq(u64, s.charged_bytes, 0));
	cr_assert(eq(u64, s.peak_bytes, 0));
	cr_assert(eq(u64, s.allocations, 0));
	cr_assert(eq(int, allocate(0, 1000), RAC_OK));
}

Test(tracker, going_past_the_limit_on_purpose_is_remembered)
{
	struct rac_reservation r;

	rac_tracker_set_limit(t, 0, 1000);
	allocate(0, 900);
	cr_assert(eq(int, rac_tracker_reserve_past_limit(t, 0, 300, &r), RAC_OK));
	rac_tracker_commit(t, &r, RAC_KIND_POOL);
	cr_assert(eq(u64, look(0).over_bytes, 200));
	cr_assert(eq(u64, look(0).refused, 0));
	rac_tracker_release(t, 0, RAC_KIND_POOL, 300);
	cr_assert(eq(u64, look(0).over_bytes, 200), "it was passed once; that stays true");
}

Test(tracker, what_lies_beyond_the_figures_counts_against_the_limit_alone)
{
	struct rac_reservation r;

	rac_tracker_set_limit(t, 0, 100);
	cr_assert(eq(int, rac_tracker_set_beyond(t, 0, 30), RAC_OK));
	cr_assert(eq(int, allocate(0, 71), RAC_OOM));
	cr_assert(eq(int, allocate(0, 70), RAC_OK));
	cr_assert(eq(int, allocate(0, 1), RAC_OOM));
	cr_assert(not(rac_tracker_would_fit(t, 0, 1)));
	cr_assert(rac_tracker_would_fit(t, 0, 0));
	cr_assert(eq(u64, look(0).peak_bytes, 70));
	cr_assert(eq(u64, look(0).live_bytes, 70));
	cr_assert(eq(u64, look(0).charged_bytes, 70));
	cr_assert(eq(u64, look(0).beyond_bytes, 30));
	cr_assert(eq(u64, look(0).over_bytes, 0));

	rac_tracker_set_beyond(t, 0, 45);
	cr_assert(eq(u64, look(0).over_bytes, 15));
	rac_tracker_set_beyond(t, 0, 130);
	cr_assert(eq(u64, look(0).over_bytes, 100));
	cr_assert(not(rac_tracker_would_fit(t, 0, 1)));
	cr_assert(eq(int, rac_tracker_reserve_past_limit(t, 0, 5, &r), RAC_OK));
	cr_assert(eq(u64, look(0).over_bytes, 105));
	rac_tracker_cancel(t, &r);

	rac_tracker_set_beyond(t, 0, 20);
	cr_assert(eq(u64, rac_tracker_beyond(t, 0), 20));
	cr_assert(eq(int, allocate(0, 10), RAC_OK));
	cr_assert(eq(u64, look(0).over_bytes, 105));
	cr_assert(eq(int, rac_tracker_set_beyond(t, RAC_MAX_DEVICES, 1), RAC_INVALID));
	cr_assert(eq(u64, rac_tracker_beyond(t, RAC_MAX_DEVICES), 0));
}

Test(tracker, without_a_limit_what_lies_beyond_hinders_nothing)
{
	rac_tracker_set_beyond(t, 0, UINT64_MAX);
	cr_assert(eq(int, allocate(0, 1000), RAC_OK));
	cr_assert(eq(u64, look(0).over_bytes, 0));
	rac_tracker_set_limit(t, 0, 2000);
	cr_assert(eq(int, allocate(0, 1), RAC_OOM));
}

Test(tracker, long_names_are_cut_and_an_unknown_device_says_so)
{
	char name[300];
	struct rac_device_snapshot s;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_assert(eq(int, rac_tracker_snapshot(t, 5, &s), RAC_UNKNOWN));
	cr_assert(eq(int, rac_tracker_snapshot(t, RAC_MAX_DEVICES, &s), RAC_INVALID));
	rac_tracker_describe(t, 5, NULL, name, 80);
	cr_assert(eq(int, rac_tracker_snapshot(t, 5, &s), RAC_OK));
	cr_assert(eq(sz, strlen(s.name), sizeof(s.name) - 1));
	cr_assert_str_eq(s.uuid, "");
	cr_assert(eq(u64, s.total_bytes, 80));
	rac_tracker_describe(t, 6, name, NULL, 80);
	cr_assert(eq(int, rac_tracker_snapshot(t, 6, &s), RAC_OK));
	cr_assert(eq(sz, strlen(s.uuid), sizeof(s.uuid) - 1));
}

Test(tracker, memory_that_is_too_small_or_not_aligned_makes_no_tracker)
{
	cr_assert(eq(ptr, rac_tracker_init(NULL, 1 << 20), NULL));
	cr_assert(eq(ptr, rac_tracker_init(memory, rac_tracker_bytes() - 1), NULL));
	cr_assert(eq(ptr, rac_tracker_init((char *)memory + 8, rac_tracker_bytes()), NULL));
}

Test(tracker, bytes_that_are_let_go_before_they_are_held_leave_nothing)
{
	struct rac_reservation r;

	rac_tracker_reserve(t, 0, 100, &r);
	rac_tracker_let_go(t, 0, RAC_KIND_DEVICE, 100);
	cr_assert(eq(u64, look(0).live_bytes, 0), "never below 0");
	rac_tracker_hold(t, &r, RAC_KIND_DEVICE);
	struct rac_device_snapshot s = look(0);

	cr_assert(eq(u64, s.charged_bytes, 0));
	cr_assert(eq(u64, s.live_bytes, 0));
	cr_assert(eq(u64, s.peak_bytes, 100));
	cr_assert(eq(u64, s.allocations, 0), "bytes alone");
}

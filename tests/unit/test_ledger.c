/*
 * test_ledger.c - one thread's view of the ledger: what goes in comes out, nothing else does, and a
 * million random operations agree with a plain array. Threads are in test_races.c.
 */
#include "ledger.h"

#include "ledger_memory.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

static struct test_memory memory;
static struct rac_ledger l;

static void start(void)
{
	const struct rac_memory m = {test_map, test_unmap, &memory};

	atomic_store(&memory.grants, -1);
	rac_ledger_init(&l, &m);
}

TestSuite(ledger, .init = start);

static struct rac_entry entry_at(uint64_t value)
{
	return (struct rac_entry){.space = RAC_SPACE_DEVICE,
		.value = value,
		.bytes = value * 3,
		.site = 77,
		.context = 65535,
		.device = 63,
		.kind = 5,
		.extra = value + 1};
}

static bool count_one(void *context, const struct rac_entry *entry)
{
	(void)entry;
	++*(uint64_t *)context;
	return true;
}

static uint64_t count(void)
{
	uint64_t n = 0;

	rac_ledger_each(&l, count_one, &n);
	return n;
}

static bool free_entry(uint64_t value)
{
	struct rac_ledger_taken taken;

	if (rac_ledger_take(&l, RAC_SPACE_DEVICE, value, &taken) != RAC_OK)
		return false;
	rac_ledger_drop(&l, &taken);
	return true;
}

/* D25 */
Test(ledger, an_entry_comes_out_as_it_went_in)
{
	struct rac_entry in = entry_at(0x7f0000000200);
	struct rac_ledger_taken out;

	cr_assert(eq(int, rac_ledger_insert(&l, &in), RAC_OK));
	cr_assert(eq(int, rac_ledger_take(&l, in.space, in.value, &out), RAC_OK));
	cr_assert(eq(int, (int)out.entry.space, (int)in.space));
	cr_assert(eq(u64, out.entry.value, in.value));
	cr_assert(eq(u64, out.entry.bytes, in.bytes));
	cr_assert(eq(u32, out.entry.site, in.site));
	cr_assert(eq(u16, out.entry.context, in.context));
	cr_assert(eq(u8, out.entry.device, in.device));
	cr_assert(eq(u8, out.entry.kind, in.kind));
	cr_assert(eq(u64, out.entry.extra, in.extra));
}

/* D25 */
Test(ledger, a_second_free_of_one_address_finds_nothing)
{
	struct rac_entry e = entry_at(512);

	rac_ledger_insert(&l, &e);
	cr_assert(free_entry(512));
	cr_assert(not(free_entry(512)));
	cr_assert(not(free_entry(1024)), "never recorded");
}

/* D30 */
Test(ledger, an_entry_that_is_being_freed_is_gone_for_others_and_can_be_put_back)
{
	struct rac_entry e = entry_at(512);
	struct rac_ledger_taken taken;

	rac_ledger_insert(&l, &e);
	rac_ledger_take(&l, RAC_SPACE_DEVICE, 512, &taken);
	cr_assert(not(free_entry(512)));
	cr_assert(eq(u64, count(), 0));
	rac_ledger_restore(&l, &taken);
	cr_assert(eq(u64, count(), 1));
	cr_assert(free_entry(512));
}

/* D30: the driver may give the address out again before its last owner has dropped the entry */
Test(ledger, an_address_may_come_back_while_its_old_entry_is_still_held)
{
	struct rac_entry old = entry_at(512), fresh = entry_at(512);
	struct rac_ledger_taken taken, again;

	fresh.bytes = 7;
	rac_ledger_insert(&l, &old);
	rac_ledger_take(&l, RAC_SPACE_DEVICE, 512, &taken);
	rac_ledger_insert(&l, &fresh);
	rac_ledger_drop(&l, &taken);
	cr_assert(eq(int, rac_ledger_take(&l, RAC_SPACE_DEVICE, 512, &again), RAC_OK));
	cr_assert(eq(u64, again.entry.bytes, 7));
}

Test(ledger, equal_numbers_in_different_spaces_are_different_entries)
{
	struct rac_entry device = entry_at(4096), host = entry_at(4096);
	struct rac_ledger_taken taken;

	host.space = RAC_SPACE_HOST;
	host.bytes = 1;
	rac_ledger_insert(&l, &device);
	rac_ledger_insert(&l, &host);
	cr_assert(eq(int, rac_ledger_take(&l, RAC_SPACE_HOST, 4096, &taken), RAC_OK));
	cr_assert(eq(u64, taken.entry.bytes, 1));
	cr_assert(eq(int, rac_ledger_take(&l, RAC_SPACE_ARRAY, 4096, &taken), RAC_UNKNOWN));
	cr_assert(eq(int, rac_ledger_take(&l, RAC_SPACE_DEVICE, 4096, &taken), RAC_OK));
}

Test(ledger, null_and_values_that_do_not_fit_are_refused_without_harm)
{
	struct rac_entry e = entry_at(0);
	struct rac_ledger_taken taken;

	cr_assert(eq(int, rac_ledger_insert(&l, &e), RAC_INVALID));
	e.value = RAC_LEDGER_VALUE_MAX + 1;
	cr_assert(eq(int, rac_ledger_insert(&l, &e), RAC_INVALID));
	cr_assert(eq(int, rac_ledger_take(&l, RAC_SPACE_DEVICE, 0, &taken), RAC_UNKNOWN));
	cr_assert(eq(int, rac_ledger_take(&l, RAC_SPACE_DEVICE, UINT64_MAX, &taken), RAC_UNKNOWN));
	e = entry_at(RAC_LEDGER_VALUE_MAX);
	cr_assert(eq(int, rac_ledger_insert(&l, &e), RAC_OK));
	cr_assert(free_entry(RAC_LEDGER_VALUE_MAX));
}

Test(ledger, a_million_entries_are_all_found_and_leave_nothing_behind)
{
	const uint64_t n = 1000000;

	for (uint64_t i = 1; i <= n; i++) {
		struct rac_entry e = entry_at(0x7f0000000000 + i * 512);

		cr_assert(eq(int, rac_ledger_insert(&l, &e), RAC_OK));
	}
	cr_assert(eq(u64, count(), n));
	for (uint64_t i = n; i > 0; i--)
		cr_assert(free_entry(0x7f0000000000 + i * 512));
	cr_assert(eq(u64, count(), 0));
}

/* A table that leaves a mark behind each removal fills up under churn; this one must not grow. */
Test(ledger, churn_at_a_constant_size_needs_no_more_memory)
{
	for (uint64_t i = 1; i <= 1000; i++) {
		struct rac_entry e = entry_at(i * 512);

		rac_ledger_insert(&l, &e);
	}
	uint64_t before = rac_ledger_memory_bytes(&l);

	for (uint64_t i = 1; i <= 3000000; i++) {
		struct rac_entry e = entry_at((i + 1000) * 512);

		cr_assert(free_entry(i * 512));
		rac_ledger_insert(&l, &e);
	}
	cr_assert(eq(u64, count(), 1000));
	cr_assert(le(u64, rac_ledger_memory_bytes(&l), before * 3), "one more level at most");
}

Test(ledger, without_memory_to_grow_it_fills_up_and_says_so)
{
	uint64_t stored = 0;

	atomic_store(&memory.grants, 2);
	for (uint64_t i = 1; i <= 100000; i++) {
		struct rac_entry e = entry_at(i * 256);

		if (rac_ledger_insert(&l, &e) == RAC_OK)
			stored++;
	}
	cr_assert(eq(u64, stored, rac_ledger_capacity(&l)), "each slot can be used");
	cr_assert(eq(u64, count(), stored));
	for (uint64_t i = 1; i <= 100000; i++)
		stored -= free_entry(i * 256);
	cr_assert(eq(u64, stored, 0));
}

Test(ledger, without_any_memory_every_insert_is_refused)
{
	struct rac_entry e = entry_at(512);

	atomic_store(&memory.grants, 0);
	cr_assert(eq(int, rac_ledger_insert(&l, &e), RAC_FULL));
	cr_assert(not(free_entry(512)));
	cr_assert(eq(u64, count(), 0));
}

static bool stop_at_once(void *context, const struct rac_entry *entry)
{
	count_one(context, entry);
	return false;
}

Test(ledger, a_walk_ends_when_its_visitor_says_so)
{
	uint64_t n = 0;

	for (uint64_t i = 1; i <= 10; i++) {
		struct rac_entry e = entry_at(i * 512);

		rac_ledger_insert(&l, &e);
	}
	rac_ledger_each(&l, stop_at_once, &n);
	cr_assert(eq(u64, n, 1));
}

#define ADDRESSES 50000

static bool matches_model(void *context, const struct rac_entry *entry)
{
	const uint64_t *model = context;

	cr_assert(eq(u64, model[entry->value / 512], entry->bytes));
	return true;
}

Test(ledger, a_million_random_operations_agree_with_a_plain_array)
{
	uint64_t *model = calloc(ADDRESSES + 1, sizeof(*model));
	uint64_t live = 0, seed = 1;

	for (int step = 0; step < 1000000; step++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint64_t index = 1 + (seed >> 33) % ADDRESSES;
		struct rac_ledger_taken taken;

		if (model[index] == 0) {
			struct rac_entry e = entry_at(index * 512);

			e.bytes = 1 + (seed >> 20) % 100000;
			cr_assert(eq(int, rac_ledger_insert(&l, &e), RAC_OK));
			model[index] = e.bytes;
			live++;
			continue;
		}
		cr_assert(eq(
			int, rac_ledger_take(&l, RAC_SPACE_DEVICE, index * 512, &taken), RAC_OK));
		cr_assert(eq(u64, taken.entry.bytes, model[index]));
		if ((seed >> 62) == 0) {
			rac_ledger_restore(&l, &taken);
			continue;
		}
		rac_ledger_drop(&l, &taken);
		model[index] = 0;
		live--;
	}
	cr_assert(eq(u64, count(), live));
	rac_ledger_each(&l, matches_model, model);
	free(model);
}

static void count_dropped(void *context, const struct rac_entry *entry)
{
	count_one(context, entry);
}

static struct rac_entry counted_at(uint64_t value, unsigned handles)
{
	return (struct rac_entry){.space = RAC_SPACE_VMM,
		.value = value,
		.bytes = 4096,
		.extra = rac_ledger_refs(&l, handles)};
}

Test(ledger, a_counted_entry_ends_when_the_last_reference_has_left)
{
	struct rac_entry e = counted_at(9, 1);
	struct rac_ledger_taken handle, map;

	rac_ledger_insert(&l, &e);
	cr_assert(eq(int, rac_ledger_refs_add(&l, RAC_SPACE_VMM, 9, 0, 1, &map), RAC_OK));
	cr_assert(eq(int, rac_ledger_refs_leave(&l, RAC_SPACE_VMM, 9, 1, 0, &handle), RAC_OK));
	cr_assert(not(rac_ledger_refs_left(&l, &handle)), "the mapping keeps it");
	cr_assert(eq(int, rac_ledger_refs_leave(&l, RAC_SPACE_VMM, 9, 1, 0, &handle), RAC_INVALID));
	cr_assert(eq(int, rac_ledger_refs_leave(&l, RAC_SPACE_VMM, 9, 0, 1, &map), RAC_OK));
	cr_assert(eq(int, rac_ledger_refs_add(&l, RAC_SPACE_VMM, 9, 1, 0, &handle), RAC_UNKNOWN));
	cr_assert(rac_ledger_refs_left(&l, &map));
	cr_assert(eq(u64, map.entry.bytes, 4096));
	rac_ledger_drop(&l, &map);
	cr_assert(eq(u64, count(), 0));
}

Test(ledger, a_counted_entry_stays_while_another_call_gives_it_back)
{
	struct rac_entry e = counted_at(9, 1);
	struct rac_ledger_taken release, unmap;

	rac_ledger_insert(&l, &e);
	rac_ledger_refs_add(&l, RAC_SPACE_VMM, 9, 0, 1, &unmap);
	rac_ledger_refs_leave(&l, RAC_SPACE_VMM, 9, 0, 1, &unmap);
	rac_ledger_refs_leave(&l, RAC_SPACE_VMM, 9, 1, 0, &release);
	cr_assert(not(rac_ledger_refs_left(&l, &unmap)), "the release is under way");
	cr_assert(rac_ledger_refs_left(&l, &release), "of the two exactly one ends it");
	cr_assert(not(rac_ledger_refs_left(&l, &release)));
}

Test(ledger, what_the_driver_did_not_take_back_counts_again)
{
	struct rac_entry e = counted_at(9, 1), later;
	struct rac_ledger_taken t, found;

	rac_ledger_insert(&l, &e);
	rac_ledger_refs_leave(&l, RAC_SPACE_VMM, 9, 1, 0, &t);
	later = counted_at(9, 1); /* the value is given out again meanwhile */
	rac_ledger_insert(&l, &later);
	cr_assert(eq(int,
		rac_ledger_refs_locate(
			&l, RAC_SPACE_VMM, 9, rac_ledger_refs_identity(&t.entry), &found),
		RAC_OK));
	cr_assert(eq(ptr, found.bucket, t.bucket));
	cr_assert(eq(uint, found.slot, t.slot));
	rac_ledger_refs_back(&l, &t, 1, 0);
	cr_assert(eq(int, rac_ledger_refs_leave(&l, RAC_SPACE_VMM, 9, 1, 0, &t), RAC_OK));
	cr_assert(rac_ledger_refs_left(&l, &t));
	cr_assert(eq(int, rac_ledger_refs_locate(&l, RAC_SPACE_VMM, 9, 8191, &found), RAC_UNKNOWN));
}

Test(ledger, entries_of_an_ended_context_go_and_those_of_others_stay)
{
	for (uint64_t i = 1; i <= 3000; i++) {
		struct rac_entry e = entry_at(i * 512);

		e.context = (uint16_t)(1 + i % 3);
		rac_ledger_insert(&l, &e);
	}
	rac_ledger_doom(&l, 2);
	cr_assert(eq(u64, count(), 2000));
	rac_ledger_restore_doomed(&l, 2);
	cr_assert(eq(u64, count(), 3000));
	rac_ledger_doom(&l, 2);
	uint64_t dropped = 0;

	rac_ledger_drop_doomed(&l, 2, count_dropped, &dropped);
	cr_assert(eq(u64, dropped, 1000));
	cr_assert(eq(u64, count(), 2000));
	for (uint64_t i = 1; i <= 3000; i++)
		cr_assert(eq(int, free_entry(i * 512), i % 3 != 1));
}

Test(ledger, an_entry_can_be_freed_by_its_owner_while_its_context_is_about_to_end)
{
	struct rac_entry e = entry_at(512);
	uint64_t dropped = 0;

	e.context = 2;
	rac_ledger_insert(&l, &e);
	rac_ledger_doom(&l, 2);
	cr_assert(free_entry(512));
	rac_ledger_restore_doomed(&l, 2);
	rac_ledger_drop_doomed(&l, 2, count_dropped, &dropped);
	cr_assert(eq(u64, dropped, 0));
	cr_assert(eq(u64, count(), 0));
}

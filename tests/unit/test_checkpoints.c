/*
 * test_checkpoints.c - growth from checkpoint to checkpoint, and what only looks like it.
 */
#include "checkpoints.h"
#include "ledger_memory.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct test_memory counted;
static struct rac_sites sites;
static struct rac_checkpoints *table;
static struct rac_site *site;
static uint64_t held;

static void prepare(void)
{
	const struct rac_memory memory = {test_map, test_unmap, &counted};
	bool made;

	atomic_store(&counted.grants, -1);
	rac_sites_init(&sites, &memory);
	free(table);
	table = calloc(1, sizeof(*table));
	cr_assert_neq(rac_sites_intern(&sites, 42, &site, &made), 0);
	held = 0;
}

static void hold(uint64_t bytes)
{
	if (bytes > held)
		rac_site_take(site, bytes - held, 0);
	else if (bytes < held)
		rac_site_give(site, held - bytes, 0, false);
	held = bytes;
}

static void checkpoint(uint64_t before)
{
	char name[32];

	snprintf(name, sizeof(name), "step %llu", (unsigned long long)rac_checkpoints_count(table));
	cr_assert(rac_checkpoint_make(table, &sites, before,
		&(struct rac_report_checkpoint){.name = name, .at_ns = 7, .live_bytes = held}));
}

static enum rac_trend trend(void)
{
	struct rac_site_snapshot s;

	cr_assert(rac_site_read(site, 0, &s));
	return rac_site_trend(&s.marks, s.live_bytes, rac_checkpoints_count(table));
}

/* What the site held at each checkpoint, and now. */
static enum rac_trend trend_of(size_t n, uint64_t (*at)(size_t i))
{
	prepare();
	for (size_t i = 0; i < n; i++) {
		hold(at(i));
		checkpoint(0);
	}
	return trend();
}

static uint64_t leaks(size_t i)
{
	return 100 + i;
}
static uint64_t leaks_at_each_tenth(size_t i)
{
	return 100 + i / 10;
}
static uint64_t leaks_beneath_a_saw(size_t i)
{
	return 100 + 10 * i - 3 * (i % 3);
}
static uint64_t fills_and_stays(size_t i)
{
	return i < 20 ? 100 + i : 120;
}
static uint64_t goes_up_and_down(size_t i)
{
	return 100 + (i * 7919 + 13) % 101;
}
static uint64_t rises_once(size_t i)
{
	return i < 30 ? 100 : 200;
}
static uint64_t stays(size_t i)
{
	(void)i;
	return 100;
}
static uint64_t comes_later(size_t i)
{
	return i > 1 ? 100 : 0;
}

Test(checkpoints, growth_is_told_from_noise)
{
	cr_expect_eq(trend_of(4, leaks), RAC_TREND_GROWS);
	cr_expect_eq(trend_of(1000, leaks), RAC_TREND_GROWS);
	cr_expect_eq(trend_of(50, leaks_at_each_tenth), RAC_TREND_GROWS);
	cr_expect_eq(trend_of(50, leaks_beneath_a_saw), RAC_TREND_GROWS);
	cr_expect_eq(trend_of(3, leaks), RAC_TREND_UNKNOWN, "two rises may be chance");
	cr_expect_eq(trend_of(50, fills_and_stays), RAC_TREND_UNKNOWN);
	cr_expect_eq(trend_of(500, goes_up_and_down), RAC_TREND_UNKNOWN);
	cr_expect_eq(trend_of(50, rises_once), RAC_TREND_UNKNOWN);
	cr_expect_eq(trend_of(10, comes_later), RAC_TREND_UNKNOWN);
}

/* Places that take what each step happens to need. */
Test(checkpoints, random_figures_do_not_grow)
{
	unsigned growing = 0;

	srand(20260101);
	for (unsigned run = 0; run < 300; run++) {
		prepare();
		for (unsigned i = 0; i < 30; i++) {
			hold((uint64_t)rand() % 1000);
			checkpoint(0);
		}
		growing += trend() == RAC_TREND_GROWS;
	}
	cr_expect_eq(growing, 0);
}

Test(checkpoints, what_was_there_before_the_first_has_settled)
{
	cr_expect_eq(trend_of(1, stays), RAC_TREND_SETTLED);
	cr_expect_eq(trend_of(9, stays), RAC_TREND_SETTLED);
	hold(50);
	cr_expect_eq(trend(), RAC_TREND_SETTLED, "less of it, too");
	hold(101);
	cr_expect_eq(trend(), RAC_TREND_UNKNOWN, "more of it not");
	hold(0);
	cr_expect_eq(trend(), RAC_TREND_UNKNOWN, "nor what is gone");
	prepare();
	hold(1);
	cr_expect_eq(trend(), RAC_TREND_UNKNOWN, "without a checkpoint nothing is known");
}

Test(checkpoints, before_any_memory_count_as_well)
{
	prepare();
	hold(100);
	checkpoint(1);
	cr_expect_eq(rac_checkpoints_count(table), 2);
	cr_expect_eq(trend(), RAC_TREND_UNKNOWN, "it was made after the first");
}

Test(checkpoints, the_first_and_the_newest_are_kept)
{
	struct rac_report_checkpoint one;

	prepare();
	for (unsigned i = 0; i < 1000; i++)
		checkpoint(0);
	cr_assert_eq(rac_checkpoints_count(table), 1000);
	cr_assert_eq(rac_checkpoints_kept(table), RAC_CHECKPOINTS_KEPT);
	rac_checkpoint_read(table, 0, &one);
	cr_expect_str_eq(one.name, "step 0");
	for (size_t i = 1; i < RAC_CHECKPOINTS_KEPT; i++) {
		char name[32];

		rac_checkpoint_read(table, i, &one);
		snprintf(name, sizeof(name), "step %zu", 1000 - RAC_CHECKPOINTS_KEPT + i);
		cr_assert_str_eq(one.name, name);
		cr_assert_eq(one.number, 1000 - RAC_CHECKPOINTS_KEPT + i);
	}
}

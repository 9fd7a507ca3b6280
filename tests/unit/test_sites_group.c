/*
 * test_sites_group.c - sites that are one place in the source become one, and nothing is lost by that.
 */
#include "symbolise.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#define SITES 300

static struct rac_pool pool;

static void stop(void)
{
	rac_pool_free(&pool);
}

TestSuite(sites_group, .fini = stop);

static const struct rac_report_frame frames[] = {
	{.function = "grow", .file = "kv.cu", .line = 10, .offset = 1},
	{.function = "grow", .file = "kv.cu", .line = 11, .offset = 2},
	{.function = "", .module = "/lib/libkv.so", .offset = 3},
	{.function = "", .module = "/lib/libkv.so", .offset = 4},
	{.function = "grow", .file = "kv.cu", .line = 10, .offset = 5}, /* as the first */
};

static struct rac_report_site site(size_t frame, uint32_t device, uint64_t live)
{
	return (struct rac_report_site){.id = "00000000",
		.device = device,
		.api = "cuMemAlloc_v2",
		.owner = "libkv.so",
		.live_bytes = live,
		.live_count = 1,
		.peak_bytes = 2 * live,
		.total_bytes = 3 * live,
		.total_count = 2,
		.frames = &frames[frame],
		.frame_count = 1};
}

Test(sites_group, tells_lines_devices_grades_and_addresses_without_a_name_apart)
{
	struct rac_report_site sites[] = {site(0, 0, 1), site(1, 0, 2), site(2, 0, 3),
		site(3, 0, 4), site(0, 1, 5), site(4, 0, 6), site(0, 0, 7)};
	struct rac_report report = {.sites = sites, .site_count = 7};

	sites[6].grade = RAC_GRADE_LEAK;
	cr_assert(rac_sites_group(&report, sites, &pool));
	cr_assert_eq(report.site_count, 6);
	/* The first and the sixth; most live bytes first. */
	cr_assert_eq(report.sites[0].live_bytes, 7);
	cr_assert_eq(report.sites[1].live_bytes, 7);
	cr_assert_eq(report.sites[5].live_bytes, 2);
	for (size_t i = 0; i < 2; i++)
		if (report.sites[i].grade != RAC_GRADE_LEAK) {
			cr_assert_eq(report.sites[i].live_count, 2);
			cr_assert_eq(report.sites[i].peak_bytes, 14);
			cr_assert_eq(report.sites[i].total_bytes, 21);
			cr_assert_eq(report.sites[i].total_count, 4);
		}
}

Test(sites_group, leaves_the_order_alone_where_nothing_is_equal)
{
	struct rac_report_site sites[] = {site(0, 0, 1), site(1, 0, 9), site(2, 0, 3)};
	struct rac_report report = {.sites = sites, .site_count = 3};

	cr_assert(rac_sites_group(&report, sites, &pool));
	cr_assert_eq(report.site_count, 3);
	cr_assert_eq(report.sites[1].live_bytes, 9);
}

Test(sites_group, stops_at_the_largest_figure)
{
	struct rac_report_site sites[] = {site(0, 0, 1), site(4, 0, 1)};
	struct rac_report report = {.sites = sites, .site_count = 2};

	sites[0].total_bytes = UINT64_MAX;
	cr_assert(rac_sites_group(&report, sites, &pool));
	cr_assert_eq(report.sites[0].total_bytes, UINT64_MAX);
}

/* Against sums made anew for each moment. */
Test(sites_group, keeps_what_each_place_held_at_each_moment)
{
	static struct rac_report_site sites[SITES];
	static struct rac_report_event events[4000];
	static uint64_t held[SITES];
	struct rac_report report = {.sites = sites, .site_count = SITES};
	unsigned seed = 7;

	for (size_t i = 0; i < SITES; i++)
		sites[i] = site((unsigned)rand_r(&seed) % 5, (unsigned)rand_r(&seed) % 3,
			(unsigned)rand_r(&seed) % 50);
	struct rac_report_site before[SITES];

	memcpy(before, sites, sizeof(before));
	for (size_t i = 0; i < 4000; i++)
		events[i] = (struct rac_report_event){.at_ns = i,
			.live_bytes = (unsigned)rand_r(&seed) % 1000,
			.site = (unsigned)rand_r(&seed) % SITES};
	report.timeline = (struct rac_report_timeline){.events = events, .count = 4000};
	cr_assert(rac_sites_group(&report, sites, &pool));
	cr_assert_eq(report.site_count, 12);
	cr_assert_eq(report.timeline.count, 4000);
	for (size_t i = 0; i < 4000; i++) {
		const struct rac_report_site *of = &before[events[i].site];
		uint64_t sum = 0;

		held[events[i].site] = events[i].live_bytes;
		for (size_t j = 0; j < SITES; j++)
			if (before[j].device == of->device &&
				(before[j].frames == of->frames ||
					(before[j].frames[0].line == 10 &&
						of->frames[0].line == 10)))
				sum += held[j];
		const struct rac_report_event *now = &report.timeline.events[i];

		cr_assert_eq(now->live_bytes, sum);
		cr_assert_eq(report.sites[now->site].device, of->device);
		cr_assert_eq(report.sites[now->site].frames[0].line, of->frames[0].line);
	}
}

/*
 * test_verdict.c - grades of what is left, and which conditions fail by them.
 */
#include "verdict.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define MIB UINT64_C(1048576)

static struct rac_conditions conditions;
static struct rac_rule rules[8];
static struct rac_judge judge;
static struct rac_report_condition room[RAC_CONDITIONS_MAX];

static void prepare(const char *fail_on, const char *file)
{
	struct rac_fault fault;
	uint64_t line = 0;
	size_t at = 0;

	cr_assert_eq(rac_conditions_parse(fail_on, strlen(fail_on), &conditions, &fault), RAC_OK);
	judge = (struct rac_judge){.conditions = &conditions,
		.rules = rules,
		.has_builtin = true,
		.has_symbols = true,
		.exit_code = 23,
		.application = "app"};
	while (rac_rule_next(file, strlen(file), &at, &line, &rules[judge.rule_count], &fault) ==
		RAC_OK)
		judge.rule_count++;
	cr_assert_eq(at, strlen(file));
}

static struct rac_report_site site(const char *owner, uint64_t bytes, uint64_t count)
{
	return (struct rac_report_site){.id = "00000000",
		.api = "cuMemAlloc_v2",
		.owner = owner,
		.live_bytes = bytes,
		.live_count = count};
}

Test(verdict, the_owner_decides_on_pool_and_library)
{
	struct rac_report_site sites[] = {site("libc10_cuda.so", MIB, 1),
		site("libnccl.so.2", MIB, 1), site("app", MIB, 1), site("libmine.so", MIB, 1)};

	prepare("", "pool:libmine.so name=Mine\nown:^libnccl.so name=NCCL");
	rac_judge_sites(&judge, sites, 4);
	cr_expect_eq(sites[0].grade, RAC_GRADE_POOL);
	cr_expect_str_eq(sites[0].owner_name, "torch");
	cr_expect_eq(sites[1].grade, RAC_GRADE_LEAK, "the user's rules come first");
	cr_expect_eq(sites[2].grade, RAC_GRADE_LEAK);
	cr_expect_str_eq(sites[2].owner_name, "application");
	cr_expect_eq(sites[3].grade, RAC_GRADE_POOL);
	judge.is_uncached = true;
	rac_judge_sites(&judge, sites, 4);
	cr_expect_eq(sites[0].grade, RAC_GRADE_LEAK, "nothing is cached there");
	cr_expect_eq(sites[3].grade, RAC_GRADE_POOL, "but in the user's own");
	judge.is_uncached = false;
	judge.has_builtin = false;
	rac_judge_sites(&judge, sites, 1);
	cr_expect_eq(sites[0].grade, RAC_GRADE_LEAK, "what is built in can be switched off");
}

Test(verdict, grades_are_tried_in_their_order)
{
	struct rac_report_site sites[] = {site("libnccl.so.2", MIB, 1),
		site("libnccl.so.2", MIB, 1), site("app", MIB, 1), site("app", MIB, 1)};

	prepare("", "api:^cudaMalloc$");
	sites[0].api = "cudaMalloc";
	sites[0].trend = sites[1].trend = sites[2].trend = RAC_TREND_SETTLED;
	sites[3].trend = RAC_TREND_GROWS;
	rac_judge_sites(&judge, sites, 4);
	cr_expect_eq(sites[0].grade, RAC_GRADE_SUPPRESSED);
	cr_expect_eq(sites[1].grade, RAC_GRADE_LIBRARY);
	cr_expect_eq(sites[2].grade, RAC_GRADE_ONCE);
	cr_expect_eq(sites[3].grade, RAC_GRADE_LEAK);
}

Test(verdict, a_bound_holds_over_all_that_a_rule_matches)
{
	struct rac_report_site sites[] = {site("a.so", MIB, 1), site("a.so", MIB, 1)};

	prepare("", "owner:^a.so max=2M count=2");
	rac_judge_sites(&judge, sites, 2);
	cr_expect_eq(sites[0].grade, RAC_GRADE_SUPPRESSED);
	cr_expect_eq(rules[0].bytes, 2 * MIB);
	prepare("", "owner:^a.so max=2M count=2");
	sites[1].live_bytes++;
	rac_judge_sites(&judge, sites, 2);
	cr_expect_eq(sites[0].grade, RAC_GRADE_LEAK);
	cr_expect(rac_rule_is_exceeded(&rules[0]));
	prepare("", "owner:^a.so count=1");
	rac_judge_sites(&judge, sites, 2);
	cr_expect_eq(sites[1].grade, RAC_GRADE_LEAK);
}

Test(verdict, rules_for_symbols_wait_for_symbols)
{
	static const struct rac_report_frame frame = {.function = "f", .language = "native"};
	struct rac_report_site one = site("a.so", MIB, 1);

	one.frames = &frame;
	one.frame_count = 1;
	prepare("", "leak:^f$");
	judge.has_symbols = false;
	rac_judge_sites(&judge, &one, 1);
	cr_expect_eq(one.grade, RAC_GRADE_LEAK);
	judge.has_symbols = true;
	rac_judge_sites(&judge, &one, 1);
	cr_expect_eq(one.grade, RAC_GRADE_SUPPRESSED);
}

static struct rac_report judged(const struct rac_report_site *sites, size_t n)
{
	static struct rac_device_snapshot devices[2];
	static struct rac_report_untracked untracked[2];
	struct rac_report report = {.process = {.end = RAC_END_EXIT},
		.devices = devices,
		.device_count = 2,
		.untracked = untracked,
		.sites = sites,
		.site_count = n};

	devices[0].peak_bytes = 3 * MIB;
	devices[1].peak_bytes = 5 * MIB;
	devices[0].refused = 2;
	untracked[1] = (struct rac_report_untracked){true, 7 * MIB, "nvml"};
	rac_judge_report(&judge, &report, room);
	return report;
}

static void is(size_t i, uint64_t value, bool failed)
{
	cr_expect_eq(room[i].value, value, "%s", room[i].condition);
	cr_expect_eq(room[i].failed, failed, "%s", room[i].condition);
}

Test(verdict, only_leaks_fail_and_only_above_the_bound)
{
	struct rac_report_site sites[] = {
		site("app", 2 * MIB, 2), site("libnccl.so.2", 8 * MIB, 1)};

	prepare("leak,leak>2M,leaks>1,leaks>2,peak>4M,peak>5M,untracked>6M,refused", "");
	rac_judge_sites(&judge, sites, 2);
	struct rac_report report = judged(sites, 2);

	is(0, 2 * MIB, true);
	is(1, 2 * MIB, false);
	is(2, 2, true);
	is(3, 2, false);
	is(4, 5 * MIB, true);
	is(5, 5 * MIB, false);
	is(6, 7 * MIB, true);
	is(7, 2, true);
	cr_expect_eq(report.exit_code, 23);
	prepare("leak>2M", "");
	report = judged(sites, 2);
	cr_expect_eq(report.exit_code, 0);
}

Test(verdict, growth_takes_checkpoints_and_forgives_nothing_but_the_suppressed)
{
	struct rac_report_site sites[] = {site("libc10_cuda.so", MIB, 1), site("a.so", MIB, 1)};

	sites[0].trend = sites[1].trend = RAC_TREND_GROWS;
	prepare("growth", "owner:^a.so");
	rac_judge_sites(&judge, sites, 2);
	judged(sites, 2);
	cr_expect_str_not_empty(room[0].unjudged);
	cr_expect_not(room[0].failed);
	judge.checkpoints = RAC_CHECKPOINTS_LEAST;
	judged(sites, 2);
	cr_expect_null(room[0].unjudged);
	is(0, 1, true);
}

Test(verdict, new_is_what_the_baseline_lacks)
{
	static const char *const baseline[] = {"11111111", "33333333", "55555555"};
	struct rac_report_site sites[] = {
		site("app", MIB, 1), site("app", MIB, 1), site("app", MIB, 1), site("app", 0, 0)};

	sites[0].id = "33333333";
	sites[1].id = "44444444";
	sites[2].id = "55555555";
	prepare("new", "");
	judge.is_run = true;
	judge.baseline = baseline;
	judge.baseline_count = 3;
	rac_judge_sites(&judge, sites, 4);
	judged(sites, 4);
	is(0, 1, true);
	judge.is_run = false;
	judged(sites, 4);
	cr_expect_str_eq(room[0].unjudged, "rac run judges it");
	cr_expect_not(room[0].failed);
}

Test(verdict, without_sites_all_that_is_left_is_a_leak_but_for_pools)
{
	struct rac_device_snapshot device = {.ordinal = 0};
	struct rac_report report = {
		.process = {.end = RAC_END_EXIT}, .devices = &device, .device_count = 1};

	device.kinds[RAC_KIND_DEVICE] = (struct rac_counts){MIB, MIB, 3, 1};
	device.kinds[RAC_KIND_POOL] = (struct rac_counts){32 * MIB, 32 * MIB, 3, 3};
	report.host_pinned = (struct rac_counts){4096, 4096, 1, 0};
	prepare("leak,leaks>9,untracked>1G", "");
	rac_judge_report(&judge, &report, room);
	is(0, MIB + 4096, true);
	is(1, 3, false);
	cr_expect_str_not_empty(room[2].unjudged, "what was not measured is not judged");
}

Test(verdict, what_a_killed_process_held_is_no_leak)
{
	struct rac_report_site one = site("app", MIB, 1);
	struct rac_report report = {
		.process = {.end = RAC_END_SIGNAL}, .sites = &one, .site_count = 1};

	prepare("leak,leaks>0,new,refused", "");
	judge.is_run = true;
	rac_judge_sites(&judge, &one, 1);
	rac_judge_report(&judge, &report, room);
	cr_expect_eq(report.exit_code, 0);
	for (size_t i = 0; i < 3; i++)
		cr_expect_str_eq(room[i].unjudged, "the process did not end by itself");
	cr_expect_null(room[3].unjudged);
}

Test(verdict, what_cannot_be_read_fails)
{
	struct rac_fault fault;
	struct rac_report report = {.device_count = 0};

	prepare("", "");
	rac_conditions_parse("leek", 4, &conditions, &fault);
	rac_judge_report(&judge, &report, room);
	cr_expect(room[0].failed);
	cr_expect_eq(report.exit_code, 23);
}

Test(verdict, no_cuda_is_about_all_processes)
{
	prepare("leak,nocuda", "");
	cr_expect(rac_judge_cuda(&judge, 0));
	cr_expect_not(rac_judge_cuda(&judge, 1));
	prepare("leak", "");
	cr_expect_not(rac_judge_cuda(&judge, 0));
}

Test(verdict, what_is_referred_to_is_no_leak_and_only_what_is_lost_counts)
{
	struct rac_report_site sites[] = {
		site("app", 4 * MIB, 4), site("app", 4 * MIB, 4), site("app", MIB, 1)};
	struct rac_report report = {.sites = sites, .site_count = 3, .process.end = RAC_END_EXIT};

	prepare("leak>1M,leaks>2", "");
	sites[0].is_searched = sites[1].is_searched = sites[2].is_searched = true;
	sites[1].lost_bytes = MIB;
	sites[1].lost_count = 1;
	sites[2].inside_count = 1;
	rac_judge_sites(&judge, sites, 3);
	cr_expect_eq(sites[0].grade, RAC_GRADE_REFERENCED);
	cr_expect_eq(sites[1].grade, RAC_GRADE_LEAK);
	cr_expect_eq(sites[2].grade, RAC_GRADE_REFERENCED);
	rac_judge_report(&judge, &report, room);
	cr_expect_eq(room[0].value, MIB);
	cr_expect_not(room[0].failed);
	cr_expect_eq(room[1].value, 1);
	sites[2].is_searched = false;
	rac_judge_sites(&judge, sites, 3);
	rac_judge_report(&judge, &report, room);
	cr_expect_eq(room[0].value, 2 * MIB, "of which nothing is known is left");
	cr_expect(room[0].failed);
}

/*
 * test_report_verdict.c - what the text report says of a verdict; all other lines are test_report_text.c's.
 */
#include "report_fixture.h"
#include "rules.h"

#define P "==rac 4242== "

Test(report_verdict, says_what_was_forgiven_and_which_rules_did_nothing)
{
	static const struct rac_rule rules[] = {
		{.text = "leak:used", .text_bytes = 9, .count = 1, .max_count = 1},
		{.text = "leak:\033", .text_bytes = 6},
		{.text = "leak:f count=1",
			.text_bytes = 14,
			.bytes = MIB,
			.count = 2,
			.max_count = 1,
			.max_bytes = UINT64_MAX},
	};
	struct rac_report_condition conditions[] = {{"growth", 0, false, "too few"}};
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report_site sites[] = {
		{.owner = "libnccl.so.2",
			.owner_name = "NCCL",
			.api = "cuMemCreate",
			.live_bytes = 2 * MIB,
			.live_count = 1,
			.grade = RAC_GRADE_LIBRARY},
		{.owner = "a",
			.owner_name = "application",
			.api = "cudaMalloc",
			.live_bytes = MIB,
			.live_count = 1,
			.grade = RAC_GRADE_LEAK,
			.trend = RAC_TREND_GROWS},
	};
	struct rac_report r = sample_report(&d, 1);

	r.rules = rules;
	r.rule_count = 3;
	r.conditions = conditions;
	r.condition_count = 1;
	r.sites = sites;
	r.site_count = 2;
	struct collected *c = printed(rac_report_text, &r);

	cr_expect_not_null(strstr(c->bytes,
		P "not judged: growth: too few\n" P "rule 'leak:\\x1b' matched nothing\n" P
		  "rule 'leak:f count=1' forgives nothing: it matched 1.00 MiB in 2 allocations\n" P
		  "device 0"));
	cr_expect_not_null(strstr(c->bytes, P "    of that 2.00 MiB library, 1.00 MiB leak\n"));
	cr_expect_not_null(strstr(c->bytes,
		"by libnccl.so.2 (NCCL), cuMemCreate: 0 B at the peak, 2.00 MiB left in 1 allocation, "
		"library\n"));
	cr_expect_not_null(strstr(c->bytes,
		"by a, cudaMalloc: 0 B at the peak, 1.00 MiB left in 1 allocation, grows\n"));
	cr_expect_not_null(strstr(c->bytes, "requests refused; verdict: passed\n"));
	free(c);
}

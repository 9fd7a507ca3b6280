/*
 * test_estimate_compare.c - an estimate beside the report of a run.
 */
#include "estimate_compare.h"
#include "model_text.h"

#define REPORT(devices)                                                                    \
	"{\"schema\":\"rac.report/1\",\"process\":{\"pid\":1,\"end\":{\"how\":\"exit\"}}," \
	"\"devices\":[" devices "]}"
#define DEVICE(ordinal, peak, untracked)                                   \
	"{\"ordinal\":" #ordinal ",\"live_bytes\":0,\"peak_bytes\":" #peak \
	",\"allocations\":1,\"frees\":1,\"refused\":0,\"untracked_bytes\":" #untracked "}"

static bool compare(
	const char *report, uint64_t device, struct rac_comparison *out, struct rac_complaint *c)
{
	struct rac_loaded run;

	c->text[0] = '\0';
	if (!rac_report_read_json(report, strlen(report), "r.json", &run, c))
		return false;
	bool done = rac_compare(1000, &run, device, out, c);

	rac_report_unload(&run);
	return done;
}

Test(estimate_compare, the_fullest_device_is_compared_unless_one_is_named)
{
	static const char *const report = REPORT(DEVICE(0, 5, null) "," DEVICE(2, 900, 80));
	struct rac_comparison k;
	struct rac_complaint c;

	NEEDS_JSON();
	cr_assert(compare(report, UINT64_MAX, &k, &c), "%s", c.text);
	cr_assert_eq(k.device, 2);
	cr_assert_eq(k.estimated, 1000);
	cr_assert_eq(k.tracked, 900);
	cr_assert(k.has_driver);
	cr_assert_eq(k.driver, 980);
	cr_assert(compare(report, 0, &k, &c), "%s", c.text);
	cr_assert_eq(k.tracked, 5);
	cr_assert_not(k.has_driver);
}

Test(estimate_compare, what_is_no_report_or_has_no_such_device_is_refused)
{
	static const struct {
		const char *report;
		uint64_t device;
		const char *words;
	} cases[] = {
		{"{\"schema\":\"rac.report/2\"}", UINT64_MAX, "rac.report/1"},
		{"[]", UINT64_MAX, "rac.report/1"},
		{"", UINT64_MAX, "not a JSON document"},
		{REPORT(""), UINT64_MAX, "used no GPU"},
		{REPORT(DEVICE(0, 5, null)), 1, "--device"},
		{REPORT("{\"ordinal\":0}"), UINT64_MAX, "live_bytes"},
		{REPORT(DEVICE(0, -5, null)), UINT64_MAX, "peak_bytes"},
	};

	NEEDS_JSON();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_comparison k;
		struct rac_complaint c;

		cr_assert_not(compare(cases[i].report, cases[i].device, &k, &c));
		cr_assert_not_null(strstr(c.text, cases[i].words), "%s", c.text);
	}
}

Test(estimate_compare, figures_that_do_not_add_up_to_64_bits_are_left_out)
{
	struct rac_comparison k;
	struct rac_complaint c;

	NEEDS_JSON();
	cr_assert(compare(
		REPORT(DEVICE(0, 18446744073709551614, 18446744073709551614)), UINT64_MAX, &k, &c));
	cr_assert_not(k.has_driver);
}

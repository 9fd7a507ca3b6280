/*
 * test_report_time.c - the calendar and the durations that reports print.
 */
#include "report_fixture.h"
#include "time_text.h"
#include <time.h>

#define NS UINT64_C(1000000000)

Test(time_text, agrees_with_libc_on_every_day_until_2554)
{
	char text[RAC_TIME_TEXT_MAX], expected[32];

	for (uint64_t day = 0; day <= UINT64_MAX / NS / 86400; day++) {
		uint64_t seconds = day * 86400 + day * 7919 % 86400;
		time_t when = (time_t)seconds;
		struct tm tm;

		if (seconds > UINT64_MAX / NS)
			continue;
		cr_assert_not_null(gmtime_r(&when, &tm));
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm);
		cr_assert_eq(rac_time_text(text, seconds * NS), strlen(expected));
		cr_assert_str_eq(text, expected);
	}
}

Test(time_text, cuts_fractions_of_a_second_off)
{
	char text[RAC_TIME_TEXT_MAX];

	rac_time_text(text, UINT64_C(1767225600) * NS - 1);
	cr_assert_str_eq(text, "2025-12-31T23:59:59Z");
	rac_time_text(text, 0);
	cr_assert_str_eq(text, "1970-01-01T00:00:00Z");
}

Test(time_text, prints_seconds_without_needless_zeros)
{
	static const struct {
		uint64_t ns;
		unsigned decimals;
		const char *text;
	} cases[] = {
		{0, 6, "0.0"},
		{1, 6, "0.0"},
		{1, 9, "0.000000001"},
		{1, 99, "0.000000001"},
		{12345678901, 6, "12.345678"},
		{12345678901, 0, "12.3"},
		{1500000000, 3, "1.5"},
		{1000000000, 3, "1.0"},
		{1050000000, 3, "1.05"},
		{UINT64_MAX, 9, "18446744073.709551615"},
	};
	char text[RAC_SECONDS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = rac_seconds_text(text, cases[i].ns, cases[i].decimals);

		cr_assert_str_eq(text, cases[i].text);
		cr_assert_eq(n, strlen(text));
	}
}

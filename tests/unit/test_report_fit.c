/*
 * test_report_fit.c - the text report cut to one bounded write: whole lines, an honest count of the
 * rest, and always the SUMMARY.
 */
#include "report_fixture.h"

#define P         "==rac 4242== "
#define PIPE_SIZE 4096

struct devices {
	struct rac_device_snapshot d[RAC_MAX_DEVICES];
	struct rac_report report;
};

static void fill(struct devices *s, size_t n)
{
	s->report = sample_report(s->d, n);
	for (uint32_t i = 0; i < n; i++)
		s->d[i] = sample_device(i);
}

static size_t lines_in(const char *text, size_t n)
{
	size_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

/* The text in a buffer of exactly `capacity` bytes, so that a sanitizer sees any byte past it. */
static char *fitted(const struct rac_report *report, size_t capacity, size_t *used)
{
	char *buffer = malloc(capacity > 0 ? capacity : 1);
	char *text = calloc(1, capacity + 1);

	cr_assert(buffer != NULL && text != NULL);
	*used = rac_report_text_fit(report, buffer, capacity);
	cr_assert_leq(*used, capacity);
	memcpy(text, buffer, *used);
	free(buffer);
	return text;
}

Test(report_fit, gives_the_whole_text_where_it_fits)
{
	struct devices s;
	struct collected *whole;
	size_t used;
	char *text;

	fill(&s, 8);
	whole = printed(rac_report_text, &s.report);
	cr_assert_leq(whole->used, PIPE_SIZE);
	text = fitted(&s.report, whole->used, &used);
	cr_assert_str_eq(text, whole->bytes);
	free(text);
	free(whole);
}

Test(report_fit, keeps_whole_lines_then_counts_the_rest_then_sums_up)
{
	struct devices s;
	struct collected *whole;
	size_t kept_bytes, used;
	unsigned long long left_out;
	char *text, *notice, *summary;

	fill(&s, RAC_MAX_DEVICES);
	s.d[41].peak_bytes = 2 * GIB;
	whole = printed(rac_report_text, &s.report);
	text = fitted(&s.report, PIPE_SIZE, &used);
	notice = strstr(text, " more lines left out here; RAC_REPORT=path writes the whole report");
	cr_assert_not_null(notice);
	while (notice > text && notice[-1] != '\n')
		notice--;
	kept_bytes = (size_t)(notice - text);
	cr_assert_gt(kept_bytes, PIPE_SIZE / 2);
	cr_assert_eq(memcmp(text, whole->bytes, kept_bytes), 0);
	left_out = strtoull(notice + strlen(P), NULL, 10);
	cr_assert_eq(
		left_out, lines_in(whole->bytes, whole->used) - lines_in(text, kept_bytes) - 1);
	summary = strchr(notice, '\n') + 1;
	cr_assert_str_eq(summary,
		P "SUMMARY: highest peak of 64 devices 2.00 GiB on device 41; still allocated at "
		  "exit: 768 MiB in 192 allocations; 192 requests refused\n");
	free(text);
	free(whole);
}

Test(report_fit, leaves_out_stacks_before_devices)
{
	static const struct rac_report_frame frames[] = {{.function = "take_a_lot_of_memory",
								 .file = "a/file/with/a/name.py",
								 .language = "python"},
		{.function = "an_outer_function",
			.file = "a/file/with/a/name.py",
			.language = "python"}};
	struct rac_report_site sites[8];
	struct devices s;
	size_t used;
	char *text;

	fill(&s, 8);
	for (uint32_t i = 0; i < 8; i++)
		sites[i] = (struct rac_report_site){.id = "00000000",
			.device = i,
			.api = "cudaMalloc",
			.owner = "libtorch_cuda.so",
			.live_bytes = GIB,
			.frames = frames,
			.frame_count = 2};
	s.report.sites = sites;
	s.report.site_count = 8;
	struct collected *whole = printed(rac_report_text, &s.report);

	cr_assert_not_null(strstr(whole->bytes, "    called by an_outer_function"));
	text = fitted(&s.report, whole->used - 1, &used);
	cr_assert_null(strstr(text, "an_outer_function"));
	cr_assert_not_null(strstr(text, "device 7, "));
	cr_assert_not_null(strstr(text, P "8 more lines left out here; "));
	free(text);
	free(whole);
}

Test(report_fit, ends_in_the_summary_at_every_capacity_that_holds_it)
{
	struct devices s;
	struct collected *whole;
	const char *summary;

	fill(&s, 3);
	whole = printed(rac_report_text, &s.report);
	summary = strstr(whole->bytes, P "SUMMARY:");
	for (size_t capacity = 0; capacity <= whole->used + 1; capacity++) {
		size_t used;
		char *text = fitted(&s.report, capacity, &used);

		if (capacity >= whole->used)
			cr_assert_str_eq(text, whole->bytes);
		else if (capacity >= strlen(summary))
			cr_assert_str_eq(text + used - strlen(summary), summary);
		else
			cr_assert_eq(used, capacity);
		if (used > 0)
			cr_assert_eq(text[used - 1], '\n');
		if (capacity >= 1024 && capacity < whole->used)
			cr_assert_not_null(strstr(text, "left out here"));
		free(text);
	}
	free(whole);
}

Test(report_fit, holds_its_bounds_with_the_largest_figures_and_hostile_names)
{
	struct devices s;
	char *text;
	size_t used;

	fill(&s, RAC_MAX_DEVICES);
	memset(s.d, 0xff, sizeof(s.d));
	s.report.process.pid = UINT64_MAX;
	s.report.exit_code = -1;
	for (size_t n = 8; n <= RAC_MAX_DEVICES; n += 56) {
		s.report.device_count = n;
		text = fitted(&s.report, 1024, &used);
		cr_assert_not_null(strstr(text, "left out here; RAC_REPORT=path"));
		cr_assert_not_null(strstr(text, "SUMMARY: "));
		cr_assert_not_null(strstr(text, "verdict: failed, exit code -1\n"));
		free(text);
	}
}

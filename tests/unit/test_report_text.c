/*
 * test_report_text.c - the report for people, word by word, and what strings from outside can do to
 * it: nothing.
 */
#include "report_fixture.h"
#include <ctype.h>
#include <limits.h>

#define P "==rac 4242== "

static struct collected *text_of(const struct rac_report *report)
{
	return printed(rac_report_text, report);
}

static void assert_text(const struct rac_report *report, const char *expected)
{
	struct collected *c = text_of(report);

	cr_assert_str_eq(c->bytes, expected);
	free(c);
}

static void assert_has_line(const struct rac_report *report, const char *line)
{
	struct collected *c = text_of(report);

	cr_assert_not_null(strstr(c->bytes, line), "%s lacks %s", c->bytes, line);
	free(c);
}

Test(report_text, tells_one_device_in_a_few_lines)
{
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report r = sample_report(&d, 1);

	assert_text(&r,
		P "./train --epochs 3\n" P "ended with status 0 after 12.5 s on node7\n" P
		  "device 0, Sample GPU 80GB: peak 1.50 GiB, 75.0% of the limit of 2.00 GiB\n" P
		  "  still allocated at exit: 12.0 MiB in 3 allocations\n" P
		  "  120 allocations, 117 frees, largest request 512 MiB\n" P
		  "  3 requests (6.00 GiB) refused\n" P "  1 call failed by the driver\n" P
		  "SUMMARY: peak 1.50 GiB on device 0; still allocated at exit: "
		  "12.0 MiB in 3 allocations; 3 requests refused\n");
}

Test(report_text, tells_what_is_not_known_of_a_process_that_was_killed)
{
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report r = sample_report(&d, 1);

	r.process.end = RAC_END_KILLED;
	r.process.status = 9;
	r.process.elapsed_ns = RAC_REPORT_TIME_UNKNOWN;
	r.lost_bytes = 64 * MIB;
	r.lost_error = 28;
	assert_has_line(&r, "\n" P "killed by signal 9 (SIGKILL) on node7\n");
	assert_has_line(&r,
		"\n" P "the record could not grow by 64.0 MiB (errno 28): figures are "
		"complete, its list of allocations is not\n");
}

Test(report_text, tells_kinds_host_memory_and_findings)
{
	struct rac_device_snapshot d[3] = {sample_device(0), sample_device(1), {.ordinal = 2}};
	struct rac_report_condition conditions[2] = {
		{"leak>10M", 12582912, true, NULL}, {"refused", 0, false, NULL}};
	struct rac_report_untracked untracked[3] = {{true, 500 * MIB, "nvml"}};
	struct rac_report_group groups[3] = {{"team", GIB}};
	struct rac_report r = sample_report(d, 3);

	d[0].kinds[RAC_KIND_MANAGED] = (struct rac_counts){0, GIB, 1, 1};
	d[0].over_bytes = 10 * MIB;
	d[1] = (struct rac_device_snapshot){
		.ordinal = 1, .peak_bytes = 1, .allocations = 1, .frees = 1};
	r.process.rank = "3";
	r.host_pinned = (struct rac_counts){MIB, 64 * MIB, 9, 8};
	r.unknown_frees = 2;
	r.unrecorded = 1;
	r.conditions = conditions;
	r.condition_count = 2;
	r.untracked = untracked;
	r.groups = groups;
	r.exit_code = 23;
	assert_text(&r,
		P "./train --epochs 3\n" P "ended with status 0 after 12.5 s on node7, rank 3\n" P
		  "failed: leak>10M, measured 12.0 MiB\n" P
		  "2 frees of memory that was never recorded\n" P
		  "1 allocation not recorded in full: what is charged is never released\n" P
		  "pinned host memory: peak 64.0 MiB, still allocated at exit: "
		  "1.00 MiB in 1 allocation\n" P
		  "device 0, Sample GPU 80GB: peak 1.50 GiB, 75.0% of the limit of 2.00 GiB\n" P
		  "  the limit is shared by group 'team', which used 1.00 GiB in all\n" P
		  "  still allocated at exit: 12.0 MiB in 3 allocations\n" P
		  "  120 allocations, 117 frees, largest request 512 MiB\n" P
		  "  3 requests (6.00 GiB) refused\n" P "  the limit was passed by 10.0 MiB\n" P
		  "  1 call failed by the driver\n" P "  beyond what is tracked: 500 MiB (nvml)\n" P
		  "  device: peak 1.50 GiB, live 12.0 MiB, 120 allocations, 117 frees\n" P
		  "  managed: peak 1.00 GiB, live 0 B, 1 allocation, 1 free\n" P
		  "device 1: peak 1 B\n" P "  still allocated at exit: nothing\n" P
		  "  1 allocation, 1 free\n" P "1 device not used\n" P
		  "SUMMARY: peak 1.50 GiB on device 0, 1 B on device 1; still allocated at exit: "
		  "12.0 MiB in 3 allocations; 3 requests refused; verdict: failed, exit code 23\n");
}

Test(report_text, says_how_the_program_ended)
{
	static const struct {
		enum rac_end end;
		int64_t status;
		const char *ended, *left;
	} cases[] = {
		{RAC_END_EXIT, 7, "ended with status 7 after", "still allocated at exit:"},
		{RAC_END_EXIT, RAC_REPORT_STATUS_UNKNOWN, "ended after",
			"still allocated at exit:"},
		{RAC_END_UNDERSCORE_EXIT, 0, "ended by _exit with status 0 after",
			"still allocated at exit:"},
		{RAC_END_SIGNAL, 11, "ended by signal 11 (SIGSEGV) after",
			"still allocated when it died:"},
		{RAC_END_SIGNAL, 40, "ended by signal 40 after", "still allocated when it died:"},
		{RAC_END_KILLED, 9, "killed by signal 9 (SIGKILL) after",
			"still allocated when it died:"},
		{RAC_END_KILLED, 0, "killed after", "still allocated when it died:"},
		{RAC_END_EXEC, 0, "replaced itself by exec after", "still allocated at exec:"},
		{RAC_END_RUNNING, 0, "still running after", "allocated now:"},
	};
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report r = sample_report(&d, 1);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.process.end = cases[i].end;
		r.process.status = cases[i].status;
		assert_has_line(&r, cases[i].ended);
		assert_has_line(&r, cases[i].left);
	}
}

Test(report_text, survives_an_empty_report)
{
	struct rac_report r = {.process = {.end = RAC_END_EXIT}};

	assert_text(&r,
		"==rac 0== program unknown\n"
		"==rac 0== ended with status 0 after 0.0 s\n"
		"==rac 0== SUMMARY: no device used; still allocated at exit: nothing; "
		"0 requests refused\n");
	r.process.executable = "/bin/true";
	assert_has_line(&r, "==rac 0== /bin/true\n");
}

Test(report_text, shows_an_exact_share_of_the_limit)
{
	static const struct {
		uint64_t peak, limit;
		const char *share;
	} cases[] = {
		{0, 1, ", 0.0% of the limit"},
		{1, 1000, ", 0.1% of the limit"},
		{UINT64_MAX - 1, UINT64_MAX, ", 99.9% of the limit"},
		{UINT64_MAX, UINT64_MAX, ", 100.0% of the limit"},
		{105, 100, ", 105.0% of the limit"},
		{UINT64_MAX, 1, ", over 1000% of the limit"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_device_snapshot d = sample_device(0);
		struct rac_report r = sample_report(&d, 1);

		d.peak_bytes = cases[i].peak;
		d.limit_bytes = cases[i].limit;
		assert_has_line(&r, cases[i].share);
	}
}

Test(report_text, prints_64_bit_figures_and_caps_sums)
{
	struct rac_device_snapshot d[2] = {0};
	struct rac_report r = sample_report(d, 2);

	memset(d, 0xff, sizeof(d));
	d[0].frees = d[1].frees = 0;
	memset(d[0].name, 0, sizeof(d[0].name));
	memset(&r.host_pinned, 0xff, sizeof(r.host_pinned));
	r.process.pid = r.unknown_frees = r.unrecorded = UINT64_MAX;
	r.process.elapsed_ns = UINT64_MAX - 1;
	r.exit_code = INT_MIN;
	assert_has_line(&r,
		"==rac 18446744073709551615== SUMMARY: peak 15.9 EiB on device 4294967295, "
		"15.9 EiB on device 4294967295; still allocated at exit: 15.9 EiB in "
		"18446744073709551615 allocations; 18446744073709551615 requests refused; "
		"verdict: failed, exit code -2147483648\n");
	assert_has_line(&r, "ended with status 0 after 18446744073.709 s");
}

/* Every line has the prefix and holds nothing that a terminal would act upon. */
static void assert_harmless(const struct collected *c)
{
	const char *line = c->bytes;

	while (*line != '\0') {
		const char *end = strchr(line, '\n');

		cr_assert_not_null(end);
		cr_assert_eq(strncmp(line, P, strlen(P)), 0, "%s", line);
		for (; line < end; line++)
			cr_assert(!iscntrl((unsigned char)*line), "%s", line);
		line++;
	}
	cr_assert_null(strstr(c->bytes, "\xc2\x9b"));
}

Test(report_text, shows_hostile_names_without_acting_them_out)
{
	static const char command[] = "a\n==rac 1== SUMMARY: forged\0\x1b]0;title\x07\0\xc2\x9b"
				      "2J\xff";
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report r = sample_report(&d, 1);
	struct collected *c;

	memset(d.name, '\x1b', sizeof(d.name));
	r.process.command = command;
	r.process.command_bytes = sizeof(command);
	r.process.host = "\r\x1b[2K";
	r.process.rank = "\t\x7f";
	c = text_of(&r);
	assert_harmless(c);
	cr_assert_not_null(strstr(c->bytes,
		P "a\\x0a==rac 1== SUMMARY: forged \\x1b]0;title\\x07 \\xc2\\x9b"
		  "2J\\xff\n"));
	cr_assert_not_null(strstr(c->bytes, " on \\x0d\\x1b[2K, rank \\x09\\x7f\n"));
	free(c);
	r.process.command_bytes = 0;
	r.process.executable = "caf\xc3\xa9\n";
	assert_has_line(&r, P "caf\xc3\xa9\\x0a\n");
}

Test(report_text, shows_the_beginning_of_a_long_command)
{
	char command[1000];
	struct rac_report r = sample_report(NULL, 0);
	struct collected *c;
	const char *end;

	/* A character of two bytes lies across the bound of 256. */
	for (size_t i = 0; i < sizeof(command); i++)
		command[i] = i == 0 ? 'x' : i % 2 ? '\xc3' : '\xa9';
	r.process.command = command;
	r.process.command_bytes = sizeof(command);
	c = text_of(&r);
	end = strchr(c->bytes, '\n');
	cr_assert_eq(end - c->bytes, (ptrdiff_t)strlen(P) + 255 + 3);
	cr_assert_eq(strncmp(end - 5, "\xc3\xa9...", 5), 0);
	free(c);
}

Test(report_text, stops_at_a_sink_that_refuses_and_says_so)
{
	struct rac_device_snapshot d[3] = {sample_device(0), sample_device(1), sample_device(2)};
	struct rac_report r = sample_report(d, 3);
	struct collected *whole = text_of(&r);

	for (size_t capacity = 0; capacity < whole->used; capacity += 97) {
		struct collected *c = collected_new(capacity);
		struct rac_sink sink = {.write = collect, .context = c};

		cr_assert_not(rac_report_text(&r, &sink));
		cr_assert_eq(c->calls_after_refusal, 0);
		cr_assert_eq(memcmp(c->bytes, whole->bytes, c->used), 0);
		free(c);
	}
	free(whole);
}

Test(report_text, names_the_python_whose_functions_are_not_there)
{
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report r = sample_report(&d, 1);

	r.unread_python = 0x030f01f0;
	assert_has_line(
		&r, "\n" P "Python 3.15 as built here cannot be read: call stacks are without");
	r.unread_python = 1;
	assert_has_line(&r, "\n" P "Python as built here cannot be read: call stacks are without");
}

static void assert_says_of_stack(const struct rac_report_frame *frames, size_t n, const char *line)
{
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report r = sample_report(&d, 1);
	const struct rac_report_site site = {.id = "1",
		.api = "cudaMalloc",
		.live_bytes = MIB,
		.frames = frames,
		.frame_count = n};

	r.sites = &site;
	r.site_count = 1;
	assert_has_line(&r, line);
}

Test(report_text, of_a_stack_the_functions_that_say_most_are_named)
{
	const struct rac_report_frame frames[] = {
		{.module = "/lib/libcudart.so.12", .function = "cudaMalloc", .language = "native"},
		{.module = "/opt/libtorch.so", .offset = 0x1234, .language = "native"},
		{.module = "", .offset = 0, .language = "native"},
		{.module = "/opt/libtorch.so", .function = "at::empty(long)", .language = "native"},
		{.module = "/opt/libtorch.so",
			.function = "run",
			.file = "src/run.cpp",
			.line = 7,
			.language = "native"},
		{.function = "step", .file = "/home/u/train.py", .line = 41, .language = "python"},
		{.function = "<module>", .file = "/home/u/train.py", .language = "python"},
	};

	assert_says_of_stack(frames, 7,
		"cudaMalloc in at::empty(long): 0 B at the peak, 1.00 MiB left\n" P
		"    called by step (train.py:41), <module> (train.py)\n");
	assert_says_of_stack(frames, 5, " left\n" P "    called by run (run.cpp:7)\n");
	assert_says_of_stack(frames, 3, "\n" P "    in libtorch.so+0x1234\n");
	assert_says_of_stack(frames, 1, " left\n" P "SUMMARY");
}

Test(report_text, a_long_stack_is_cut_and_says_so)
{
	struct rac_report_frame frames[7];

	for (size_t i = 0; i < 7; i++)
		frames[i] = (struct rac_report_frame){
			.module = "/bin/app", .function = "recurse", .language = "native"};
	assert_says_of_stack(
		frames, 7, "\n" P "    called by recurse, recurse, recurse, recurse and 2 more\n");
}

Test(report_text, the_five_largest_places_are_named_and_the_others_counted)
{
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report_site sites[8] = {0};
	struct rac_report r = sample_report(&d, 1);

	for (unsigned i = 0; i < 8; i++)
		sites[i] = (struct rac_report_site){.api = "cudaMalloc",
			.owner = i == 0 ? "evil\n\033[31m.so" : "",
			.kind = RAC_KIND_DEVICE,
			.live_bytes = (8 - i) * MIB,
			.live_count = 1,
			.peak_bytes = MIB,
			.grade = RAC_GRADE_LEAK};
	sites[7].device = 1;
	sites[6].kind = RAC_KIND_PINNED;
	r.sites = sites;
	r.site_count = 8;
	struct collected *c = printed(rac_report_text, &r);

	cr_assert_not_null(strstr(c->bytes,
		P
		"  by evil\\x0a\\x1b[31m.so, cudaMalloc: 1.00 MiB at the peak, 8.00 MiB left in 1 "
		"allocation\n"));
	cr_assert_not_null(strstr(c->bytes,
		P "  by cudaMalloc: 1.00 MiB at the peak, 4.00 MiB left in 1 allocation\n" P
		  "  and by 1 other place, which a JSON report lists\n"));
	free(c);
}

Test(report_text, names_the_innermost_function_that_is_not_cudas)
{
	const struct rac_report_frame frames[] = {
		{.module = "/lib/libcudart.so.12", .function = "cudaMalloc"},
		{.module = "/opt/libkv.so", .function = ""},
		{.module = "/opt/libkv.so",
			.function = "kv::grow\x1b(unsigned long)",
			.file = "/home/ada/kv\n.cu",
			.line = 118},
		{.function = "main", .file = "main.py", .line = 3, .language = "python"},
	};
	struct rac_report_site sites[] = {{.api = "cudaMalloc",
						  .owner = "libkv.so",
						  .peak_bytes = 2 << 20,
						  .frames = frames,
						  .frame_count = 4},
		{.api = "cudaMalloc", .peak_bytes = 1 << 20, .frames = frames, .frame_count = 2},
		{.api = "cudaMalloc",
			.peak_bytes = 1 << 20,
			.frames = frames + 3,
			.frame_count = 1}};
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report r = sample_report(&d, 1);

	r.sites = sites;
	r.site_count = 3;
	struct collected *c = printed(rac_report_text, &r);

	cr_assert_not_null(strstr(c->bytes,
		P "  by libkv.so, cudaMalloc in kv::grow\\x1b(unsigned long) (kv\\x0a.cu:118): "
		  "2.00 MiB at the peak"));
	cr_assert_not_null(strstr(c->bytes, P "  by cudaMalloc: 1.00 MiB at the peak"));
	cr_assert_not_null(strstr(c->bytes, P "  by cudaMalloc in main (main.py:3): 1.00 MiB"));
	free(c);
}

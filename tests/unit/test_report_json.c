/*
 * test_report_json.c - the JSON report: its keys and their order, and that it stays valid JSON
 * whatever it is given.
 */
#include "report_fixture.h"
#include "rules.h"
#include <limits.h>

static struct collected *json_of(const struct rac_report *report)
{
	return printed(rac_report_json, report);
}

Test(report_json, prints_every_key_of_the_schema_in_its_order)
{
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report r = sample_report(&d, 1);
	struct collected *c = json_of(&r);

	cr_assert_str_eq(c->bytes,
		"{\"schema\":\"rac.report/1\",\"version\":\"" RAC_VERSION "\","
		"\"process\":{\"pid\":4242,\"ppid\":4200,\"executable\":\"/opt/app/train\","
		"\"command\":[\"./train\",\"--epochs\",\"3\"],\"host\":\"node7\",\"rank\":null,"
		"\"started\":\"2026-01-01T00:00:00Z\",\"seconds\":12.5,"
		"\"end\":{\"how\":\"exit\",\"status\":0}},"
		"\"devices\":[{\"ordinal\":0,\"uuid\":\"GPU-6e1c2d3f-0000-4a5b-8c7d-112233445566\","
		"\"name\":\"Sample GPU 80GB\",\"total_bytes\":85899345920,"
		"\"limit_bytes\":2147483648,\"live_bytes\":12582912,\"peak_bytes\":1610612736,"
		"\"allocations\":120,\"frees\":117,\"largest_bytes\":536870912,"
		"\"refused\":3,\"refused_bytes\":6442450944,"
		"\"over_bytes\":0,\"driver_failures\":1,\"untracked_bytes\":null,"
		"\"untracked_source\":null,\"kinds\":{\"device\":{\"live_bytes\":12582912,"
		"\"peak_bytes\":1610612736,\"allocations\":120,\"frees\":117}}}],"
		"\"host\":{\"pinned\":{\"live_bytes\":0,\"peak_bytes\":0,\"allocations\":0,"
		"\"frees\":0}},\"unknown_frees\":0,\"unrecorded\":0,\"lost_bytes\":0,\"lost_errno\":0,"
		"\"unread_python\":0,\"sites\":[],"
		"\"verdict\":{\"conditions\":[],\"exit_code\":0}}\n");
	assert_json(c, "True");
	free(c);
}

Test(report_json, is_valid_without_devices_strings_or_command)
{
	struct rac_report r = {.process = {.end = RAC_END_RUNNING}};
	struct collected *c = json_of(&r);

	assert_json(c,
		"r['devices'] == [] and r['process']['command'] == [] and "
		"r['process']['executable'] == '' and r['process']['host'] == '' and "
		"r['process']['rank'] is None and r['process']['seconds'] == 0 and "
		"r['process']['end'] == {'how': 'running', 'status': 0}");
	free(c);
}

Test(report_json, names_every_way_to_end)
{
	static const char *const names[] = {
		"running", "exit", "_exit", "signal", "killed", "exec", "unknown"};

	for (unsigned end = 0; end < sizeof(names) / sizeof(names[0]); end++)
		cr_assert_str_eq(rac_end_name((enum rac_end)end), names[end]);
}

Test(report_json, leaves_out_kinds_that_never_occurred)
{
	struct rac_device_snapshot d = sample_device(0);
	struct rac_report r = sample_report(&d, 1);
	struct collected *c;

	d.kinds[RAC_KIND_POOL] = (struct rac_counts){.peak_bytes = 1};
	d.kinds[RAC_KIND_ARRAY] = (struct rac_counts){.allocations = 1, .frees = 1};
	c = json_of(&r);
	assert_json(c, "list(r['devices'][0]['kinds']) == ['device', 'array', 'pool']");
	free(c);
}

Test(report_json, says_null_for_no_limit_and_for_what_was_not_measured)
{
	struct rac_device_snapshot d[2] = {sample_device(0), sample_device(1)};
	struct rac_report_untracked u[2] = {{true, 7, "nvml"}, {false, 9, "nvml"}};
	struct rac_report r = sample_report(d, 2);
	struct collected *c;

	d[1].limit_bytes = RAC_NO_LIMIT;
	r.untracked = u;
	c = json_of(&r);
	assert_json(c,
		"r['devices'][0]['untracked_bytes'] == 7 and "
		"r['devices'][0]['untracked_source'] == 'nvml' and "
		"r['devices'][1]['untracked_bytes'] is None and "
		"r['devices'][1]['untracked_source'] is None and "
		"r['devices'][0]['limit_bytes'] == 2 ** 31 and "
		"r['devices'][1]['limit_bytes'] is None");
	free(c);
}

Test(report_json, names_the_group_that_shares_a_limit)
{
	struct rac_device_snapshot d[2] = {sample_device(0), sample_device(1)};
	struct rac_report_group g[2] = {{"team", 7}, {NULL, 9}};
	struct rac_report r = sample_report(d, 2);
	struct collected *c;

	r.groups = g;
	c = json_of(&r);
	assert_json(c,
		"r['devices'][0]['group'] == 'team' and r['devices'][0]['group_bytes'] == 7 and "
		"'group' not in r['devices'][1] and 'group_bytes' not in r['devices'][1]");
	free(c);
}

Test(report_json, has_no_duration_where_nobody_saw_the_end)
{
	struct rac_report r = sample_report(NULL, 0);
	struct collected *c;

	r.process.elapsed_ns = RAC_REPORT_TIME_UNKNOWN;
	c = printed(rac_report_json, &r);
	cr_assert_not_null(strstr(c->bytes, "\"seconds\":null,"));
	free(c);
}

Test(report_json, has_no_status_where_the_c_library_does_not_tell_it)
{
	struct rac_report r = sample_report(NULL, 0);
	struct collected *c;

	r.process.end = RAC_END_EXIT;
	r.process.status = RAC_REPORT_STATUS_UNKNOWN;
	c = printed(rac_report_json, &r);
	cr_assert_not_null(strstr(c->bytes, "\"end\":{\"how\":\"exit\",\"status\":null}"));
	free(c);
}

Test(report_json, prints_integers_exactly_up_to_64_bits)
{
	struct rac_device_snapshot d = {.ordinal = UINT32_MAX};
	struct rac_report r = {.devices = &d, .device_count = 1, .exit_code = INT_MIN};
	struct collected *c;

	memset(&d.total_bytes, 0xff, sizeof(d) - offsetof(struct rac_device_snapshot, total_bytes));
	memset(&r.host_pinned, 0xff, sizeof(r.host_pinned));
	r.unknown_frees = r.process.pid = UINT64_MAX;
	r.process.elapsed_ns = UINT64_MAX - 1;
	r.process.started_unix_ns = UINT64_MAX;
	r.process.status = INT64_MIN;
	c = json_of(&r);
	assert_json(c,
		"all(v == 2 ** 64 - 1 for k, v in r['devices'][0].items() if k not in "
		"('ordinal', 'uuid', 'name', 'kinds', 'untracked_bytes', 'untracked_source')) and "
		"all(v == 2 ** 64 - 1 for k in r['devices'][0]['kinds'].values() "
		"for v in k.values()) and len(r['devices'][0]['kinds']) == 6 and "
		"set(r['host']['pinned'].values()) == {2 ** 64 - 1} and "
		"r['unknown_frees'] == r['process']['pid'] == 2 ** 64 - 1 and "
		"r['process']['end']['status'] == -2 ** 63 and "
		"r['process']['started'] == '2554-07-21T23:34:33Z' and "
		"r['verdict']['exit_code'] == -2 ** 31 and "
		"r['devices'][0]['ordinal'] == 2 ** 32 - 1");
	cr_assert_not_null(strstr(c->bytes, "\"seconds\":18446744073.709551,"));
	free(c);
}

Test(report_json, splits_the_command_at_each_nul)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *expected;
	} cases[] = {
		{"", 0, "[]"},
		{"a\0", 2, "['a']"},
		{"a\0b", 3, "['a', 'b']"},
		{"a\0\0b\0", 5, "['a', '', 'b']"},
		{"\0", 1, "['']"},
		{"\xe2\x82\xac", 2, "['\\ufffd\\ufffd']"}, /* goes on past the end */
		{"a b\0c\"\\\0", 8, "['a b', 'c\"\\\\']"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rac_report r = {.process = {
					       .command = cases[i].bytes,
					       .command_bytes = cases[i].n,
				       }};
		struct collected *c = json_of(&r);
		char expression[100];

		snprintf(expression, sizeof(expression), "r['process']['command'] == %s",
			cases[i].expected);
		assert_json(c, expression);
		free(c);
	}
}

Test(report_json, escapes_control_characters_and_replaces_what_is_not_utf8)
{
	/* Overlong, surrogate, past U+10FFFF, cut short, lone continuation; then well-formed ones. */
	static const char hostile[] =
		"\"\\\n\x1b[31m\x7f\xc2\x9b|\xc0\x80|\xed\xa0\x80|"
		"\xe0\x80\x80|\xf0\x80\x80\x80|\xf4\x90\x80\x80|\x80|\xe2\x82|\xc3\xa9\xe2\x82\xac"
		"\xf0\x9f\x98\x80|\xf0\x9f\x98";
	struct rac_report r = {.process = {.host = hostile, .rank = hostile}};
	struct collected *c = json_of(&r);

	cr_assert_not_null(strstr(c->bytes,
		"\"rank\":\"\\\"\\\\\\u000a\\u001b[31m\\u007f\\u009b|\\ufffd\\ufffd|"
		"\\ufffd\\ufffd\\ufffd|\\ufffd\\ufffd\\ufffd|\\ufffd\\ufffd\\ufffd\\ufffd|"
		"\\ufffd\\ufffd\\ufffd\\ufffd|\\ufffd|\\ufffd\\ufffd|"
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|\\ufffd\\ufffd\\ufffd\""));
	assert_json(c, "r['process']['host'] == r['process']['rank']");
	for (size_t i = 0; i + 1 < c->used; i++)
		cr_assert_geq((unsigned char)c->bytes[i], 0x20);
	free(c);
}

Test(report_json, stays_valid_for_device_names_of_any_bytes)
{
	struct rac_device_snapshot *d = calloc(256, sizeof(*d));
	struct rac_report r = {.devices = d, .device_count = 256};
	struct collected *c;

	cr_assert_not_null(d);
	for (unsigned first = 1; first < 256; first++) {
		memset(d[first].name, (int)first, sizeof(d[first].name));
		for (unsigned i = 1; i < sizeof(d[first].name); i += 2)
			d[first].name[i] = (char)(i * 2 + first);
	}
	/* No ending NUL: a foreign record may lack it. */
	d[0] = (struct rac_device_snapshot){.ordinal = UINT32_MAX, .total_bytes = UINT64_MAX};
	memset(d[0].uuid, 'u', sizeof(d[0].uuid));
	memset(d[0].name, 'n', sizeof(d[0].name));
	c = json_of(&r);
	assert_json(c,
		"len(r['devices']) == 256 and r['devices'][0]['uuid'] == 'u' * 48 and "
		"r['devices'][0]['name'] == 'n' * 96");
	free(c);
	free(d);
}

Test(report_json, lists_sites_and_conditions_that_it_is_given)
{
	struct rac_report_frame frame = {"libfoo.so.1", "abcd", 4096, "f", "f.c", 12, "native"};
	struct rac_report_site sites[2] = {
		{.id = "9f2c5b1e",
			.kind = RAC_KIND_MANAGED,
			.api = "cuMemAllocManaged",
			.owner = "libfoo.so.1",
			.live_bytes = 1,
			.live_count = 2,
			.peak_bytes = 3,
			.total_bytes = 4,
			.total_count = 5,
			.temporary_count = 6,
			.first_ns = 7,
			.last_ns = RAC_REPORT_TIME_UNKNOWN,
			.grade = RAC_GRADE_LEAK,
			.frames = &frame,
			.frame_count = 1},
		{.id = "00000001", .grade = RAC_GRADE_POOL},
	};
	struct rac_report_condition conditions[2] = {
		{"leak>10M", 12, true, NULL}, {"refused", 0, false, NULL}};
	struct rac_report r = {.sites = sites,
		.site_count = 2,
		.conditions = conditions,
		.condition_count = 2,
		.exit_code = 23};
	struct collected *c = json_of(&r);

	cr_assert_not_null(strstr(c->bytes,
		"\"sites\":[{\"id\":\"9f2c5b1e\",\"device\":0,\"kind\":\"managed\","
		"\"api\":\"cuMemAllocManaged\",\"owner\":\"libfoo.so.1\",\"live_bytes\":1,"
		"\"live_count\":2,\"peak_bytes\":3,\"total_bytes\":4,\"total_count\":5,"
		"\"temporary_count\":6,\"first_ns\":7,\"last_ns\":null,"
		"\"grade\":\"leak\",\"frames\":[{\"module\":\"libfoo.so.1\",\"build_id\":\"abcd\","
		"\"offset\":4096,\"function\":\"f\",\"file\":\"f.c\",\"line\":12,"
		"\"language\":\"native\"}]},{\"id\":\"00000001\","));
	cr_assert_not_null(strstr(c->bytes,
		"\"verdict\":{\"conditions\":[{\"condition\":\"leak>10M\",\"value\":12,"
		"\"failed\":true},{\"condition\":\"refused\",\"value\":0,\"failed\":false}],"
		"\"exit_code\":23}}\n"));
	assert_json(c, "r['sites'][1]['grade'] == 'pool' and r['sites'][1]['frames'] == []");
	free(c);
}

Test(report_json, says_what_only_some_verdicts_have)
{
	const struct rac_rule rule = {
		.text = "leak:f", .text_bytes = 6, .bytes = 7, .count = 1, .max_count = 0};
	struct rac_report_site site = {.id = "1",
		.owner_name = "NCCL",
		.trend = RAC_TREND_GROWS,
		.grade = RAC_GRADE_LIBRARY};
	struct rac_report_condition condition = {"growth", 0, false, "too few"};
	struct rac_report r = {.sites = &site,
		.site_count = 1,
		.conditions = &condition,
		.condition_count = 1,
		.rules = &rule,
		.rule_count = 1};
	struct collected *c = json_of(&r);

	assert_json(c,
		"r['sites'][0]['owner_name'] == 'NCCL' and r['sites'][0]['trend'] == 'grows' and "
		"r['verdict']['conditions'][0]['unjudged'] == 'too few' and r['verdict']['rules'] == "
		"[{'rule': 'leak:f', 'bytes': 7, 'count': 1, 'exceeded': True}]");
	free(c);
}

Test(report_json, lists_64_devices)
{
	struct rac_device_snapshot d[RAC_MAX_DEVICES] = {0};
	struct rac_report r = sample_report(d, RAC_MAX_DEVICES);
	struct collected *c;

	for (uint32_t i = 0; i < RAC_MAX_DEVICES; i++)
		d[i] = sample_device(i);
	c = json_of(&r);
	assert_json(c, "[d['ordinal'] for d in r['devices']] == list(range(64))");
	free(c);
}

Test(report_json, stops_at_a_sink_that_refuses_and_says_so)
{
	struct rac_device_snapshot d[3] = {sample_device(0), sample_device(1), sample_device(2)};
	struct rac_report r = sample_report(d, 3);
	struct collected *whole = json_of(&r);

	for (size_t capacity = 0; capacity < whole->used; capacity += 97) {
		struct collected *c = collected_new(capacity);
		struct rac_sink sink = {.write = collect, .context = c};

		cr_assert_not(rac_report_json(&r, &sink));
		cr_assert_eq(c->calls_after_refusal, 0);
		cr_assert_eq(memcmp(c->bytes, whole->bytes, c->used), 0);
		free(c);
	}
	free(whole);
}

Test(report_json, prints_a_timeline_in_columns_where_there_is_one)
{
	static const struct rac_report_event events[] = {
		{5, 100, 0, 0, 100, 130, 1},
		{5, 200, 1, RAC_MAX_DEVICES, 200, 200, 7},
		{9, 0, RAC_REPORT_NO_SITE, 0, 90, 90, 1},
	};
	struct rac_report r = {.process = {.end = RAC_END_RUNNING}};
	struct collected *c = json_of(&r);

	assert_json(c, "'timeline' not in r");
	free(c);
	r.timeline = (struct rac_report_timeline){events, 3, 7, 2};
	c = json_of(&r);
	assert_json(c,
		"r['timeline'] == {'coarse_until_ns': 7, 'missed': 2, 'at_ns': [5, 5, 9], "
		"'site': [0, 1, None], 'device': [0, None, 0], 'live_bytes': [100, 200, 0], "
		"'device_bytes': [100, 200, 90], 'most_bytes': [130, 200, 90], "
		"'stands_for': [1, 7, 1]}");
	free(c);
}

/*
 * report_fixture.h - what the report tests share: a sample report, a sink that collects, and a real
 * JSON parser to ask.
 */
#ifndef REPORT_FIXTURE_H
#define REPORT_FIXTURE_H

#include "report.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* Refuses the write that would pass `capacity`, and counts calls after that. */
struct collected {
	char bytes[1 << 18];
	size_t used, capacity;
	bool refused;
	unsigned calls_after_refusal;
};

static inline bool collect(void *context, const char *bytes, size_t n)
{
	struct collected *c = context;

	if (c->refused)
		c->calls_after_refusal++;
	if (n > c->capacity - c->used) {
		c->refused = true;
		return false;
	}
	memcpy(c->bytes + c->used, bytes, n);
	c->used += n;
	c->bytes[c->used] = '\0';
	return true;
}

static inline struct collected *collected_new(size_t capacity)
{
	struct collected *c = calloc(1, sizeof(*c));

	cr_assert_not_null(c);
	cr_assert_lt(capacity, sizeof(c->bytes));
	c->capacity = capacity;
	return c;
}

/* One print of a report, to be freed by the caller; larger than any sample. */
static inline struct collected *printed(bool (*print)(const struct rac_report *, struct rac_sink *),
	const struct rac_report *report)
{
	struct collected *c = collected_new(sizeof(c->bytes) - 1);
	struct rac_sink sink = {.write = collect, .context = c};

	cr_assert(print(report, &sink));
	return c;
}

/*
 * Asks Python's json module whether the bytes are one JSON object in UTF-8 for which a Python
 * expression over r holds.
 */
static inline void assert_json(const struct collected *c, const char *expression)
{
	static const char command[] = "python3 -c 'import json, os, sys\n"
				      "r = json.loads(sys.stdin.buffer.read().decode())\n"
				      "sys.exit(not eval(os.environ[\"EXPRESSION\"]))'";
	FILE *python;

	cr_assert_eq(setenv("EXPRESSION", expression, 1), 0);
	python = popen(command, "w");
	cr_assert_not_null(python);
	cr_assert_eq(fwrite(c->bytes, 1, c->used, python), c->used);
	cr_assert_eq(pclose(python), 0, "%s does not hold for %s", expression, c->bytes);
}

static inline struct rac_device_snapshot sample_device(uint32_t ordinal)
{
	struct rac_device_snapshot d = {
		.ordinal = ordinal,
		.uuid = "GPU-6e1c2d3f-0000-4a5b-8c7d-112233445566",
		.name = "Sample GPU 80GB",
		.total_bytes = 80 * GIB,
		.limit_bytes = 2 * GIB,
		.charged_bytes = 12 * MIB,
		.live_bytes = 12 * MIB,
		.peak_bytes = 1536 * MIB,
		.allocations = 120,
		.frees = 117,
		.refused = 3,
		.refused_bytes = 6 * GIB,
		.largest_bytes = 512 * MIB,
		.driver_failures = 1,
	};

	d.kinds[RAC_KIND_DEVICE] = (struct rac_counts){12 * MIB, 1536 * MIB, 120, 117};
	return d;
}

static inline struct rac_report sample_report(const struct rac_device_snapshot *devices, size_t n)
{
	static const char command[] = "./train\0--epochs\0003";

	return (struct rac_report){
		.process =
			{
				.pid = 4242,
				.ppid = 4200,
				.executable = "/opt/app/train",
				.command = command,
				.command_bytes = sizeof(command),
				.host = "node7",
				.started_unix_ns = UINT64_C(1767225600) * 1000000000,
				.elapsed_ns = UINT64_C(12500000000),
				.end = RAC_END_EXIT,
			},
		.devices = devices,
		.device_count = n,
	};
}

#endif

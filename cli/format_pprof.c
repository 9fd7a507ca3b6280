/*
 * format_pprof.c - a profile for pprof (github.com/google/pprof, proto/profile.proto), compressed as
 * that asks for: stacks with live, peak and total figures, device, kind, grade and owner as tags.
 *
 * Strings, functions, locations and mappings are written when they are first needed: the order of
 * fields of a message is free, and that of strings is that of their numbers.
 */
#include "export.h"
#include "gzip.h"
#include "intern.h"
#include "protobuf.h"
#include <stdlib.h>
#include <string.h>

/* Each mapping gets addresses of its own, so that those of frames tell their module. */
#define MAPPING_BITS 44

enum profile {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_MAPPING = 3,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_TIME_NANOS = 9,
	PROFILE_DURATION_NANOS = 10,
	PROFILE_DEFAULT_TYPE = 14,
};

/* What is known about a module once all of its frames were seen. */
struct mapping {
	const struct rac_report_frame *frame; /* one of them */
	uint64_t highest;
	bool has_functions;
};

struct profile_writer {
	struct rac_proto out, message, inner;
	struct rac_intern strings, frames, functions, modules;
	struct mapping *mappings;
	size_t mapping_room;
	bool failed;
	struct rac_sink *sink;
};

static void flush(struct profile_writer *w)
{
	w->failed = w->failed || w->out.failed || w->message.failed || w->inner.failed ||
		w->strings.failed || w->frames.failed || w->functions.failed || w->modules.failed;
	if (!w->failed && w->out.used > 0)
		w->failed = !w->sink->write(w->sink->context, w->out.bytes, w->out.used);
	rac_proto_clear(&w->out);
}

static int64_t bounded(uint64_t value)
{
	return value < INT64_MAX ? (int64_t)value : INT64_MAX;
}

/* The first string of a profile is the empty one, and has the number 0. */
static uint64_t string_number(struct profile_writer *w, const char *text)
{
	bool fresh;
	uint64_t number = rac_intern(&w->strings, text, &fresh);

	if (fresh)
		rac_proto_string(&w->out, PROFILE_STRING, text);
	return number - 1;
}

static int compare_functions(const void *a, const void *b)
{
	const struct rac_report_frame *one = ((const struct rac_interned *)a)->key;
	const struct rac_report_frame *other = ((const struct rac_interned *)b)->key;
	int order = strcmp(one->function, other->function);

	return order != 0 ? order : strcmp(one->file, other->file);
}

static int compare_modules(const void *a, const void *b)
{
	const struct rac_report_frame *one = ((const struct rac_interned *)a)->key;
	const struct rac_report_frame *other = ((const struct rac_interned *)b)->key;
	int order = strcmp(one->module, other->module);

	return order != 0 ? order : strcmp(one->build_id, other->build_id);
}

/* 0: the frame has no module. */
static uint64_t mapping_number(struct profile_writer *w, const struct rac_report_frame *frame)
{
	struct mapping *m;
	bool fresh;

	if (frame->module[0] == '\0')
		return 0;
	uint64_t number = rac_intern(&w->modules, frame, &fresh);

	if (number > w->mapping_room) {
		size_t room = w->mapping_room * 2 + 16;
		struct mapping *more = realloc(w->mappings, room * sizeof(*more));

		w->failed = w->failed || more == NULL;
		if (more == NULL)
			return 0;
		w->mappings = more;
		w->mapping_room = room;
	}
	if (number == 0)
		return 0;
	m = &w->mappings[number - 1];
	if (fresh)
		*m = (struct mapping){.frame = frame};
	if (frame->offset > m->highest)
		m->highest = frame->offset;
	m->has_functions = m->has_functions || frame->function[0] != '\0';
	return number;
}

static uint64_t function_number(struct profile_writer *w, const struct rac_report_frame *frame)
{
	bool fresh;
	uint64_t number = rac_intern(&w->functions, frame, &fresh);
	uint64_t name, file;

	if (!fresh)
		return number;
	name = string_number(w, frame->function);
	file = string_number(w, frame->file);
	rac_proto_clear(&w->message);
	rac_proto_u64(&w->message, 1, number);
	rac_proto_u64(&w->message, 2, name);
	/* With a system name pprof simplifies C++, and leaves nothing of "<module>". */
	if (strcmp(frame->language, "python") != 0)
		rac_proto_u64(&w->message, 3, name);
	rac_proto_u64(&w->message, 4, file);
	rac_proto_message(&w->out, PROFILE_FUNCTION, &w->message);
	return number;
}

static uint64_t location_number(struct profile_writer *w, const struct rac_report_frame *frame)
{
	bool fresh;
	uint64_t number = rac_intern(&w->frames, frame, &fresh), mapping, function = 0;

	if (!fresh)
		return number;
	mapping = mapping_number(w, frame);
	if (frame->function[0] != '\0')
		function = function_number(w, frame);
	rac_proto_clear(&w->message);
	rac_proto_u64(&w->message, 1, number);
	rac_proto_u64(&w->message, 2, mapping);
	if (mapping != 0)
		rac_proto_u64(&w->message, 3,
			(mapping << MAPPING_BITS) + (frame->offset & ((1ULL << MAPPING_BITS) - 1)));
	if (function != 0) {
		rac_proto_clear(&w->inner);
		rac_proto_u64(&w->inner, 1, function);
		rac_proto_u64(&w->inner, 2, (uint64_t)bounded(frame->line));
		rac_proto_message(&w->message, 4, &w->inner);
	}
	rac_proto_message(&w->out, PROFILE_LOCATION, &w->message);
	return number;
}

static void put_mappings(struct profile_writer *w)
{
	for (uint64_t i = 0; i < w->modules.count && !w->failed; i++) {
		const struct mapping *m = &w->mappings[i];
		uint64_t start = (i + 1) << MAPPING_BITS;
		uint64_t file = string_number(w, m->frame->module);
		uint64_t build_id = string_number(w, m->frame->build_id);

		rac_proto_clear(&w->message);
		rac_proto_u64(&w->message, 1, i + 1);
		rac_proto_u64(&w->message, 2, start);
		rac_proto_u64(
			&w->message, 3, start + (m->highest & ((1ULL << MAPPING_BITS) - 1)) + 1);
		rac_proto_u64(&w->message, 5, file);
		rac_proto_u64(&w->message, 6, build_id);
		/* What has names is not to be looked up by the reader once more. */
		for (unsigned field = 7; field <= 9; field++)
			rac_proto_u64(&w->message, field, m->has_functions);
		rac_proto_message(&w->out, PROFILE_MAPPING, &w->message);
	}
}

/* The tag stands in w->message, which no other is built in meanwhile. */
static void put_tag(struct profile_writer *w, const char *key, const char *value)
{
	uint64_t key_number = string_number(w, key), number = string_number(w, value);

	if (number == 0)
		return;
	rac_proto_clear(&w->inner);
	rac_proto_u64(&w->inner, 1, key_number);
	rac_proto_u64(&w->inner, 2, number);
	rac_proto_message(&w->message, 3, &w->inner);
}

static void put_sample(struct profile_writer *w, const struct rac_stack *stack, const char *place)
{
	/* In the order of put_types. */
	static const enum rac_value values[] = {RAC_VALUE_LIVE_COUNT, RAC_VALUE_LIVE_BYTES,
		RAC_VALUE_PEAK_BYTES, RAC_VALUE_TOTAL_COUNT, RAC_VALUE_TOTAL_BYTES};
	const struct rac_report_site *site = stack->site;
	struct rac_proto packed = {NULL};

	for (size_t at = 0; at < stack->frame_count; at++)
		rac_proto_varint(&packed, location_number(w, &stack->frames[at]));
	rac_proto_clear(&w->message);
	rac_proto_message(&w->message, 1, &packed);
	rac_proto_clear(&packed);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		rac_proto_varint(&packed, (uint64_t)bounded(stack->values[values[i]]));
	rac_proto_message(&w->message, 2, &packed);
	rac_proto_free(&packed);
	/* A string: the number 0 would be no tag. */
	put_tag(w, "device", place);
	if (site != NULL) {
		put_tag(w, "kind", rac_report_kind_name(site->kind));
		put_tag(w, "grade", rac_grade_name(site->grade));
		put_tag(w, "owner", stack->owner);
		put_tag(w, "site", stack->id);
	}
	rac_proto_message(&w->out, PROFILE_SAMPLE, &w->message);
}

static void put_types(struct profile_writer *w)
{
	static const char *const types[][2] = {
		{"inuse_objects", "count"},
		{"inuse_space", "bytes"},
		{"peak_space", "bytes"},
		{"alloc_objects", "count"},
		{"alloc_space", "bytes"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		uint64_t type = string_number(w, types[i][0]);
		uint64_t unit = string_number(w, types[i][1]);

		rac_proto_clear(&w->message);
		rac_proto_u64(&w->message, 1, type);
		rac_proto_u64(&w->message, 2, unit);
		rac_proto_message(&w->out, PROFILE_SAMPLE_TYPE, &w->message);
	}
	rac_proto_u64(&w->out, PROFILE_DEFAULT_TYPE, string_number(w, "peak_space"));
}

/* The first mapping is taken for the program. `program` stands for it where no frame is in it. */
static void number_program(struct profile_writer *w, const struct rac_stacks *stacks,
	const struct rac_report_frame *program)
{
	for (size_t i = 0; i < stacks->count; i++) {
		const struct rac_stack *stack = &stacks->stacks[i];

		for (size_t at = 0; at < stack->frame_count; at++) {
			if (strcmp(stack->frames[at].module, program->module) == 0) {
				mapping_number(w, &stack->frames[at]);
				return;
			}
		}
	}
	mapping_number(w, program);
}

static void put_profile(struct profile_writer *w, const struct rac_report *report,
	const struct rac_stacks *stacks, const struct rac_report_frame *program)
{
	string_number(w, "");
	put_types(w);
	number_program(w, stacks, program);
	for (size_t i = 0; i < stacks->count && !w->failed; i++) {
		const struct rac_stack *stack = &stacks->stacks[i];

		put_sample(w, stack, stacks->places[stack->place]);
		flush(w);
	}
	put_mappings(w);
	rac_proto_u64(
		&w->out, PROFILE_TIME_NANOS, (uint64_t)bounded(report->process.started_unix_ns));
	if (report->process.elapsed_ns != RAC_REPORT_TIME_UNKNOWN)
		rac_proto_u64(&w->out, PROFILE_DURATION_NANOS,
			(uint64_t)bounded(report->process.elapsed_ns));
	flush(w);
}

bool rac_format_pprof(const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	struct profile_writer w = {
		.strings = {.compare = rac_intern_strings},
		.frames = {.compare = rac_intern_frames},
		.functions = {.compare = compare_functions},
		.modules = {.compare = compare_modules},
	};
	struct rac_gzip *gzip = rac_gzip_open(sink, c);
	struct rac_stacks stacks;

	if (gzip == NULL)
		return false;
	w.sink = rac_gzip_sink(gzip);
	w.failed = !rac_stacks_make(&in->reports[0].report, &stacks);
	if (!w.failed) {
		const struct rac_report_frame program = {
			.module = rac_clean(
				&stacks.cleaner, in->reports[0].report.process.executable),
			.build_id = "",
			.function = "",
		};

		put_profile(&w, &in->reports[0].report, &stacks, &program);
		rac_stacks_free(&stacks);
	}
	rac_proto_free(&w.out);
	rac_proto_free(&w.message);
	rac_proto_free(&w.inner);
	rac_intern_free(&w.strings);
	rac_intern_free(&w.frames);
	rac_intern_free(&w.functions);
	rac_intern_free(&w.modules);
	free(w.mappings);
	if (!rac_gzip_close(gzip))
		return false;
	return !w.failed || rac_complain(c, "no memory for the profile");
}

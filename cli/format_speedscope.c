/*
 * format_speedscope.c - a file for speedscope.app (its src/lib/file-format-spec.ts): one profile for each
 * figure of the stacks.
 */
#include "emit.h"
#include "export.h"
#include "intern.h"
#include "site_words.h"
#include "stacks.h"
#include <string.h>

static const struct {
	const char *name, *unit;
	enum rac_value value;
} profiles[] = {
	{"at the peak", "bytes", RAC_VALUE_PEAK_BYTES},
	{"still allocated", "bytes", RAC_VALUE_LIVE_BYTES},
	{"allocated in all", "bytes", RAC_VALUE_TOTAL_BYTES},
	{"calls", "none", RAC_VALUE_TOTAL_COUNT},
};

/* Lists each frame once, in the order of its number. */
static void put_frames(
	struct rac_emit *e, struct rac_intern *frames, const struct rac_stacks *stacks)
{
	bool fresh;

	rac_json_object_begin(e, "shared");
	rac_json_array_begin(e, "frames");
	for (size_t i = 0; i < stacks->place_count; i++) {
		rac_intern(frames, &stacks->place_frames[i], &fresh);
		rac_json_object_begin(e, NULL);
		rac_json_string(e, "name", stacks->places[i]);
		rac_json_object_end(e);
	}
	for (size_t i = 0; i < stacks->count; i++) {
		for (size_t at = 0; at < stacks->stacks[i].frame_count && !e->refused; at++) {
			const struct rac_report_frame *frame = &stacks->stacks[i].frames[at];
			char words[2 * RAC_CLEAN_MOST];
			struct rac_report_frame bare = *frame;
			struct rac_text t;

			rac_intern(frames, frame, &fresh);
			if (!fresh)
				continue;
			bare.file = "";
			rac_text_init(&t, words, sizeof(words));
			rac_frame_words(&t, &bare);
			rac_json_object_begin(e, NULL);
			rac_json_bytes(e, "name", words, t.used);
			if (frame->file[0] != '\0')
				rac_json_string(e, "file", frame->file);
			if (frame->line > 0)
				rac_json_u64(e, "line", frame->line);
			rac_json_object_end(e);
		}
	}
	rac_json_array_end(e);
	rac_json_object_end(e);
}

static uint64_t number_of(struct rac_intern *frames, const struct rac_report_frame *frame)
{
	bool fresh;

	return rac_intern(frames, frame, &fresh) - 1;
}

static void put_profile(struct rac_emit *e, size_t which, struct rac_intern *frames,
	const struct rac_stacks *stacks)
{
	enum rac_value value = profiles[which].value;

	rac_json_object_begin(e, NULL);
	rac_json_string(e, "type", "sampled");
	rac_json_string(e, "name", profiles[which].name);
	rac_json_string(e, "unit", profiles[which].unit);
	rac_json_u64(e, "startValue", 0);
	rac_json_u64(e, "endValue", rac_stacks_sum(stacks, value, RAC_ALL_PLACES));
	rac_json_array_begin(e, "samples");
	for (size_t i = 0; i < stacks->count && !e->refused; i++) {
		const struct rac_stack *stack = &stacks->stacks[i];

		rac_json_array_begin(e, NULL);
		rac_json_u64(e, NULL, number_of(frames, &stacks->place_frames[stack->place]));
		for (size_t at = stack->frame_count; at-- > 0;)
			rac_json_u64(e, NULL, number_of(frames, &stack->frames[at]));
		rac_json_array_end(e);
	}
	rac_json_array_end(e);
	rac_json_array_begin(e, "weights");
	for (size_t i = 0; i < stacks->count && !e->refused; i++)
		rac_json_u64(e, NULL, stacks->stacks[i].values[value]);
	rac_json_array_end(e);
	rac_json_object_end(e);
}

static void put_file(struct rac_emit *e, struct rac_intern *frames, struct rac_stacks *stacks,
	const struct rac_report *report)
{
	rac_json_object_begin(e, NULL);
	rac_json_string(e, "$schema", "https://www.speedscope.app/file-format-schema.json");
	rac_json_string(e, "exporter", "rac " RAC_VERSION);
	rac_json_string(e, "name", rac_clean(&stacks->cleaner, report->process.executable));
	rac_json_u64(e, "activeProfileIndex", 0);
	put_frames(e, frames, stacks);
	rac_json_array_begin(e, "profiles");
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		put_profile(e, i, frames, stacks);
	rac_json_array_end(e);
	rac_json_object_end(e);
	rac_emit_string(e, "\n");
}

bool rac_format_speedscope(
	const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	struct rac_intern frames = {.compare = rac_intern_frames};
	struct rac_stacks stacks;
	struct rac_emit e;

	if (!rac_stacks_make(&in->reports[0].report, &stacks))
		return rac_complain(c, "no memory for the stacks");
	rac_emit_init(&e, sink);
	put_file(&e, &frames, &stacks, &in->reports[0].report);
	rac_stacks_free(&stacks);
	rac_intern_free(&frames);
	if (frames.failed)
		return rac_complain(c, "no memory for the frames");
	return rac_emit_finish(&e);
}

/*
 * format_heaptrack.c - a recording for heaptrack_print and heaptrack_gui, version 3 of that form: lines of
 * a letter and hexadecimal numbers, in which strings, addresses, traces and sizes are listed before they
 * are used.
 */
#include "emit.h"
#include "export.h"
#include "intern.h"
#include "site_words.h"
#include "story.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BLOCKS_MOST /* fuzzers have fewer, so that they get further */
#define BLOCKS_MOST 1000000
#endif
#define FORM "v 10400 3\n" /* of heaptrack 1.4.0 */

struct trace {
	uint64_t ip, parent;
};

/* A size at a trace, which heaptrack counts from 0. */
struct allocation {
	uint64_t bytes, trace;
};

struct heaptrack_writer {
	struct rac_emit e;
	struct rac_intern strings, frames, traces, allocations;
	uint64_t *trace_of; /* of each stack */
	void **kept;        /* keys of traces and allocations */
	size_t kept_count, kept_room;
	uint64_t last_ms;
	bool failed;
};

static int compare_pairs(const void *a, const void *b)
{
	const uint64_t *one = ((const struct rac_interned *)a)->key;
	const uint64_t *other = ((const struct rac_interned *)b)->key;

	for (unsigned i = 0; i < 2; i++)
		if (one[i] != other[i])
			return one[i] < other[i] ? -1 : 1;
	return 0;
}

/* The number of a pair in a list of such; *fresh: it is new there. */
static uint64_t intern_pair(struct heaptrack_writer *w, struct rac_intern *list, uint64_t first,
	uint64_t second, bool *fresh)
{
	uint64_t *pair = malloc(2 * sizeof(*pair));

	*fresh = false;
	if (w->kept_count == w->kept_room) {
		size_t room = w->kept_room * 2 + 64;
		void **more = realloc(w->kept, room * sizeof(*more));

		if (more != NULL) {
			w->kept = more;
			w->kept_room = room;
		}
	}
	if (pair == NULL || w->kept_count == w->kept_room) {
		w->failed = true;
		free(pair);
		return 0;
	}
	pair[0] = first;
	pair[1] = second;
	uint64_t number = rac_intern(list, pair, fresh);

	if (*fresh)
		w->kept[w->kept_count++] = pair;
	else
		free(pair);
	return number;
}

__attribute__((format(printf, 2, 3))) static void put(
	struct heaptrack_writer *w, const char *format, ...)
{
	char line[128];
	va_list arguments;

	va_start(arguments, format);
	int n = vsnprintf(line, sizeof(line), format, arguments);

	va_end(arguments);
	rac_emit_bytes(&w->e, line, (size_t)n);
}

/* 0 for the empty one. heaptrack shortens "<...>" as template arguments, to nothing. */
static uint64_t string_number(struct heaptrack_writer *w, const char *text)
{
	bool fresh, is_all = text[0] == '<';

	if (text[0] == '\0')
		return 0;
	uint64_t number = rac_intern(&w->strings, text, &fresh);

	if (!fresh)
		return number;
	put(w, "s %zx ", strlen(text));
	for (; *text != '\0'; text++) {
		char c = is_all && *text == '<' ? '[' : is_all && *text == '>' ? ']' : *text;

		rac_emit_bytes(&w->e, &c, 1);
	}
	rac_emit_string(&w->e, "\n");
	return number;
}

static uint64_t frame_number(struct heaptrack_writer *w, const struct rac_report_frame *frame)
{
	bool fresh;
	uint64_t number = rac_intern(&w->frames, frame, &fresh);

	if (!fresh)
		return number;
	/* Its numbers first: each may be a line of its own. */
	uint64_t module = string_number(w, frame->module);
	uint64_t function = string_number(w, frame->function);
	uint64_t file = string_number(w, frame->file);

	put(w, "i %" PRIx64 " %" PRIx64, frame->offset, module);
	if (function != 0 && file != 0)
		put(w, " %" PRIx64 " %" PRIx64 " %" PRIx64, function, file, frame->line);
	else if (function != 0)
		put(w, " %" PRIx64, function);
	rac_emit_string(&w->e, "\n");
	return number;
}

static uint64_t add_trace(struct heaptrack_writer *w, uint64_t ip, uint64_t parent)
{
	bool fresh;
	uint64_t number = intern_pair(w, &w->traces, ip, parent, &fresh);

	if (fresh)
		put(w, "t %" PRIx64 " %" PRIx64 "\n", ip, parent);
	return number;
}

static uint64_t stack_trace(struct heaptrack_writer *w, const struct rac_stack *stack,
	const struct rac_report_frame *place)
{
	uint64_t trace = add_trace(w, frame_number(w, place), 0);

	for (size_t at = stack->frame_count; at-- > 0;)
		trace = add_trace(w, frame_number(w, &stack->frames[at]), trace);
	return trace;
}

static bool put_step(void *context, const struct rac_story_step *step)
{
	struct heaptrack_writer *w = context;
	uint64_t ms = step->at_ns / 1000000;
	bool fresh;
	uint64_t number =
		intern_pair(w, &w->allocations, step->bytes, w->trace_of[step->stack], &fresh);

	if (fresh)
		put(w, "a %" PRIx64 " %" PRIx64 "\n", step->bytes, w->trace_of[step->stack]);
	if (ms != w->last_ms)
		put(w, "c %" PRIx64 "\n", ms);
	w->last_ms = ms;
	put(w, "%c %" PRIx64 "\n", step->is_free ? '-' : '+', number - 1);
	return !w->failed && !w->allocations.failed && !w->e.refused;
}

static bool put_recording(struct heaptrack_writer *w, const struct rac_report *report,
	struct rac_stacks *stacks, struct rac_complaint *c)
{
	const char *program = rac_clean(&stacks->cleaner, report->process.executable);

	put(w, FORM "X ");
	rac_emit_string(&w->e, program[0] != '\0' ? program : "unknown");
	put(w, "\nI 1000 1\n");
	for (size_t i = 0; i < stacks->count; i++) {
		const struct rac_stack *stack = &stacks->stacks[i];

		w->trace_of[i] = stack_trace(w, stack, &stacks->place_frames[stack->place]);
	}
	w->failed = w->failed || w->strings.failed || w->frames.failed || w->traces.failed;
	return !w->failed && rac_story_tell(report, stacks, BLOCKS_MOST, put_step, w, c);
}

bool rac_format_heaptrack(
	const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	const struct rac_report *report = &in->reports[0].report;
	struct heaptrack_writer w = {
		.strings = {.compare = rac_intern_strings},
		.frames = {.compare = rac_intern_frames},
		.traces = {.compare = compare_pairs},
		.allocations = {.compare = compare_pairs},
	};
	struct rac_stacks stacks;

	if (!rac_stacks_make(report, &stacks))
		return rac_complain(c, "no memory for the stacks");
	rac_emit_init(&w.e, sink);
	w.trace_of = calloc(stacks.count + 1, sizeof(*w.trace_of));
	bool done = w.trace_of != NULL && put_recording(&w, report, &stacks, c);

	done = rac_emit_finish(&w.e) && done;
	if (w.failed || w.trace_of == NULL)
		rac_complain(c, "no memory for the recording");
	for (size_t i = 0; i < w.kept_count; i++)
		free(w.kept[i]);
	free(w.kept);
	free(w.trace_of);
	rac_intern_free(&w.strings);
	rac_intern_free(&w.frames);
	rac_intern_free(&w.traces);
	rac_intern_free(&w.allocations);
	rac_stacks_free(&stacks);
	return done;
}

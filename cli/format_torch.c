/*
 * format_torch.c - a snapshot as torch.cuda.memory._snapshot() makes it, for pytorch.org/memory_viz and
 * torch/cuda/_memory_viz.py. What the driver gives are segments to PyTorch, so each block that is live
 * at the end is a segment filled by one block, and each step of the story is one of both.
 */
#include "export.h"
#include "pickle.h"
#include "site_words.h"
#include "story.h"
#include <stdlib.h>

#ifndef BLOCKS_MOST /* fuzzers have fewer, so that they get further */
#define BLOCKS_MOST 50000
#endif

/* Words that come again and again; their number is their place in the pickle. */
enum word {
#define WORD(word) WORD_##word,
#include "torch_words.def"
#undef WORD
	WORD_COUNT
};
static const char *const words[] = {
#define WORD(word) #word,
#include "torch_words.def"
#undef WORD
};

struct steps {
	const struct rac_stacks *stacks;
	size_t device_count;
	struct rac_story_step *steps;
	bool *is_live; /* of an allocation that no free followed */
	size_t count, room;
	bool failed;
};

struct torch_writer {
	struct rac_emit e;
	const struct rac_report *report;
	const struct rac_stacks *stacks;
	struct steps steps;
	bool word_written[WORD_COUNT];
	bool *frames_written; /* of each stack */
	uint64_t started_us;
};

/* Those of devices: the viewer knows no other memory. */
static bool keep_step(void *context, const struct rac_story_step *step)
{
	struct steps *s = context;

	if (s->stacks->stacks[step->stack].place >= s->device_count)
		return true;
	if (s->count == s->room) {
		size_t room = s->room * 2 + 1024;
		struct rac_story_step *more = realloc(s->steps, room * sizeof(*more));

		if (more != NULL)
			s->steps = more;
		s->failed = more == NULL;
		if (s->failed)
			return false;
		s->room = room;
	}
	s->steps[s->count++] = *step;
	return true;
}

static void put_word(struct torch_writer *w, enum word word)
{
	if (w->word_written[word]) {
		rac_pickle_again(&w->e, word);
		return;
	}
	rac_pickle_string(&w->e, words[word]);
	rac_pickle_keep(&w->e, word);
	w->word_written[word] = true;
}

static void put_number(struct torch_writer *w, enum word key, uint64_t value)
{
	put_word(w, key);
	rac_pickle_u64(&w->e, value);
}

static void put_frame(struct torch_writer *w, const struct rac_report_frame *frame)
{
	struct rac_report_frame bare = *frame;
	char name[2 * RAC_CLEAN_MOST];
	struct rac_text t;

	bare.file = "";
	rac_text_init(&t, name, sizeof(name));
	rac_frame_words(&t, &bare);
	rac_pickle_dict_begin(&w->e);
	put_word(w, WORD_filename);
	rac_pickle_string(&w->e, frame->file[0] != '\0' ? frame->file : frame->module);
	put_number(w, WORD_line, frame->line);
	put_word(w, WORD_name);
	rac_pickle_string(&w->e, name);
	rac_pickle_dict_end(&w->e);
}

static void put_frames(struct torch_writer *w, size_t stack)
{
	const struct rac_stack *s = &w->stacks->stacks[stack];
	uint32_t place = (uint32_t)(WORD_COUNT + stack);

	put_word(w, WORD_frames);
	if (w->frames_written[stack]) {
		rac_pickle_again(&w->e, place);
		return;
	}
	rac_pickle_list_begin(&w->e);
	for (size_t at = 0; at < s->frame_count; at++) {
		rac_pickle_list_item(&w->e, at);
		put_frame(w, &s->frames[at]);
	}
	rac_pickle_list_end(&w->e);
	rac_pickle_keep(&w->e, place);
	w->frames_written[stack] = true;
}

static void put_segment(struct torch_writer *w, const struct rac_story_step *step)
{
	static const enum word sizes[] = {
		WORD_total_size, WORD_allocated_size, WORD_active_size, WORD_requested_size};

	rac_pickle_dict_begin(&w->e);
	put_number(
		w, WORD_device, w->report->devices[w->stacks->stacks[step->stack].place].ordinal);
	put_number(w, WORD_address, step->address);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		put_number(w, sizes[i], step->bytes);
	put_number(w, WORD_stream, 0);
	put_word(w, WORD_segment_type);
	put_word(w, WORD_large);
	put_word(w, WORD_segment_pool_id);
	rac_pickle_pair_of_zeros(&w->e);
	put_word(w, WORD_is_expandable);
	rac_pickle_bool(&w->e, false);
	put_frames(w, step->stack);
	put_word(w, WORD_blocks);
	rac_pickle_list_begin(&w->e);
	rac_pickle_dict_begin(&w->e);
	put_number(w, WORD_address, step->address);
	put_number(w, WORD_size, step->bytes);
	put_number(w, WORD_requested_size, step->bytes);
	put_word(w, WORD_state);
	put_word(w, WORD_active_allocated);
	put_frames(w, step->stack);
	rac_pickle_dict_end(&w->e);
	rac_pickle_list_end(&w->e);
	rac_pickle_dict_end(&w->e);
}

static void put_action(struct torch_writer *w, enum word action, const struct rac_story_step *step)
{
	rac_pickle_dict_begin(&w->e);
	put_word(w, WORD_action);
	put_word(w, action);
	put_number(w, WORD_addr, step->address);
	put_number(w, WORD_size, step->bytes);
	put_number(w, WORD_stream, 0);
	put_number(w, WORD_time_us, w->started_us + step->at_ns / 1000);
	put_frames(w, step->stack);
	rac_pickle_dict_end(&w->e);
}

/* All steps of one device. */
static void put_trace(struct torch_writer *w, uint32_t ordinal)
{
	static const enum word allocs[] = {WORD_segment_alloc, WORD_alloc};
	static const enum word frees[] = {
		WORD_free_requested, WORD_free_completed, WORD_segment_free};
	size_t before = 0;

	rac_pickle_list_begin(&w->e);
	for (size_t i = 0; i < w->steps.count && !w->e.refused; i++) {
		const struct rac_story_step *step = &w->steps.steps[i];
		const enum word *actions = step->is_free ? frees : allocs;

		if (w->report->devices[w->stacks->stacks[step->stack].place].ordinal != ordinal)
			continue;
		for (size_t j = 0; j < (step->is_free ? 3U : 2U); j++) {
			rac_pickle_list_item(&w->e, before++);
			put_action(w, actions[j], step);
		}
	}
	rac_pickle_list_end(&w->e);
}

static void put_snapshot(struct torch_writer *w)
{
	size_t before = 0;
	uint32_t devices = 0;

	for (size_t i = 0; i < w->report->device_count; i++)
		if (w->report->devices[i].ordinal >= devices)
			devices = w->report->devices[i].ordinal + 1;
	rac_pickle_begin(&w->e);
	rac_pickle_dict_begin(&w->e);
	put_word(w, WORD_segments);
	rac_pickle_list_begin(&w->e);
	for (size_t i = 0; i < w->steps.count && !w->e.refused; i++) {
		if (!w->steps.is_live[i])
			continue;
		rac_pickle_list_item(&w->e, before++);
		put_segment(w, &w->steps.steps[i]);
	}
	rac_pickle_list_end(&w->e);
	put_word(w, WORD_device_traces);
	rac_pickle_list_begin(&w->e);
	for (uint32_t ordinal = 0; ordinal < devices; ordinal++) {
		rac_pickle_list_item(&w->e, ordinal);
		put_trace(w, ordinal);
	}
	rac_pickle_list_end(&w->e);
	put_word(w, WORD_allocator_settings);
	rac_pickle_dict_begin(&w->e);
	rac_pickle_dict_end(&w->e);
	rac_pickle_dict_end(&w->e);
	rac_pickle_end(&w->e);
}

/* What a stack frees is always what it allocated last. */
static bool find_live(struct steps *s, size_t stacks)
{
	size_t *last = calloc(stacks + 1, sizeof(*last));
	size_t *before = calloc(s->count + 1, sizeof(*before));

	s->is_live = calloc(s->count + 1, sizeof(*s->is_live));
	for (size_t i = 0; last != NULL && before != NULL && s->is_live != NULL && i < s->count;
		i++) {
		size_t *top = &last[s->steps[i].stack];

		if (s->steps[i].is_free) {
			s->is_live[*top - 1] = false;
			*top = before[*top - 1];
		} else {
			s->is_live[i] = true;
			before[i] = *top;
			*top = i + 1;
		}
	}
	s->failed = s->failed || last == NULL || before == NULL || s->is_live == NULL;
	free(last);
	free(before);
	return !s->failed;
}

bool rac_format_torch(const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	const struct rac_report *report = &in->reports[0].report;
	struct rac_stacks stacks;
	struct torch_writer w = {
		.report = report,
		.stacks = &stacks,
		.steps = {.stacks = &stacks, .device_count = report->device_count},
		.started_us = report->process.started_unix_ns / 1000,
	};
	bool done;

	if (!rac_stacks_make(report, &stacks))
		return rac_complain(c, "no memory for the stacks");
	w.frames_written = calloc(stacks.count + 1, sizeof(*w.frames_written));
	done = w.frames_written != NULL &&
		rac_story_tell(report, &stacks, BLOCKS_MOST, keep_step, &w.steps, c) &&
		find_live(&w.steps, stacks.count);
	if (done) {
		rac_emit_init(&w.e, sink);
		put_snapshot(&w);
		done = rac_emit_finish(&w.e);
	} else {
		rac_complain(c, "no memory for the snapshot");
	}
	free(w.frames_written);
	free(w.steps.steps);
	free(w.steps.is_live);
	rac_stacks_free(&stacks);
	return done;
}

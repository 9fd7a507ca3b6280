/*
 * stacks.c - see stacks.h.
 */
#include "stacks.h"

#include "checked.h"
#include "text.h"
#include <stdlib.h>

/* Where a report lacks a word. */
#define NO_CALL     "(call unknown)"
#define NO_CALLER   "(caller unknown)"
#define UNACCOUNTED "(no site accounts for it)"

static bool has_figures(const struct rac_stack *stack)
{
	uint64_t any = 0;

	for (unsigned value = 0; value < RAC_VALUE_COUNT; value++)
		any |= stack->values[value];
	return any != 0;
}

static struct rac_report_frame named(const char *function, const char *otherwise)
{
	return (struct rac_report_frame){
		.module = "",
		.build_id = "",
		.function = function[0] != '\0' ? function : otherwise,
		.file = "",
		.language = "native",
	};
}

static void clean_frame(struct rac_cleaner *cleaner, const struct rac_report_frame *from,
	struct rac_report_frame *to)
{
	*to = (struct rac_report_frame){
		.module = rac_clean(cleaner, from->module),
		.build_id = rac_clean(cleaner, from->build_id),
		.offset = from->offset,
		.function = rac_clean(cleaner, from->function),
		.file = rac_clean(cleaner, from->file),
		.line = from->line,
		.language = rac_clean(cleaner, from->language),
	};
}

/* Adds the frames from `frames` on to the stack, and returns what follows them. */
static struct rac_report_frame *add(
	struct rac_stacks *out, struct rac_stack stack, struct rac_report_frame *frames)
{
	const struct rac_report_site *site = stack.site;
	struct rac_report_frame *to = frames;

	if (!has_figures(&stack))
		return frames;
	stack.frames = frames;
	stack.id = rac_clean(&out->cleaner, site != NULL ? site->id : NULL);
	stack.owner = rac_clean(&out->cleaner, site != NULL ? site->owner : NULL);
	*to++ = site != NULL ? named(rac_clean(&out->cleaner, site->api), NO_CALL)
			     : named(UNACCOUNTED, "");
	for (size_t i = 0; site != NULL && i < site->frame_count; i++)
		clean_frame(&out->cleaner, &site->frames[i], to++);
	if (site != NULL && site->frame_count == 0)
		*to++ = named(stack.owner, NO_CALLER);
	stack.frame_count = (size_t)(to - frames);
	out->stacks[out->count++] = stack;
	return to;
}

static struct rac_stack of_site(const struct rac_report *report, const struct rac_report_site *site)
{
	const struct rac_device_snapshot *device = rac_report_site_device(report, site);

	return (struct rac_stack){
		.place = device != NULL ? (size_t)(device - report->devices) : report->device_count,
		.site = site,
		.values =
			{
				[RAC_VALUE_LIVE_BYTES] = site->live_bytes,
				[RAC_VALUE_LIVE_COUNT] = site->live_count,
				[RAC_VALUE_PEAK_BYTES] = site->peak_bytes,
				[RAC_VALUE_TOTAL_BYTES] = site->total_bytes,
				[RAC_VALUE_TOTAL_COUNT] = site->total_count,
			},
	};
}

/* What the first `sites` stacks, which are those of all sites, leave of a place. */
static struct rac_stack of_rest(const struct rac_stacks *out, size_t sites, size_t place,
	uint64_t live, uint64_t peak, uint64_t allocations, uint64_t frees)
{
	struct rac_stacks of = {.stacks = out->stacks, .count = sites};
	struct rac_stack stack = {.place = place};
	const uint64_t whole[RAC_VALUE_COUNT] = {
		[RAC_VALUE_LIVE_BYTES] = live,
		[RAC_VALUE_LIVE_COUNT] = rac_saturating_sub(allocations, frees),
		[RAC_VALUE_PEAK_BYTES] = peak,
		[RAC_VALUE_TOTAL_COUNT] = allocations,
	};

	for (unsigned value = 0; value < RAC_VALUE_COUNT; value++)
		stack.values[value] = rac_saturating_sub(
			whole[value], rac_stacks_sum(&of, (enum rac_value)value, place));
	/* The report does not say; it was at least this. */
	stack.values[RAC_VALUE_TOTAL_BYTES] =
		stack.values[RAC_VALUE_LIVE_BYTES] > stack.values[RAC_VALUE_PEAK_BYTES]
		? stack.values[RAC_VALUE_LIVE_BYTES]
		: stack.values[RAC_VALUE_PEAK_BYTES];
	return stack;
}

static void name_places(const struct rac_report *report, struct rac_stacks *out)
{
	out->place_count = report->device_count + 1;
	for (size_t i = 0; i < out->place_count; i++) {
		struct rac_text t;

		rac_text_init(&t, out->places[i], sizeof(out->places[i]));
		rac_text_string(&t, i < report->device_count ? "GPU " : "host");
		if (i < report->device_count)
			rac_text_u64(&t, report->devices[i].ordinal);
		out->place_frames[i] = named(out->places[i], "");
	}
}

/* All stacks; `next` is where their frames go. */
static void add_all(
	const struct rac_report *report, struct rac_stacks *out, struct rac_report_frame *next)
{
	const struct rac_counts *pinned = &report->host_pinned;

	for (size_t i = 0; i < report->site_count; i++)
		next = add(out, of_site(report, &report->sites[i]), next);
	size_t sites = out->count;

	for (size_t i = 0; i < report->device_count; i++) {
		const struct rac_device_snapshot *d = &report->devices[i];

		next = add(out,
			of_rest(out, sites, i, d->live_bytes, d->peak_bytes, d->allocations,
				d->frees),
			next);
	}
	add(out,
		of_rest(out, sites, report->device_count, pinned->live_bytes, pinned->peak_bytes,
			pinned->allocations, pinned->frees),
		next);
}

bool rac_stacks_make(const struct rac_report *report, struct rac_stacks *out)
{
	size_t stacks = report->site_count + report->device_count + 1, frames = 2 * stacks;

	for (size_t i = 0; i < report->site_count; i++)
		frames += report->sites[i].frame_count;
	*out = (struct rac_stacks){
		.stacks = calloc(stacks, sizeof(*out->stacks)),
		.frames = calloc(frames, sizeof(*out->frames)),
	};
	name_places(report, out);
	if (out->stacks != NULL && out->frames != NULL) {
		add_all(report, out, out->frames);
		if (!out->cleaner.failed)
			return true;
	}
	rac_stacks_free(out);
	return false;
}

void rac_stacks_free(struct rac_stacks *stacks)
{
	free(stacks->stacks);
	free(stacks->frames);
	rac_cleaner_free(&stacks->cleaner);
}

uint64_t rac_stacks_sum(const struct rac_stacks *stacks, enum rac_value value, size_t place)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < stacks->count; i++)
		if ((place == RAC_ALL_PLACES || stacks->stacks[i].place == place) &&
			!rac_checked_add(sum, stacks->stacks[i].values[value], &sum))
			return UINT64_MAX;
	return sum;
}

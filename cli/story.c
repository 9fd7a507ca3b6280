/*
 * story.c - see story.h. Each stack has a pile of blocks: it grows by blocks put on top, and shrinks by
 * those on top being freed, of which the last may be put back in part.
 */
#include "story.h"

#include "checked.h"
#include <stdlib.h>

#define FIRST_ADDRESS UINT64_C(0x700000000000)

struct block {
	uint64_t bytes, address;
};

struct pile {
	struct block *blocks;
	size_t count, room;
	uint64_t level; /* bytes of all blocks */
};

struct telling {
	const struct rac_report *report;
	const struct rac_stacks *stacks;
	bool (*visit)(void *context, const struct rac_story_step *step);
	void *context;
	struct rac_complaint *c;
	struct pile *piles;                   /* one for each stack */
	uint64_t next[RAC_MAX_DEVICES + 1];   /* addresses */
	uint64_t levels[RAC_MAX_DEVICES + 1]; /* of each place's stacks together */
	uint64_t at_ns;
};

static bool step(struct telling *t, size_t stack, const struct block *block, bool is_free)
{
	const struct rac_story_step s = {
		.is_free = is_free,
		.stack = stack,
		.bytes = block->bytes,
		.address = block->address,
		.at_ns = t->at_ns,
	};

	return t->visit(t->context, &s);
}

static bool push(struct telling *t, size_t stack, uint64_t bytes)
{
	struct pile *pile = &t->piles[stack];
	uint64_t *next = &t->next[t->stacks->stacks[stack].place];

	if (bytes == 0)
		return true;
	if (pile->count == pile->room) {
		size_t room = pile->room * 2 + 4;
		struct block *more = realloc(pile->blocks, room * sizeof(*more));

		if (more == NULL)
			return rac_complain(t->c, "no memory for the allocations");
		pile->blocks = more;
		pile->room = room;
	}
	pile->blocks[pile->count] = (struct block){bytes, *next};
	pile->level += bytes;
	*next += bytes;
	return step(t, stack, &pile->blocks[pile->count++], false);
}

/* Lets a pile fall to a level that it is not below. */
static bool pop_to(struct telling *t, size_t stack, uint64_t level)
{
	struct pile *pile = &t->piles[stack];

	while (pile->level > level) {
		const struct block top = pile->blocks[--pile->count];

		pile->level -= top.bytes;
		if (!step(t, stack, &top, true))
			return false;
	}
	return push(t, stack, level - pile->level);
}

static bool set_level(struct telling *t, size_t stack, uint64_t level)
{
	return t->piles[stack].level > level ? pop_to(t, stack, level)
					     : push(t, stack, level - t->piles[stack].level);
}

/* Blocks that a stack's live bytes lie in. */
static uint64_t live_blocks(const struct telling *t, size_t stack, uint64_t most)
{
	const uint64_t *values = t->stacks->stacks[stack].values;
	uint64_t all = rac_stacks_sum(t->stacks, RAC_VALUE_LIVE_COUNT, RAC_ALL_PLACES);
	uint64_t count = values[RAC_VALUE_LIVE_COUNT];
	__extension__ typedef unsigned __int128 wide;

	if (all > most)
		count = (uint64_t)((wide)count * most / all);
	if (count > values[RAC_VALUE_LIVE_BYTES])
		count = values[RAC_VALUE_LIVE_BYTES];
	return count > 0 ? count : 1;
}

/* Puts blocks of `bytes` in all on a pile, of sizes that differ by one byte at most, up to a level. */
static bool push_blocks(
	struct telling *t, size_t stack, uint64_t bytes, uint64_t blocks, uint64_t level)
{
	for (uint64_t i = 0; i < blocks && t->piles[stack].level < level; i++)
		if (!push(t, stack, bytes / blocks + (i < bytes % blocks)))
			return false;
	return true;
}

/* Everything that was live at the peak, as far as it goes in the blocks of the end. */
static bool tell_peak(struct telling *t, size_t stack, uint64_t blocks)
{
	const uint64_t *values = t->stacks->stacks[stack].values;
	uint64_t peak = values[RAC_VALUE_PEAK_BYTES], live = values[RAC_VALUE_LIVE_BYTES];

	if (live > peak)
		return push(t, stack, peak);
	return push_blocks(t, stack, live, blocks, live) && push(t, stack, peak - live);
}

static bool tell_end(struct telling *t, size_t stack, uint64_t blocks)
{
	const uint64_t *values = t->stacks->stacks[stack].values;
	uint64_t live = values[RAC_VALUE_LIVE_BYTES];

	/* Of a stack that grew since, the stand-in of the peak goes before its blocks come. */
	if (t->piles[stack].level <= live && t->piles[stack].count < blocks)
		return pop_to(t, stack, 0) && push_blocks(t, stack, live, blocks, live);
	return set_level(t, stack, live);
}

/* What falls comes first, so that the end does not rise above the peak on the way to it. */
static bool tell_ends(struct telling *t, uint64_t most)
{
	for (unsigned rising = 0; rising < 2; rising++) {
		for (size_t i = 0; i < t->stacks->count; i++) {
			uint64_t live = t->stacks->stacks[i].values[RAC_VALUE_LIVE_BYTES];
			uint64_t level = t->piles[i].level;

			if ((level <= live) == (rising == 1) &&
				!tell_end(t, i, live_blocks(t, i, most)))
				return false;
		}
	}
	return true;
}

/* The stacks of sites, by their positions, and after them those of what no site of a place accounts for; each
 * counted from 1, 0 where there is none: sites without figures have no stack. */
static size_t *find_stacks(const struct telling *t)
{
	const struct rac_report *report = t->report;
	size_t *of = calloc(report->site_count + t->stacks->place_count, sizeof(*of));

	for (size_t i = 0; of != NULL && i < t->stacks->count; i++) {
		const struct rac_stack *stack = &t->stacks->stacks[i];

		of[stack->site != NULL ? (size_t)(stack->site - report->sites)
				       : report->site_count + stack->place] = i + 1;
	}
	return of;
}

/* What the sites of a place hold less than the place. */
static uint64_t rest_of(const struct telling *t, size_t place, size_t rest, uint64_t device_bytes)
{
	uint64_t sites = t->levels[place];

	if (rest > 0)
		sites = rac_saturating_sub(sites, t->piles[rest - 1].level);
	return rac_saturating_sub(device_bytes, sites);
}

static bool set_place_level(struct telling *t, size_t stack, uint64_t level)
{
	uint64_t *sum = &t->levels[t->stacks->stacks[stack].place];

	*sum = rac_saturating_sub(*sum, t->piles[stack].level);
	if (!rac_checked_add(*sum, level, sum))
		*sum = UINT64_MAX;
	return set_level(t, stack, level);
}

static bool tell_event(
	struct telling *t, const size_t *stack_of, const struct rac_report_event *event)
{
	size_t place = rac_report_event_place(t->report, event);
	size_t stack = event->site != RAC_REPORT_NO_SITE ? stack_of[event->site] : 0;
	size_t rest = stack_of[t->report->site_count + place];

	t->at_ns = event->at_ns;
	if (stack > 0 && !set_place_level(t, stack - 1, event->live_bytes))
		return false;
	return rest == 0 ||
		set_place_level(t, rest - 1, rest_of(t, place, rest, event->device_bytes));
}

static bool tell_timeline(struct telling *t)
{
	const struct rac_report_timeline *timeline = &t->report->timeline;
	size_t *stack_of = find_stacks(t);
	bool good = true;

	if (stack_of == NULL)
		return rac_complain(t->c, "no memory for the timeline");
	for (size_t i = 0; i < timeline->count && good; i++)
		good = tell_event(t, stack_of, &timeline->events[i]);
	free(stack_of);
	return good;
}

static bool tell_peaks(struct telling *t, uint64_t most)
{
	for (size_t i = 0; i < t->stacks->count; i++)
		if (!tell_peak(t, i, live_blocks(t, i, most)))
			return false;
	return true;
}

bool rac_story_tell(const struct rac_report *report, const struct rac_stacks *stacks,
	uint64_t blocks_most, bool (*visit)(void *context, const struct rac_story_step *step),
	void *context, struct rac_complaint *c)
{
	uint64_t elapsed = report->process.elapsed_ns;
	struct telling t = {
		.report = report,
		.stacks = stacks,
		.visit = visit,
		.context = context,
		.c = c,
		.piles = calloc(stacks->count + 1, sizeof(*t.piles)),
	};
	bool good = t.piles != NULL || rac_complain(c, "no memory for the allocations");

	for (size_t i = 0; i <= RAC_MAX_DEVICES; i++)
		t.next[i] = FIRST_ADDRESS;
	good = good &&
		(report->timeline.count > 0 ? tell_timeline(&t) : tell_peaks(&t, blocks_most));
	if (elapsed != RAC_REPORT_TIME_UNKNOWN && elapsed > t.at_ns)
		t.at_ns = elapsed;
	good = good && tell_ends(&t, blocks_most);
	for (size_t i = 0; t.piles != NULL && i < stacks->count; i++)
		free(t.piles[i].blocks);
	free(t.piles);
	return good;
}

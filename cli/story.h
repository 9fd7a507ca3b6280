/*
 * story.h - a report retold as allocations and frees, one after the other, for formats that replay a run.
 *
 * With a timeline the story follows it. Without one it has two moments: at the first everything is
 * allocated that was live at the peaks of the devices, at the second everything that is live at the end,
 * and nothing else. In both, what is live at the end lies in as many blocks as the report counts, up to a
 * bound; sizes of single blocks and addresses are made up, since a report has only their sums.
 */
#ifndef RAC_STORY_H
#define RAC_STORY_H

#include "stacks.h"

struct rac_story_step {
	bool is_free;
	size_t stack; /* its position */
	uint64_t bytes;
	uint64_t address; /* of its own among the blocks of its place */
	uint64_t at_ns;   /* since the process started */
};

/*
 * Calls visit for each step until it returns false. blocks_most bounds the blocks of the end. False: visit
 * did, or there is no memory, and then *c says so.
 */
bool rac_story_tell(const struct rac_report *report, const struct rac_stacks *stacks,
	uint64_t blocks_most, bool (*visit)(void *context, const struct rac_story_step *step),
	void *context, struct rac_complaint *c);

#endif

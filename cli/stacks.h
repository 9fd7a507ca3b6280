/*
 * stacks.h - a report as call stacks with figures, for the formats that draw stacks.
 *
 * Each site is one stack. What a place, which is a device or the host's pinned memory, holds that no site
 * accounts for is one more stack of it, so that all stacks of a place add up to what the report says of
 * it; where the sites claim more, theirs stand.
 */
#ifndef RAC_STACKS_H
#define RAC_STACKS_H

#include "clean.h"
#include "report_load.h"

enum rac_value {
	RAC_VALUE_LIVE_BYTES,
	RAC_VALUE_LIVE_COUNT,
	RAC_VALUE_PEAK_BYTES, /* at the moment of the device's peak */
	RAC_VALUE_TOTAL_BYTES,
	RAC_VALUE_TOTAL_COUNT,
	RAC_VALUE_COUNT
};

struct rac_stack {
	size_t place;                       /* the position of its device; device_count: the host */
	const struct rac_report_site *site; /* NULL: what no site accounts for */
	uint64_t values[RAC_VALUE_COUNT];
	const char *id, *owner; /* of the site, clean; "" where there is none */
	/*
	 * Innermost first, and at least one: the call that allocated, then the site's own; where it has
	 * none the module that called, and for what no site accounts for words that say so.
	 */
	const struct rac_report_frame *frames;
	size_t frame_count;
};

struct rac_stacks {
	struct rac_stack *stacks;
	size_t count;
	size_t place_count;                   /* devices of the report, and the host */
	char places[RAC_MAX_DEVICES + 1][24]; /* "GPU 0", "host" */
	struct rac_report_frame
		place_frames[RAC_MAX_DEVICES + 1]; /* the same as outermost frames */
	struct rac_report_frame *frames;           /* of all stacks */
	struct rac_cleaner cleaner;
};

/*
 * Stacks without any figure are left out. Their strings are clean: see clean.h. The report must outlive
 * them. False: no memory.
 */
bool rac_stacks_make(const struct rac_report *report, struct rac_stacks *out);
void rac_stacks_free(struct rac_stacks *stacks);

/* The sum of a figure over all stacks, or over those of one place; it stops at 2^64-1. */
#define RAC_ALL_PLACES SIZE_MAX
uint64_t rac_stacks_sum(const struct rac_stacks *stacks, enum rac_value value, size_t place);

#endif

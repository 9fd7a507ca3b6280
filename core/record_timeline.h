/*
 * record_timeline.h - copies the timeline of a record. It trusts nothing there, as record_view.h.
 */
#ifndef RAC_RECORD_TIMELINE_H
#define RAC_RECORD_TIMELINE_H

#include "record_view.h"
#include "timeline.h"

/* Bytes of memory that the copy needs; 0: the record has no timeline. */
uint64_t rac_record_timeline_bytes(const struct rac_record_view *view);

/*
 * Copies the points into `memory`, aligned as malloc's and of that size; *points is in it. Returns how many.
 * 0: there are none, or they change faster than they can be read.
 */
size_t rac_record_timeline_read(struct rac_record_view *view, void *memory,
	const struct rac_timeline_point **points, struct rac_timeline_about *about);

#endif

/*
 * record_timeline.c - see record_timeline.h.
 *
 * Of a live record a copy holds if its generation is the same before and after: nothing that a reader of that
 * generation looks at is written anew until the next one.
 */
#include "record_timeline.h"

#include <string.h>

#define ATTEMPTS 16

/* Of two, because threads raced to make it, the one that nobody used is empty. */
static bool find(const struct rac_record_view *view, uint32_t *at, struct rac_record_piece *piece)
{
	while (rac_record_view_next(view, RAC_SEGMENT_TIMELINE, at, piece))
		if (rac_timeline_points_max(piece->bytes) > 0)
			return true;
	return false;
}

static char *aligned(void *memory)
{
	return (char *)memory + (size_t)(-(uintptr_t)memory % RAC_CACHE_LINE);
}

/* Where points lie behind a copy of so many bytes: a record that somebody changed may name any number. */
static uint64_t rounded(uint64_t bytes)
{
	return (bytes + RAC_CACHE_LINE - 1) / RAC_CACHE_LINE * RAC_CACHE_LINE;
}

uint64_t rac_record_timeline_bytes(const struct rac_record_view *view)
{
	struct rac_record_piece piece;
	uint32_t at = 0;
	uint64_t most = 0;

	while (find(view, &at, &piece))
		most = piece.bytes > most ? piece.bytes : most;
	return most == 0 ? 0
			 : RAC_CACHE_LINE + rounded(most) +
			rac_timeline_points_max(most) * sizeof(struct rac_timeline_point);
}

/* Copies the segment in one piece, of one generation. */
static bool copy(struct rac_record_view *view, const struct rac_record_piece *piece, char *to)
{
	_Alignas(RAC_CACHE_LINE) char head[RAC_CACHE_LINE];

	for (int i = 0; i < ATTEMPTS; i++) {
		if (rac_record_view_read(view, piece, 0, to, (size_t)piece->bytes) != RAC_OK ||
			rac_record_view_read(view, piece, 0, head, sizeof(head)) != RAC_OK)
			return false;
		if (rac_timeline_generation(head) == rac_timeline_generation(to))
			return true;
	}
	return false;
}

size_t rac_record_timeline_read(struct rac_record_view *view, void *memory,
	const struct rac_timeline_point **points, struct rac_timeline_about *about)
{
	char *segment = aligned(memory);
	struct rac_record_piece piece;
	uint32_t at = 0;
	size_t count = 0;

	memset(about, 0, sizeof(*about));
	while (count == 0 && find(view, &at, &piece)) {
		struct rac_timeline_point *out =
			(struct rac_timeline_point *)(void *)(segment + rounded(piece.bytes));

		*points = out;
		if (copy(view, &piece, segment))
			count = rac_timeline_read(segment, piece.bytes, out, about);
	}
	return count;
}

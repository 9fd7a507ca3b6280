/*
 * record_entries.c - walks the ledger of a record, which may be one that is being written; the ledger
 * of this process is ledger.c's.
 *
 * Levels are copied piece by piece, so memory stays bounded. A copy of a bucket that is being written
 * may mix two entries, so pieces of a record that nobody ended are copied twice, and what differs is
 * passed over: an entry that comes or goes meanwhile may be seen or not.
 */
#include "ledger_parts.h"
#include "record_view_parts.h"

#include <string.h>

struct walk {
	struct rac_record_view *view;
	bool is_live;
	bool (*visit)(void *context, const struct rac_entry *entry);
	void *context;
	bool stopped;
};

/* Of a counted entry the counts may differ, and those of the second copy are as good. */
static bool is_same(
	const struct rac_ledger_bucket *a, const struct rac_ledger_bucket *b, unsigned slot)
{
	const struct payload *p = &a->payloads[slot], *q = &b->payloads[slot];

	return rac_load_relaxed(&a->keys[slot]) == rac_load_relaxed(&b->keys[slot]) &&
		rac_load_relaxed(&p->bytes) == rac_load_relaxed(&q->bytes) &&
		rac_load_relaxed(&p->tags) == rac_load_relaxed(&q->tags);
}

static void visit_bucket(struct walk *w, const struct rac_ledger_bucket *first,
	const struct rac_ledger_bucket *second)
{
	for (unsigned slot = 0; slot < SLOTS && !w->stopped; slot++) {
		struct rac_entry entry;

		if (!read_slot(first, slot, &entry) ||
			(w->is_live && !is_same(first, second, slot)))
			continue;
		w->stopped = !w->visit(w->context, &entry);
	}
}

static enum rac_status visit_chunk(
	struct walk *w, const struct rac_record_piece *piece, uint64_t from, size_t bytes)
{
	struct rac_record_view *view = w->view;
	const struct rac_ledger_bucket *first = (const void *)view->chunk;
	const struct rac_ledger_bucket *second = (const void *)view->again;
	enum rac_status status = rac_record_view_read(view, piece, from, view->chunk, bytes);

	if (status == RAC_OK && w->is_live)
		status = rac_record_view_read(view, piece, from, view->again, bytes);
	if (status != RAC_OK)
		return status;
	for (size_t i = 0; i < bytes / sizeof(*first) && !w->stopped; i++)
		visit_bucket(w, &first[i], &second[i]);
	return RAC_OK;
}

/* From where on there may be entries: what a sparse copy leaves out is empty. */
static uint64_t skip_hole(
	const struct rac_record_view *view, const struct rac_record_piece *piece, uint64_t from)
{
	if (view->source.next == NULL)
		return from;
	uint64_t next = view->source.next(view->source.context, piece->offset + from);

	if (next < piece->offset + from)
		return from;
	next -= piece->offset;
	return next < piece->bytes
		? next / sizeof(struct rac_ledger_bucket) * sizeof(struct rac_ledger_bucket)
		: piece->bytes;
}

static enum rac_status visit_level(struct walk *w, const struct rac_record_piece *piece)
{
	enum rac_status status = RAC_OK;
	uint64_t from = 0;

	if (piece->bytes != level_bytes(piece->index))
		return RAC_UNKNOWN;
	while (!w->stopped && status == RAC_OK) {
		from = skip_hole(w->view, piece, from);
		uint64_t left = piece->bytes - from;
		size_t bytes =
			(size_t)(left < RAC_RECORD_VIEW_CHUNK ? left : RAC_RECORD_VIEW_CHUNK);

		if (bytes == 0)
			break;
		status = visit_chunk(w, piece, from, bytes);
		from += bytes;
	}
	return status;
}

enum rac_status rac_record_view_entries(struct rac_record_view *view,
	bool (*visit)(void *context, const struct rac_entry *entry), void *context)
{
	struct walk w = {
		.view = view,
		.is_live = rac_load_relaxed(&view->header.end.how) == RAC_END_RUNNING,
		.visit = visit,
		.context = context,
	};
	enum rac_status status = RAC_OK;
	struct rac_record_piece piece;

	_Static_assert(RAC_LEDGER_LEVELS == 28, "as many as record_segments.def says");
	_Static_assert(RAC_RECORD_VIEW_CHUNK % sizeof(struct rac_ledger_bucket) == 0,
		"a chunk holds whole buckets");
	for (uint32_t at = 0;
		!w.stopped && rac_record_view_next(view, RAC_SEGMENT_LEDGER, &at, &piece);) {
		enum rac_status level = visit_level(&w, &piece);

		if (level != RAC_OK)
			status = level;
	}
	return status;
}

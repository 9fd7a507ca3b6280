/*
 * record_sites.c - see record_sites.h.
 *
 * A level that is not as long as its index says is no level. Where a level comes twice, because threads
 * raced to make it, the one that nobody used is all zeros.
 */
#include "record_sites.h"

#include "checkpoints.h"
#include "stack.h"
#include <string.h>

#define BYTES_MAX (UINT64_C(1) << 30)
#define ALIGNMENT 64

/* Memory that is handed out from the front. */
struct rest {
	char *at;
	size_t bytes;
	bool is_short;
};

static size_t round_up(uint64_t bytes)
{
	return (size_t)((bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static void *cut(struct rest *rest, uint64_t bytes)
{
	if (bytes > rest->bytes || round_up(bytes) > rest->bytes) {
		rest->is_short = true;
		return NULL;
	}
	void *part = rest->at;

	rest->at += round_up(bytes);
	rest->bytes -= round_up(bytes);
	return part;
}

/* How long a segment has to be; 0: any length will do. */
static uint64_t length_of(enum rac_segment kind, uint32_t index)
{
	if (kind == RAC_SEGMENT_SITES)
		return rac_sites_level_bytes(index);
	if (kind == RAC_SEGMENT_ARENA)
		return rac_arena_level_words(index) * sizeof(uint64_t);
	return kind == RAC_SEGMENT_CHECKPOINTS ? sizeof(struct rac_checkpoints) : 0;
}

static const enum rac_segment copied[] = {RAC_SEGMENT_SITES, RAC_SEGMENT_ARENA, RAC_SEGMENT_MODULES,
	RAC_SEGMENT_CHECKPOINTS, RAC_SEGMENT_REFERENCES};

size_t rac_record_sites_bytes(const struct rac_record_view *view)
{
	uint64_t sum = ALIGNMENT;

	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
		struct rac_record_piece piece;
		uint32_t at = 0;

		while (rac_record_view_next(view, copied[i], &at, &piece))
			if (piece.bytes <= BYTES_MAX)
				sum += round_up(piece.bytes);
	}
	return (size_t)(sum < BYTES_MAX ? sum : BYTES_MAX);
}

static bool is_zero(const char *bytes, size_t n)
{
	return n == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* Copies one segment; NULL: there was no room or it could not be read. */
static void *copy(struct rac_record_view *view, enum rac_segment kind,
	const struct rac_record_piece *piece, struct rest *rest)
{
	uint64_t length = length_of(kind, piece->index);
	void *to = NULL;

	if (length == 0 || length == piece->bytes)
		to = cut(rest, piece->bytes);
	if (to == NULL ||
		rac_record_view_read(view, piece, 0, to, (size_t)piece->bytes) != RAC_OK) {
		rest->is_short = true;
		return NULL;
	}
	return to;
}

/* Keeps of two copies of one level the one that was used. */
static void *better(void *had, void *fresh, uint64_t bytes)
{
	if (had == NULL)
		return fresh;
	return fresh != NULL && is_zero(had, (size_t)bytes) ? fresh : had;
}

static void read_sites(struct rac_record_view *view, struct rest *rest, struct rac_sites *out)
{
	struct rac_record_piece piece;
	uint32_t at = 0, count = 0;

	while (rac_record_view_next(view, RAC_SEGMENT_SITES, &at, &piece)) {
		void *had = atomic_load_explicit(&out->levels[piece.index], memory_order_relaxed);
		void *fresh = copy(view, RAC_SEGMENT_SITES, &piece, rest);

		atomic_store_explicit(&out->levels[piece.index],
			(struct rac_site *)better(had, fresh, piece.bytes), memory_order_relaxed);
	}
	/* A missing level hides those after it: a table has no holes. */
	while (count < RAC_SITE_LEVELS &&
		atomic_load_explicit(&out->levels[count], memory_order_relaxed) != NULL)
		count++;
	rac_store_relaxed(&out->level_count, count);
}

static void read_arena(struct rac_record_view *view, struct rest *rest, struct rac_arena *out)
{
	struct rac_record_piece piece;
	uint32_t at = 0;

	while (rac_record_view_next(view, RAC_SEGMENT_ARENA, &at, &piece)) {
		void *had = atomic_load_explicit(&out->levels[piece.index], memory_order_relaxed);
		void *fresh = copy(view, RAC_SEGMENT_ARENA, &piece, rest);

		atomic_store_explicit(&out->levels[piece.index],
			(uint64_t *)better(had, fresh, piece.bytes), memory_order_relaxed);
	}
}

static void read_modules(
	struct rac_record_view *view, struct rest *rest, struct rac_site_tables *out)
{
	struct rac_record_piece piece;
	uint32_t at = 0;

	while (rac_record_view_next(view, RAC_SEGMENT_MODULES, &at, &piece)) {
		void *fresh = copy(view, RAC_SEGMENT_MODULES, &piece, rest);

		if (fresh == NULL || (out->modules != NULL && is_zero(fresh, (size_t)piece.bytes)))
			continue;
		out->modules = fresh;
		out->module_bytes = (size_t)piece.bytes;
	}
}

/* Two threads may have come to the first one together: the table of one of them was never used. */
static void read_checkpoints(
	struct rac_record_view *view, struct rest *rest, struct rac_site_tables *out)
{
	struct rac_record_piece piece;
	uint32_t at = 0;

	while (rac_record_view_next(view, RAC_SEGMENT_CHECKPOINTS, &at, &piece)) {
		const struct rac_checkpoints *fresh =
			copy(view, RAC_SEGMENT_CHECKPOINTS, &piece, rest);

		if (rac_checkpoints_count(fresh) > 0)
			out->checkpoints = fresh;
	}
}

static void read_references(
	struct rac_record_view *view, struct rest *rest, struct rac_site_tables *out)
{
	struct rac_record_piece piece;
	uint32_t at = 0;

	while (rac_record_view_next(view, RAC_SEGMENT_REFERENCES, &at, &piece)) {
		out->references = copy(view, RAC_SEGMENT_REFERENCES, &piece, rest);
		out->reference_bytes = out->references != NULL ? (size_t)piece.bytes : 0;
	}
}

void rac_record_sites_read(
	struct rac_record_view *view, void *memory, size_t bytes, struct rac_record_sites *out)
{
	size_t skipped = (size_t)(-(uintptr_t)memory % ALIGNMENT);
	struct rest rest = {(char *)memory + skipped, bytes > skipped ? bytes - skipped : 0, false};

	memset(out, 0, sizeof(*out));
	out->tables.sites = &out->sites;
	out->tables.arena = &out->arena;
	out->tables.tracker = rac_record_view_parts(view)->tracker;
	read_sites(view, &rest, &out->sites);
	read_arena(view, &rest, &out->arena);
	read_modules(view, &rest, &out->tables);
	read_checkpoints(view, &rest, &out->tables);
	read_references(view, &rest, &out->tables);
	out->is_partial = rest.is_short;
}

struct search {
	const struct rac_arena *arena;
	bool found;
};

static bool look_for_stack(void *context, uint32_t id, const struct rac_site *site)
{
	struct search *search = context;
	struct rac_site_about about;
	const uint64_t *words;

	(void)id;
	search->found = rac_site_about(site, &about) &&
		rac_stack_frames(search->arena, about.stack, &words) > 1;
	return !search->found;
}

enum rac_sites_style rac_record_sites_style(const struct rac_record_sites *sites)
{
	struct search search = {&sites->arena, false};

	rac_sites_each(sites->tables.sites, look_for_stack, &search);
	return search.found ? RAC_SITES_WITH_FRAMES : RAC_SITES_BY_OWNER;
}

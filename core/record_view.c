/*
 * record_view.c - copies and checks the head of a record and gives access to its segments; what is in
 * the ledger's is record_entries.c's.
 */
#include "record_view_parts.h"

#include "checked.h"
#include <string.h>

/* How often the head of a live record is copied anew because its list of segments just changed. */
#define ATTEMPTS 16

#define OTHER_BUILD "is a record of another build; read it with the rac of that build"

static bool read_bytes(void *context, uint64_t offset, void *to, size_t bytes)
{
	const struct rac_record_bytes *b = context;

	if (offset > b->length || bytes > b->length - offset)
		return false;
	memcpy(to, (const char *)b->bytes + offset, bytes);
	return true;
}

struct rac_record_source rac_record_source_bytes(struct rac_record_bytes *bytes)
{
	return (struct rac_record_source){
		.read = read_bytes, .context = bytes, .length = bytes->length};
}

static size_t tracker_place(void)
{
	size_t alignment = rac_tracker_alignment();

	return (sizeof(struct rac_record_view) + alignment - 1) / alignment * alignment;
}

size_t rac_record_view_bytes(void)
{
	/* The view is aligned within what the caller hands in. */
	return _Alignof(struct rac_record_view) - 1 + tracker_place() + rac_tracker_bytes();
}

static struct rac_record_view *place_view(void *memory)
{
	uintptr_t alignment = _Alignof(struct rac_record_view);
	size_t skipped = (size_t)(-(uintptr_t)memory % alignment);
	char *start = (char *)memory + skipped;
	struct rac_record_view *view = (struct rac_record_view *)(void *)start;

	/* Pieces are filled before they are read, and are most of it. */
	memset(view, 0, offsetof(struct rac_record_view, chunk));
	view->parts = (struct rac_record_parts){
		.header = &view->header,
		.tracker = rac_tracker_init(start + tracker_place(), rac_tracker_bytes()),
		.devices = view->devices,
		.settings = view->settings,
	};
	return view;
}

static bool is_unbounded(const struct rac_record_view *view)
{
	return view->source.length == RAC_RECORD_UNBOUNDED;
}

static bool is_within(const struct rac_record_view *view, uint64_t offset, uint64_t bytes)
{
	return is_unbounded(view) ||
		(offset <= view->source.length && bytes <= view->source.length - offset);
}

static bool copy(const struct rac_record_view *view, uint64_t offset, void *to, size_t bytes)
{
	return is_within(view, offset, bytes) &&
		view->source.read(view->source.context, offset, to, bytes);
}

static bool fail(struct rac_text *why, const char *what)
{
	rac_text_string(why, what);
	return false;
}

static bool cut_short(struct rac_text *why)
{
	return fail(why, "is a record that was cut short");
}

static bool is_damaged(struct rac_text *why, const char *what)
{
	rac_text_string(why, "is a damaged record: ");
	return fail(why, what);
}

static bool same_segments(const struct rac_record_header *a, const struct rac_record_header *b)
{
	for (uint32_t i = 0; i < RAC_RECORD_SEGMENTS; i++) {
		const struct rac_record_segment *s = &a->segments[i], *t = &b->segments[i];

		if (rac_load_relaxed(&s->kind) != rac_load_relaxed(&t->kind) ||
			rac_load_relaxed(&s->index) != rac_load_relaxed(&t->index) ||
			rac_load_relaxed(&s->offset) != rac_load_relaxed(&t->offset) ||
			rac_load_relaxed(&s->bytes) != rac_load_relaxed(&t->bytes))
			return false;
	}
	return true;
}

/* Until the list of segments stays the same while it is copied. A live process changes it seldom. */
static bool copy_header(struct rac_record_view *view)
{
	struct rac_record_header *before = (struct rac_record_header *)(void *)view->chunk;

	_Static_assert(sizeof(*before) <= sizeof(view->chunk), "the chunk has room for a header");
	if (!copy(view, 0, before, sizeof(*before)))
		return false;
	for (int i = 0; i < ATTEMPTS; i++) {
		if (!copy(view, 0, &view->header, sizeof(view->header)))
			return false;
		if (same_segments(before, &view->header))
			break;
		memcpy(before, &view->header, sizeof(*before));
	}
	return true;
}

static void end_string(char *string, size_t capacity)
{
	string[capacity - 1] = '\0';
}

static void bound_header(struct rac_record_header *h)
{
	struct rac_record_process *p = &h->process;

	end_string(p->boot_id, sizeof(p->boot_id));
	end_string(p->executable, sizeof(p->executable));
	end_string(p->host, sizeof(p->host));
	end_string(p->rank, sizeof(p->rank));
	end_string(h->counters_at, sizeof(h->counters_at));
	if (p->command_bytes > sizeof(p->command))
		p->command_bytes = sizeof(p->command);
	if (h->build_id_bytes > sizeof(h->build_id))
		h->build_id_bytes = sizeof(h->build_id);
	if (rac_load_relaxed(&h->end.how) > RAC_END_EXEC)
		rac_store_relaxed(&h->end.how, RAC_END_RUNNING);
}

static bool read_header(struct rac_record_view *view, struct rac_text *why)
{
	struct rac_record_header *h = &view->header;
	uint64_t magic = 0;

	_Static_assert(sizeof(magic) == sizeof(h->magic), "an atomic word is a word");

	if (!copy(view, 0, &magic, sizeof(magic)) || magic != RAC_RECORD_MAGIC)
		return fail(why, "is not a record: it does not begin like one");
	if (!copy(view, 0, h, offsetof(struct rac_record_header, process)))
		return cut_short(why);
	if (h->version != RAC_RECORD_VERSION) {
		rac_text_string(why, "is a record of version ");
		rac_text_u64(why, h->version);
		rac_text_string(why, "; this program reads version ");
		rac_text_u64(why, RAC_RECORD_VERSION);
		return false;
	}
	if (h->header_bytes != sizeof(*h))
		return fail(why, OTHER_BUILD);
	if (!copy_header(view))
		return cut_short(why);
	bound_header(h);
	return true;
}

static uint32_t most_of(uint32_t kind)
{
	static const uint32_t most[RAC_SEGMENT_KINDS] = {
#define RAC_SEGMENT(id, most_, holds) [RAC_SEGMENT_##id] = (most_),
#include "record_segments.def"
#undef RAC_SEGMENT
	};

	return kind < RAC_SEGMENT_KINDS ? most[kind] : 0;
}

/* What lies in the memory of a process whose head is all that is in a file. */
static bool is_out_of_reach(const struct rac_record_view *view, uint64_t offset, uint64_t bytes)
{
	return view->header.storage == RAC_RECORD_IN_MEMORY && !is_within(view, offset, bytes);
}

/*
 * Also the sum is bounded by the file, so that no list of overlapping segments makes a reader read it
 * over and over. Kinds that this version does not know are passed over.
 */
static bool check_segments(struct rac_record_view *view, struct rac_text *why)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < RAC_RECORD_SEGMENTS; i++) {
		struct rac_record_segment *s = &view->header.segments[i];
		uint32_t kind = rac_load_relaxed(&s->kind);
		uint64_t offset = rac_load_relaxed(&s->offset);
		uint64_t bytes = rac_load_relaxed(&s->bytes);

		if (is_out_of_reach(view, offset, bytes))
			rac_store_relaxed(&s->kind, RAC_SEGMENT_NONE);
		if (most_of(rac_load_relaxed(&s->kind)) == 0)
			continue;
		if (rac_load_relaxed(&s->index) >= most_of(kind) ||
			offset % RAC_RECORD_ALIGNMENT != 0)
			return is_damaged(why, "its list of segments makes no sense");
		if (!is_within(view, offset, bytes))
			return cut_short(why);
		if (!rac_checked_add(sum, bytes, &sum) ||
			(!is_unbounded(view) && sum > view->source.length))
			return is_damaged(why, "its segments overlap");
	}
	return true;
}

static bool copy_segment(const struct rac_record_view *view, enum rac_segment kind, void *to,
	size_t bytes, struct rac_text *why)
{
	struct rac_record_piece piece;
	uint32_t at = 0;

	if (!rac_record_view_next(view, kind, &at, &piece))
		return is_damaged(why, "its counters are not there");
	if (piece.bytes != bytes)
		return fail(why, OTHER_BUILD);
	return copy(view, piece.offset, to, bytes) || cut_short(why);
}

/* Of the head at `source`, whose list of segments is view's header's. */
static bool copy_counters(struct rac_record_view *view, struct rac_text *why)
{
	return copy_segment(
		       view, RAC_SEGMENT_TRACKER, view->parts.tracker, rac_tracker_bytes(), why) &&
		copy_segment(view, RAC_SEGMENT_DEVICES, view->devices, sizeof(view->devices), why);
}

/* From the file in which the process publishes itself. */
static bool copy_published(struct rac_record_view *view, struct rac_text *why)
{
	struct rac_record_header *h = &view->header;
	struct rac_record_source source = view->source, other;
	uint64_t nonce[2] = {h->nonce[0], h->nonce[1]};
	struct rac_record_header *own = (struct rac_record_header *)(void *)view->again;
	bool good;

	if (source.other == NULL || !source.other(source.context, h->counters_at, &other)) {
		rac_text_string(why, "is a record whose counters are in ");
		rac_text_quoted(why, h->counters_at, strlen(h->counters_at), 256);
		return fail(why, ", which cannot be read");
	}
	memcpy(own, h, sizeof(*own));
	view->source = other;
	good = read_header(view, why) && check_segments(view, why);
	if (good && (h->nonce[0] != nonce[0] || h->nonce[1] != nonce[1]))
		good = is_damaged(why, "what should have its counters belongs to another");
	good = good && copy_counters(view, why);
	memcpy(h, own, sizeof(*own));
	view->source = source;
	return good;
}

static bool read_counters(struct rac_record_view *view, struct rac_text *why)
{
	struct rac_text ignored;

	rac_text_init(&ignored, NULL, 0);
	if (rac_load_relaxed(&view->header.is_counted_elsewhere) == 0)
		return copy_counters(view, why);
	if (copy_published(view, &ignored))
		return true;
	/* The process may have ended meanwhile, and its counters be where they belong. */
	if (!read_header(view, why) || !check_segments(view, why))
		return false;
	return rac_load_relaxed(&view->header.is_counted_elsewhere) == 0
		? copy_counters(view, why)
		: copy_published(view, why);
}

static bool read_head(struct rac_record_view *view, struct rac_text *why)
{
	if (!read_header(view, why) || !check_segments(view, why) || !read_counters(view, why) ||
		!copy_segment(
			view, RAC_SEGMENT_SETTINGS, view->settings, sizeof(view->settings), why))
		return false;
	for (size_t i = 0; i < RAC_MAX_DEVICES; i++)
		end_string(view->devices[i].limit_source, sizeof(view->devices[i].limit_source));
	end_string(view->settings, sizeof(view->settings));
	return true;
}

struct rac_record_view *rac_record_view_open(
	void *memory, const struct rac_record_source *source, struct rac_text *why)
{
	struct rac_record_view *view = place_view(memory);

	view->source = *source;
	return read_head(view, why) ? view : NULL;
}

const struct rac_record_parts *rac_record_view_parts(const struct rac_record_view *view)
{
	return &view->parts;
}

void rac_record_view_report(
	struct rac_record_view *view, const struct rac_record_fate *fate, struct rac_report *out)
{
	rac_record_report(&view->parts, fate, &view->room, out);
}

bool rac_record_view_next(const struct rac_record_view *view, enum rac_segment kind, uint32_t *at,
	struct rac_record_piece *out)
{
	while (*at < RAC_RECORD_SEGMENTS) {
		const struct rac_record_segment *s = &view->header.segments[(*at)++];

		if (rac_load_relaxed(&s->kind) != (uint32_t)kind)
			continue;
		out->index = rac_load_relaxed(&s->index);
		out->offset = rac_load_relaxed(&s->offset);
		out->bytes = rac_load_relaxed(&s->bytes);
		return true;
	}
	return false;
}

enum rac_status rac_record_view_read(struct rac_record_view *view,
	const struct rac_record_piece *piece, uint64_t from, void *to, size_t bytes)
{
	if (from > piece->bytes || bytes > piece->bytes - from)
		return RAC_INVALID;
	return copy(view, piece->offset + from, to, bytes) ? RAC_OK : RAC_UNKNOWN;
}

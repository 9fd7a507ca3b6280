/*
 * report_sites.c - see report_sites.h. Ids and owners are told here; what modules are called is read in
 * report_modules.c.
 *
 * The memory handed in holds the modules' names, then the sites, their frames and their ids. It is
 * measured first and filled later, while the process may go on allocating, so filling stops at what
 * there is room for.
 */
#include "report_sites.h"

#include "checked.h"
#include "checkpoints.h"
#include "references.h"
#include "report_modules.h"
#include "site_id.h"
#include "stack.h"
#include <string.h>

/* Sites that may be made between measuring and filling. */
#define SLACK 16

/* The sites are filled one after the other, each with an id; sorted and merged, they are told by it. */
struct room {
	struct rac_report_site *sites;
	char (*ids)[RAC_SITE_ID_BYTES];
	struct rac_report_frame *frames;
	uint32_t *positions; /* by number: of the id, then of the site, counted from 1 */
	uint32_t *places;    /* by id: what it was merged with, by position in that order */
	uint32_t *finals;    /* where those went in the end */
	size_t sites_max, sites_used;
	size_t frames_max, frames_used;
	size_t numbers;
};

struct work {
	const struct rac_site_tables *tables;
	enum rac_sites_style style;
	struct rac_module_names modules;
	struct room room;
};

static bool measure_one(void *context, uint32_t id, const struct rac_site *site)
{
	struct work *w = context;
	struct rac_site_about about;
	const uint64_t *words;

	w->room.sites_max++;
	if (id >= w->room.numbers)
		w->room.numbers = (size_t)id + 1;
	if (rac_site_about(site, &about))
		w->room.frames_max += rac_stack_frames(w->tables->arena, about.stack, &words);
	return true;
}

static struct room measure(const struct rac_site_tables *tables)
{
	struct work w = {.tables = tables};

	rac_sites_each(tables->sites, measure_one, &w);
	w.room.sites_max += SLACK;
	w.room.frames_max += SLACK;
	w.room.numbers += SLACK;
	return w.room;
}

static size_t room_bytes(const struct room *room)
{
	return room->sites_max *
		(sizeof(struct rac_report_site) + RAC_SITE_ID_BYTES + 2 * sizeof(uint32_t)) +
		room->frames_max * sizeof(struct rac_report_frame) +
		room->numbers * sizeof(uint32_t);
}

size_t rac_report_sites_bytes(const struct rac_site_tables *tables)
{
	struct room room = measure(tables);

	return room_bytes(&room) + rac_module_names_bytes(tables->modules, tables->module_bytes);
}

/* False: less memory than what is there now needs. */
static bool divide(struct work *w, void *memory, size_t bytes)
{
	const struct rac_site_tables *t = w->tables;
	size_t names = rac_module_names_bytes(t->modules, t->module_bytes);
	struct room *room = &w->room;

	*room = measure(t);
	if (bytes < names + room_bytes(room))
		return false;
	rac_module_names_read(&w->modules, t->modules, t->module_bytes, memory, names);
	room->sites = (struct rac_report_site *)(void *)((char *)memory + names);
	room->frames = (struct rac_report_frame *)(void *)(room->sites + room->sites_max);
	room->positions = (uint32_t *)(void *)(room->frames + room->frames_max);
	room->places = room->positions + room->numbers;
	room->finals = room->places + room->sites_max;
	room->ids = (char(*)[RAC_SITE_ID_BYTES])(void *)(room->finals + room->sites_max);
	memset(room->positions, 0, room->numbers * sizeof(*room->positions));
	return true;
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static const char *text_or_empty(const struct work *w, uint64_t place)
{
	return or_empty(rac_stack_text(w->tables->arena, place));
}

static void fill_frame(
	const struct work *w, const struct rac_frame *f, struct rac_report_frame *out)
{
	*out = (struct rac_report_frame){.language = "native"};
	if (f->language == RAC_LANGUAGE_PYTHON) {
		out->function = text_or_empty(w, f->function);
		out->file = text_or_empty(w, f->file);
		out->line = f->line;
		out->language = "python";
		return;
	}
	const struct rac_module_name *name = rac_module_names_at(&w->modules, f->module);

	out->module = name != NULL ? name->path : "";
	out->build_id = name != NULL ? name->build_id : "";
	/* Where generated code lay says nothing afterwards. */
	out->offset = name != NULL ? f->offset - name->base : 0;
}

/* The innermost module that is not CUDA's own, else the innermost that is known. */
static const char *owner_of(const struct work *w, const uint64_t *words, size_t n)
{
	const char *innermost = "";

	for (size_t i = 0; i < n; i++) {
		struct rac_frame f;

		rac_stack_frame(words, i, &f);
		const struct rac_module_name *name = f.language == RAC_LANGUAGE_NATIVE
			? rac_module_names_at(&w->modules, f.module)
			: NULL;

		if (name == NULL)
			continue;
		if (!rac_module_is_cuda(name->path))
			return name->file;
		if (innermost[0] == '\0')
			innermost = name->file;
	}
	return innermost;
}

static uint64_t moment_ns(uint32_t moment)
{
	return moment != 0 && moment != RAC_SITE_MOMENT_LATER
		? (uint64_t)(moment - 1) << RAC_SITE_TICK_SHIFT
		: RAC_REPORT_TIME_UNKNOWN;
}

/* Memory that the search cannot look for, as by a handle that is no address, leaves its site without an answer. */
static void fill_references(const struct work *w, uint32_t id, struct rac_report_site *out)
{
	struct rac_site_references found;

	if (!rac_references_of(w->tables->references, w->tables->reference_bytes, id, &found) ||
		found.sought_count < out->live_count)
		return;
	out->is_searched = true;
	out->lost_bytes = found.lost_bytes;
	out->lost_count = found.lost_count;
	out->inside_count = found.inside_count;
}

static void fill_site(
	struct work *w, uint32_t id, const struct rac_site_snapshot *s, struct rac_report_site *out)
{
	const uint64_t *words = NULL;
	size_t n = rac_stack_frames(w->tables->arena, s->about.stack, &words);
	struct room *room = &w->room;

	*out = (struct rac_report_site){
		.device = s->about.device,
		.kind = s->about.kind,
		.api = text_or_empty(w, s->about.api),
		.owner = owner_of(w, words, n),
		.live_bytes = s->live_bytes,
		.live_count = s->live_count,
		.peak_bytes = s->peak_bytes,
		.total_bytes = s->total_bytes,
		.total_count = s->total_count,
		.temporary_count = s->temporary_count,
		.first_ns = moment_ns(s->about.first),
		.last_ns = moment_ns(s->last),
		.grade = RAC_GRADE_LEAK,
		.scope = rac_stack_text(w->tables->arena, s->about.scope),
		.is_ignored = s->about.is_ignored,
		.trend = rac_site_trend(
			&s->marks, s->live_bytes, rac_checkpoints_count(w->tables->checkpoints)),
		.frames = room->frames + room->frames_used,
	};
	fill_references(w, id, out);
	for (size_t i = 0; w->style == RAC_SITES_WITH_FRAMES && i < n; i++) {
		struct rac_frame f;

		if (room->frames_used == room->frames_max)
			break;
		rac_stack_frame(words, i, &f);
		fill_frame(w, &f, &room->frames[room->frames_used++]);
		out->frame_count++;
	}
	rac_site_id(out, room->ids[out - room->sites]);
	out->id = room->ids[out - room->sites];
}

static bool fill_one(void *context, uint32_t id, const struct rac_site *site)
{
	struct work *w = context;
	struct rac_site_snapshot s;
	struct rac_site_about about;

	if (w->room.sites_used == w->room.sites_max || id >= w->room.numbers)
		return false;
	rac_site_about(site, &about);
	/* One whose maker died before he described it has its figures all the same. */
	if (rac_site_read(site, rac_tracker_peak_number(w->tables->tracker, about.device), &s) &&
		(s.described || s.total_count > 0)) {
		fill_site(w, id, &s, &w->room.sites[w->room.sites_used++]);
		w->room.positions[id] = (uint32_t)w->room.sites_used;
	}
	return true;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_frames(const struct rac_report_frame *a, const struct rac_report_frame *b)
{
	int order = strcmp(or_empty(a->module), or_empty(b->module));

	if (order == 0)
		order = compare_numbers(a->offset, b->offset);
	if (order == 0)
		order = strcmp(or_empty(a->file), or_empty(b->file));
	if (order == 0)
		order = strcmp(or_empty(a->function), or_empty(b->function));
	return order != 0 ? order : compare_numbers(a->line, b->line);
}

/* One place in the report: the same id, which tells calls and kinds apart, device, scope, trend and frames, of
 * whose lines and files ids know nothing. */
static int compare_places(const struct rac_report_site *a, const struct rac_report_site *b)
{
	int order = strcmp(a->id, b->id);

	if (order == 0)
		order = compare_numbers(a->device, b->device);
	if (order == 0)
		order = compare_numbers(a->trend, b->trend);
	if (order == 0)
		order = compare_numbers(a->is_ignored, b->is_ignored);
	if (order == 0)
		order = strcmp(or_empty(a->scope), or_empty(b->scope));
	if (order == 0)
		order = compare_numbers(a->frame_count, b->frame_count);
	for (size_t i = 0; order == 0 && i < a->frame_count; i++)
		order = compare_frames(&a->frames[i], &b->frames[i]);
	return order;
}

/* Most live bytes first, then most at the peak; ids settle what is equal, so that runs compare. */
static int compare_weights(const struct rac_report_site *a, const struct rac_report_site *b)
{
	if (a->live_bytes != b->live_bytes)
		return a->live_bytes < b->live_bytes ? 1 : -1;
	if (a->peak_bytes != b->peak_bytes)
		return a->peak_bytes < b->peak_bytes ? 1 : -1;
	return compare_places(a, b);
}

static void sift(struct rac_report_site *sites, size_t root, size_t n,
	int (*compare)(const struct rac_report_site *, const struct rac_report_site *))
{
	for (size_t child; (child = 2 * root + 1) < n; root = child) {
		if (child + 1 < n && compare(&sites[child], &sites[child + 1]) < 0)
			child++;
		if (compare(&sites[root], &sites[child]) >= 0)
			return;
		struct rac_report_site moved = sites[root];

		sites[root] = sites[child];
		sites[child] = moved;
	}
}

/* Heapsort: in place, since the C library's sort may allocate. */
static void sort(struct rac_report_site *sites, size_t n,
	int (*compare)(const struct rac_report_site *, const struct rac_report_site *))
{
	for (size_t i = n / 2; i-- > 0;)
		sift(sites, i, n, compare);
	for (size_t end = n; end > 1; end--) {
		struct rac_report_site last = sites[end - 1];

		sites[end - 1] = sites[0];
		sites[0] = last;
		sift(sites, 0, end - 1, compare);
	}
}

void rac_report_site_join(struct rac_report_site *to, const struct rac_report_site *more)
{
	bool is_known = to->first_ns != RAC_REPORT_TIME_UNKNOWN &&
		more->first_ns != RAC_REPORT_TIME_UNKNOWN;

	if (!is_known || more->first_ns < to->first_ns)
		to->first_ns = is_known ? more->first_ns : RAC_REPORT_TIME_UNKNOWN;
	/* Not known is the highest number. */
	if (more->last_ns > to->last_ns)
		to->last_ns = more->last_ns;
	to->is_searched = to->is_searched && more->is_searched;
	to->lost_bytes += more->lost_bytes;
	to->lost_count += more->lost_count;
	to->inside_count += more->inside_count;
}

static void add(struct rac_report_site *to, const struct rac_report_site *more)
{
	to->live_bytes += more->live_bytes;
	to->live_count += more->live_count;
	to->peak_bytes += more->peak_bytes;
	to->total_bytes += more->total_bytes;
	to->total_count += more->total_count;
	to->temporary_count += more->temporary_count;
	rac_report_site_join(to, more);
}

static size_t id_of(const struct room *room, const struct rac_report_site *site)
{
	return (size_t)(site->id - room->ids[0]) / RAC_SITE_ID_BYTES;
}

/* The sites are sorted by place. Returns how many are left. */
static size_t merge(struct room *room)
{
	struct rac_report_site *sites = room->sites;
	size_t kept = 0;

	for (size_t i = 0; i < room->sites_used; i++) {
		size_t id = id_of(room, &sites[i]);

		if (kept > 0 && compare_places(&sites[kept - 1], &sites[i]) == 0)
			add(&sites[kept - 1], &sites[i]);
		else
			sites[kept++] = sites[i];
		room->places[id] = (uint32_t)(kept - 1);
	}
	return kept;
}

/* Follows each number through both sorts. */
static void find_positions(struct room *room, size_t n)
{
	for (size_t i = 0; i < n; i++)
		room->finals[room->places[id_of(room, &room->sites[i])]] = (uint32_t)i;
	for (size_t number = 0; number < room->numbers; number++)
		if (room->positions[number] > 0)
			room->positions[number] =
				room->finals[room->places[room->positions[number] - 1]] + 1;
}

size_t rac_report_sites(const struct rac_site_tables *tables, enum rac_sites_style style,
	void *memory, size_t bytes, const struct rac_report_site **out,
	struct rac_site_positions *positions)
{
	struct work w = {.tables = tables, .style = style};

	*out = NULL;
	if (positions != NULL)
		*positions = (struct rac_site_positions){NULL, 0};
	if (!divide(&w, memory, bytes))
		return 0;
	rac_sites_each(tables->sites, fill_one, &w);
	sort(w.room.sites, w.room.sites_used, compare_places);
	size_t n = merge(&w.room);

	sort(w.room.sites, n, compare_weights);
	find_positions(&w.room, n);
	if (positions != NULL)
		*positions = (struct rac_site_positions){w.room.positions, w.room.numbers};
	*out = w.room.sites;
	return n;
}

/*
 * sites_group.c - makes one site of those that are one place in the source: same call, kind of memory, device,
 * owner, grade and stack of functions, files and lines. Nothing is lost: figures add up, also over time.
 */
#include "symbolise.h"

#include "checked.h"
#include "report_sites.h"
#include "site_words.h"
#include <stdlib.h>
#include <string.h>

static int compare_text(const char *a, const char *b)
{
	return a == b ? 0 : strcmp(rac_or_empty(a), rac_or_empty(b));
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* A frame that has a name is where its line is; one that has none is where its code is. */
static int compare_frames(const struct rac_report_frame *a, const struct rac_report_frame *b)
{
	int order = compare_text(a->function, b->function);

	if (order == 0)
		order = compare_u64(a->line, b->line);
	if (order == 0)
		order = compare_text(a->file, b->file);
	if (order != 0 || rac_or_empty(a->function)[0] != '\0')
		return order;
	order = compare_u64(a->offset, b->offset);
	return order != 0 ? order : compare_text(a->module, b->module);
}

static int compare_places(const struct rac_report_site *a, const struct rac_report_site *b)
{
	int order = compare_text(a->id, b->id);

	if (order == 0)
		order = compare_u64(a->device, b->device);
	if (order == 0)
		order = compare_u64(a->kind, b->kind);
	if (order == 0)
		order = compare_u64(a->grade, b->grade);
	if (order == 0)
		order = compare_u64(a->trend, b->trend);
	if (order == 0)
		order = compare_text(a->scope, b->scope);
	if (order == 0)
		order = compare_text(a->api, b->api);
	if (order == 0)
		order = compare_text(a->owner, b->owner);
	if (order == 0)
		order = compare_u64(a->frame_count, b->frame_count);
	for (size_t i = 0; order == 0 && i < a->frame_count; i++)
		order = compare_frames(&a->frames[i], &b->frames[i]);
	return order;
}

/* A site, where it stood before, and the number of the place that it is part of. */
struct member {
	struct rac_report_site *site;
	size_t before, place;
};

struct place {
	struct rac_report_site *site; /* the first of its members, with the figures of all */
	size_t number;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *one = a, *other = b;
	int order = compare_places(one->site, other->site);

	return order != 0 ? order : compare_u64(one->before, other->before);
}

/* As a process sorts its own: most live bytes first, then most at the peak. */
static int compare_weights(const void *a, const void *b)
{
	const struct rac_report_site *one = ((const struct place *)a)->site;
	const struct rac_report_site *other = ((const struct place *)b)->site;
	int order = compare_u64(other->live_bytes, one->live_bytes);

	if (order == 0)
		order = compare_u64(other->peak_bytes, one->peak_bytes);
	return order != 0 ? order : compare_places(one, other);
}

static void add(uint64_t *to, uint64_t more)
{
	if (!rac_checked_add(*to, more, to))
		*to = UINT64_MAX;
}

static void add_site(struct rac_report_site *to, const struct rac_report_site *more)
{
	add(&to->live_bytes, more->live_bytes);
	add(&to->live_count, more->live_count);
	add(&to->peak_bytes, more->peak_bytes);
	add(&to->total_bytes, more->total_bytes);
	add(&to->total_count, more->total_count);
	add(&to->temporary_count, more->temporary_count);
	rac_report_site_join(to, more);
}

/* What a place held is the sum of what its sites held. */
static bool group_timeline(
	struct rac_report *report, const size_t *places, size_t site_count, struct rac_pool *pool)
{
	struct rac_report_timeline *t = &report->timeline;
	struct rac_report_event *events = rac_pool_take(pool, t->count, sizeof(*events));
	uint64_t *held = calloc(2 * site_count + 1, sizeof(*held)), *sums;
	bool done = held != NULL && events != NULL;

	sums = held + site_count;
	for (size_t i = 0; done && i < t->count; i++) {
		uint32_t site = t->events[i].site;

		events[i] = t->events[i];
		if (site == RAC_REPORT_NO_SITE)
			continue;
		uint64_t *sum = &sums[places[site]];

		*sum = rac_saturating_sub(*sum, held[site]);
		held[site] = t->events[i].live_bytes;
		add(sum, held[site]);
		events[i].live_bytes = *sum;
		events[i].site = (uint32_t)places[site];
	}
	if (done)
		t->events = events;
	free(held);
	return done;
}

/* Gathers equal members, which stand beside each other, in the first of them. */
static size_t gather(struct member *members, size_t n, struct place *places)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (count > 0 && compare_places(places[count - 1].site, members[i].site) == 0) {
			add_site(places[count - 1].site, members[i].site);
		} else {
			places[count] = (struct place){members[i].site, count};
			count++;
		}
		members[i].place = count - 1;
	}
	return count;
}

/* positions: of each place among the sorted ones; order: of each site that was there before. */
static bool put_in_order(struct rac_report *report, const struct member *members,
	struct place *places, size_t count, struct rac_pool *pool)
{
	struct rac_report_site *sites = rac_pool_take(pool, count, sizeof(*sites));
	size_t n = report->site_count, *positions = calloc(count + n, sizeof(*positions)), *order;
	bool done = sites != NULL && positions != NULL;

	qsort(places, count, sizeof(*places), compare_weights);
	for (size_t i = 0; done && i < count; i++) {
		sites[i] = *places[i].site;
		positions[places[i].number] = i;
	}
	order = positions + count;
	for (size_t i = 0; done && i < n; i++)
		order[members[i].before] = positions[members[i].place];
	done = done && (report->timeline.count == 0 || group_timeline(report, order, n, pool));
	free(positions);
	if (!done)
		return false;
	report->sites = sites;
	report->site_count = count;
	return true;
}

bool rac_sites_group(
	struct rac_report *report, struct rac_report_site *sites, struct rac_pool *pool)
{
	size_t n = report->site_count, count = 0;
	struct member *members = calloc(n + 1, sizeof(*members));
	struct place *places = calloc(n + 1, sizeof(*places));
	bool done = members != NULL && places != NULL;

	for (size_t i = 0; done && i < n; i++)
		members[i] = (struct member){&sites[i], i, 0};
	if (done && n > 0) {
		qsort(members, n, sizeof(*members), compare_members);
		count = gather(members, n, places);
	}
	/* Where all are different they stay in their order. */
	if (done && count < n)
		done = put_in_order(report, members, places, count, pool);
	else if (done)
		report->sites = sites;
	free(members);
	free(places);
	return done;
}

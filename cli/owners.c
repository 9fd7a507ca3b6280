/*
 * owners.c - sums sites up by who owns them.
 */
#include "owners.h"

#include "checked.h"
#include <stdlib.h>
#include <string.h>

/* By what tells sums apart. */
static int compare(const void *first, const void *second)
{
	const struct rac_report_site *a = first, *b = second;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind != RAC_KIND_PINNED && a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->grade != b->grade)
		return a->grade < b->grade ? -1 : 1;
	return strcmp(a->owner, b->owner);
}

static uint64_t most_bytes(const struct rac_report_site *s)
{
	return s->live_bytes > s->peak_bytes ? s->live_bytes : s->peak_bytes;
}

static int by_bytes(const void *first, const void *second)
{
	const uint64_t a = most_bytes(first), b = most_bytes(second);

	return a != b ? (a < b ? 1 : -1) : compare(first, second);
}

static void add_capped(uint64_t *to, uint64_t more)
{
	if (!rac_checked_add(*to, more, to))
		*to = UINT64_MAX;
}

/* Makes one of those that are equal. Returns how many are left, in order. */
static size_t merge(struct rac_report_site *sums, size_t count)
{
	size_t n = 0;

	if (count == 0)
		return 0;
	qsort(sums, count, sizeof(*sums), compare);
	for (size_t i = 1; i < count; i++) {
		if (compare(&sums[n], &sums[i]) != 0) {
			sums[++n] = sums[i];
			continue;
		}
		add_capped(&sums[n].live_bytes, sums[i].live_bytes);
		add_capped(&sums[n].peak_bytes, sums[i].peak_bytes);
	}
	return n + 1;
}

size_t rac_owners_sum(
	const struct rac_report *report, struct rac_report_site *out, struct rac_cleaner *cleaner)
{
	size_t count = report->site_count;

	if (count == 0)
		return 0;
	memcpy(out, report->sites, count * sizeof(*out));
	/* Clean before they are compared: what is one label must be one sum. */
	for (size_t i = 0; i < count; i++)
		out[i].owner = rac_clean(cleaner, out[i].owner);
	count = merge(out, count);
	if (count <= RAC_OWNERS_MOST)
		return count;
	qsort(out, count, sizeof(*out), by_bytes);
	for (size_t i = RAC_OWNERS_MOST; i < count; i++)
		out[i].owner = RAC_OWNERS_OTHERS;
	return merge(out, count);
}

/*
 * diff_make.c - pairs up what two reports have, and judges each pair of figures.
 */
#include "diff.h"

#include "checked.h"
#include "report_sites.h"
#include "site_words.h"
#include <stdlib.h>
#include <string.h>

#define FIGURE(object, field, words, class)                                       \
	{                                                                         \
#field, (words), RAC_DIFF_##class, offsetof(struct object, field) \
	}

static const struct rac_diff_figure process_figures[] = {
	FIGURE(rac_report, unknown_frees, "frees of what was never recorded", TROUBLE),
	FIGURE(rac_report, unrecorded, "allocations not recorded", TROUBLE),
};
static const struct rac_diff_figure counts_figures[] = {
	FIGURE(rac_counts, live_bytes, "live", BYTES),
	FIGURE(rac_counts, peak_bytes, "peak", BYTES),
	FIGURE(rac_counts, allocations, "allocations", CALLS),
	FIGURE(rac_counts, frees, "frees", CALLS),
};
static const struct rac_diff_figure device_figures[] = {
	FIGURE(rac_device_snapshot, live_bytes, "live", BYTES),
	FIGURE(rac_device_snapshot, peak_bytes, "peak", BYTES),
	FIGURE(rac_device_snapshot, allocations, "allocations", CALLS),
	FIGURE(rac_device_snapshot, frees, "frees", CALLS),
	FIGURE(rac_device_snapshot, largest_bytes, "largest request", BYTES),
	FIGURE(rac_device_snapshot, refused, "requests refused", TROUBLE),
	FIGURE(rac_device_snapshot, refused_bytes, "refused", BYTES),
	FIGURE(rac_device_snapshot, over_bytes, "limit passed by", BYTES),
	FIGURE(rac_device_snapshot, driver_failures, "calls failed by the driver", TROUBLE),
};
static const struct rac_diff_figure site_figures[] = {
	FIGURE(rac_report_site, live_bytes, "live", BYTES),
	FIGURE(rac_report_site, live_count, "live allocations", CALLS),
	FIGURE(rac_report_site, peak_bytes, "at the peak", BYTES),
	FIGURE(rac_report_site, total_bytes, "in all", BYTES),
	FIGURE(rac_report_site, total_count, "allocations", CALLS),
};

#define LIST(figures)                                             \
	{                                                         \
		(figures), sizeof(figures) / sizeof((figures)[0]) \
	}
const struct rac_diff_figures rac_diff_figures[RAC_DIFF_SECTIONS] = {
	[RAC_DIFF_PROCESS] = LIST(process_figures),
	[RAC_DIFF_PINNED] = LIST(counts_figures),
	[RAC_DIFF_DEVICE] = LIST(device_figures),
	[RAC_DIFF_KIND] = LIST(counts_figures),
	[RAC_DIFF_SITE] = LIST(site_figures),
};

struct making {
	const struct rac_amount *tolerance;
	struct rac_diff *out;
};

static bool is_beyond(
	const struct rac_amount *tolerance, enum rac_diff_class class, uint64_t old, uint64_t new)
{
	uint64_t change = old > new ? old - new : new - old;
	__extension__ typedef unsigned __int128 wide;

	if (tolerance->unit == RAC_AMOUNT_PERCENT)
		return (wide)change * 100 * RAC_AMOUNT_PERCENT_ONE > (wide)old * tolerance->value;
	if (tolerance->unit == RAC_AMOUNT_BYTES && class == RAC_DIFF_BYTES)
		return change > tolerance->value;
	if (tolerance->unit == RAC_AMOUNT_BYTES && class == RAC_DIFF_CALLS)
		return false;
	return change > 0;
}

/* old and new are what the section is about, or NULL. */
static struct rac_diff_row *add_row(
	struct making *m, enum rac_diff_section section, const void *old, const void *new)
{
	const struct rac_diff_figures *list = &rac_diff_figures[section];
	struct rac_diff_row *row = &m->out->rows[m->out->count++];

	*row = (struct rac_diff_row){
		.section = section, .in_old = old != NULL, .in_new = new != NULL};
	for (size_t i = 0; i < list->count; i++) {
		size_t offset = list->figures[i].offset;

		if (old != NULL)
			memcpy(&row->old[i], (const char *)old + offset, sizeof(uint64_t));
		if (new != NULL)
			memcpy(&row->new[i], (const char *)new + offset, sizeof(uint64_t));
		row->differs[i] =
			is_beyond(m->tolerance, list->figures[i].class, row->old[i], row->new[i]);
		row->differing += row->differs[i];
	}
	m->out->differing += row->differing;
	return row;
}

static void add_device(struct making *m, const struct rac_device_snapshot *old,
	const struct rac_device_snapshot *new)
{
	static const struct rac_counts none;

	add_row(m, RAC_DIFF_DEVICE, old, new)->device = new != NULL ? new : old;
	for (unsigned kind = 0; kind < RAC_KIND_COUNT; kind++) {
		const struct rac_counts *a = old != NULL ? &old->kinds[kind] : &none;
		const struct rac_counts *b = new != NULL ? &new->kinds[kind] : &none;

		if (!rac_counts_occurred(a) && !rac_counts_occurred(b))
			continue;
		struct rac_diff_row *row = add_row(m, RAC_DIFF_KIND,
			rac_counts_occurred(a) ? a : NULL, rac_counts_occurred(b) ? b : NULL);

		row->device = new != NULL ? new : old;
		row->kind = (enum rac_kind)kind;
	}
}

static const struct rac_device_snapshot *find_device(
	const struct rac_report *report, uint32_t ordinal)
{
	size_t i = rac_report_device_index(report, ordinal);

	return i < report->device_count ? &report->devices[i] : NULL;
}

static void add_devices(
	struct making *m, const struct rac_report *old, const struct rac_report *new)
{
	for (size_t i = 0; i < old->device_count; i++)
		add_device(m, &old->devices[i], find_device(new, old->devices[i].ordinal));
	for (size_t i = 0; i < new->device_count; i++)
		if (find_device(old, new->devices[i].ordinal) == NULL)
			add_device(m, NULL, &new->devices[i]);
}

static int compare_sites(const void *a, const void *b)
{
	return rac_site_compare(a, b);
}

static void add_capped(uint64_t *to, uint64_t more)
{
	if (!rac_checked_add(*to, more, to))
		*to = UINT64_MAX;
}

/* Copies the sites in their order, and makes one of those that are the same. Returns how many there are. */
static size_t gather(const struct rac_report *report, struct rac_report_site *to)
{
	size_t n = 0;

	if (report->site_count == 0)
		return 0;
	memcpy(to, report->sites, report->site_count * sizeof(*to));
	qsort(to, report->site_count, sizeof(*to), compare_sites);
	for (size_t i = 1; i < report->site_count; i++) {
		if (rac_site_compare(&to[n], &to[i]) != 0) {
			to[++n] = to[i];
			continue;
		}
		add_capped(&to[n].live_bytes, to[i].live_bytes);
		add_capped(&to[n].live_count, to[i].live_count);
		add_capped(&to[n].peak_bytes, to[i].peak_bytes);
		add_capped(&to[n].total_bytes, to[i].total_bytes);
		add_capped(&to[n].total_count, to[i].total_count);
		add_capped(&to[n].temporary_count, to[i].temporary_count);
		rac_report_site_join(&to[n], &to[i]);
	}
	return n + 1;
}

static void add_sites(struct making *m, const struct rac_report_site *old, size_t old_count,
	const struct rac_report_site *new, size_t new_count)
{
	size_t i = 0, j = 0;

	while (i < old_count || j < new_count) {
		int order = i == old_count ? 1
			: j == new_count   ? -1
					   : rac_site_compare(&old[i], &new[j]);
		const struct rac_report_site *a = order <= 0 ? &old[i++] : NULL;
		const struct rac_report_site *b = order >= 0 ? &new[j++] : NULL;

		add_row(m, RAC_DIFF_SITE, a, b)->site = b != NULL ? b : a;
	}
}

static uint64_t change_of(const struct rac_diff_row *row, size_t figure)
{
	return row->old[figure] > row->new[figure] ? row->old[figure] - row->new[figure]
						   : row->new[figure] - row->old[figure];
}

/* By the change in live bytes, then by that at the peak, then by name, so that the order is one. */
static int compare_rows(const void *first, const void *second)
{
	const struct rac_diff_row *a = first, *b = second;

	for (size_t figure = 0; figure <= 2; figure += 2)
		if (change_of(a, figure) != change_of(b, figure))
			return change_of(a, figure) > change_of(b, figure) ? -1 : 1;
	return rac_site_compare(a->site, b->site);
}

bool rac_diff_make(const struct rac_report *old, const struct rac_report *new,
	const struct rac_amount *tolerance, struct rac_diff *out)
{
	size_t sites = old->site_count + new->site_count, first_site;
	size_t devices = old->device_count + new->device_count;
	struct rac_report_site *old_sites = calloc(sites + 1, sizeof(*old_sites));
	struct making m = {tolerance, out};

	*out = (struct rac_diff){
		.rows = calloc(2 + devices * (1 + RAC_KIND_COUNT) + sites, sizeof(*out->rows)),
		.sites = old_sites,
	};
	if (out->rows == NULL || old_sites == NULL) {
		rac_diff_free(out);
		return false;
	}
	add_row(&m, RAC_DIFF_PROCESS, old, new);
	add_row(&m, RAC_DIFF_PINNED, &old->host_pinned, &new->host_pinned);
	add_devices(&m, old, new);
	first_site = out->count;
	add_sites(&m, old_sites, gather(old, old_sites), old_sites + old->site_count,
		gather(new, old_sites + old->site_count));
	qsort(out->rows + first_site, out->count - first_site, sizeof(*out->rows), compare_rows);
	return true;
}

void rac_diff_free(struct rac_diff *diff)
{
	free(diff->rows);
	free(diff->sites);
}

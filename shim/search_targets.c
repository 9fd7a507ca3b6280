/*
 * search_targets.c - the list of what a search looks for, and what it adds up to; see search_parts.h.
 */
#include "search_parts.h"

#include "record_memory.h"
#include <sys/mman.h>

#define TARGETS_MOST (UINT64_C(4) << 20)
#define FIRST_ROOM   4096

/* Of other kinds nobody knows how many copies the driver keeps. */
static bool can_be_found(const struct rac_entry *entry)
{
	return entry->kind == RAC_KIND_DEVICE && entry->space == RAC_SPACE_DEVICE &&
		entry->site != 0;
}

static bool count_one(void *context, const struct rac_entry *entry)
{
	*(uint64_t *)context += can_be_found(entry);
	return true;
}

static bool list_one(void *context, const struct rac_entry *entry)
{
	struct rac_search_targets *t = context;

	if (!can_be_found(entry))
		return true;
	if (t->count == t->room)
		return false;
	t->list[t->count++] = (struct rac_search_target){
		.start = entry->value,
		.end = entry->value + entry->bytes,
		.bytes = entry->bytes,
		.site = entry->site,
	};
	return true;
}

static void sift(struct rac_search_target *list, size_t root, size_t n)
{
	for (size_t child; (child = 2 * root + 1) < n; root = child) {
		if (child + 1 < n && list[child].start < list[child + 1].start)
			child++;
		if (list[root].start >= list[child].start)
			return;
		struct rac_search_target moved = list[root];

		list[root] = list[child];
		list[child] = moved;
	}
}

/* In place, since the C library's may allocate. */
static void sort(struct rac_search_target *list, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(list, i, n);
	for (size_t end = n; end > 1; end--) {
		struct rac_search_target last = list[end - 1];

		list[end - 1] = list[0];
		list[0] = last;
		sift(list, 0, end - 1);
	}
}

enum rac_search_state rac_search_list(struct rac_state *state, struct rac_search_targets *out)
{
	uint64_t count = 0;

	*out = (struct rac_search_targets){NULL};
	rac_ledger_each(&state->ledger, count_one, &count);
	if (count > TARGETS_MOST)
		return RAC_SEARCH_TOO_MANY;
	/* Other threads may go on. */
	out->room = count + FIRST_ROOM;
	out->list = rac_record_memory_private(out->room * sizeof(*out->list));
	if (out->list == NULL)
		return RAC_SEARCH_NO_MEMORY;
	rac_ledger_each(&state->ledger, list_one, out);
	sort(out->list, out->count);
	if (out->count > 0)
		out->low = out->list[0].start;
	for (size_t i = 0; i < out->count; i++)
		if (out->list[i].end > out->high)
			out->high = out->list[i].end;
	return RAC_SEARCH_DONE;
}

void rac_search_unlist(struct rac_search_targets *t)
{
	if (t->list != NULL)
		munmap(t->list, t->room * sizeof(*t->list));
}

static uint16_t raise(uint16_t count)
{
	return count < UINT16_MAX ? (uint16_t)(count + 1) : count;
}

void rac_search_find(struct rac_search_targets *t, uint64_t word)
{
	size_t low = 0, high = t->count;

	/* The last that begins at the word or before it. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (t->list[middle].start <= word)
			low = middle;
		else
			high = middle;
	}
	struct rac_search_target *found = &t->list[low];

	if (word == found->start)
		found->exact = raise(found->exact);
	else if (word > found->start && word < found->end)
		found->inside = raise(found->inside);
}

void rac_search_tell(const struct rac_search_targets *t, struct rac_references *out)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct rac_search_target *target = &t->list[i];

		if (target->site >= out->count)
			continue;
		struct rac_site_references *site = &out->sites[target->site];

		site->sought_count++;
		if (target->exact > out->driver_copies)
			continue;
		if (target->inside > 0) {
			site->inside_count++;
		} else {
			site->lost_count++;
			site->lost_bytes += target->bytes;
		}
	}
}

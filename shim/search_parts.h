/*
 * search_parts.h - the list of what a search looks for; private to its files.
 */
#ifndef RAC_SEARCH_PARTS_H
#define RAC_SEARCH_PARTS_H

#include "references.h"
#include "state.h"

struct rac_search_target {
	uint64_t start, end;
	uint64_t bytes;
	uint32_t site;
	uint16_t exact, inside; /* words that were found; they stop at their maximum */
};

struct rac_search_targets {
	struct rac_search_target *list; /* by start */
	size_t count, room;
	uint64_t low, high; /* all of them are in there */
};

/* Lists the linear memory of the ledger. */
enum rac_search_state rac_search_list(struct rac_state *state, struct rac_search_targets *out);
void rac_search_unlist(struct rac_search_targets *t);

void rac_search_find(struct rac_search_targets *t, uint64_t word);

static inline void rac_search_word(struct rac_search_targets *t, uint64_t word)
{
	if (word - t->low < t->high - t->low)
		rac_search_find(t, word);
}

/* Sums up by site. An address counts if more copies of it were found than out->driver_copies. */
void rac_search_tell(const struct rac_search_targets *t, struct rac_references *out);

#endif

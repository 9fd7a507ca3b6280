/*
 * references.h - what a search of the program's memory, at its end, found of the addresses of what is left: for each site,
 * how much nothing refers to. How memory is searched is shim/search.h's.
 *
 * Written by one thread, before it says so in `state`; read by any.
 */
#ifndef RAC_REFERENCES_H
#define RAC_REFERENCES_H

#include "atomics.h"
#include "report.h"
#include <stddef.h>

/* Identifier, and why there is no answer. */
#define RAC_SEARCH_LIST(X)                                                                   \
	X(NONE, "the process did not end by itself")                                         \
	X(DONE, NULL)                                                                        \
	X(NO_MEMORY, "there was no memory for it")                                           \
	X(TOO_MANY, "more than 4 million allocations are left")                              \
	X(TOO_LONG, "it took longer than 10 seconds")                                        \
	X(NO_COPIES, "nobody counted the copies of an address that the driver keeps itself") \
	X(UNREADABLE, "the process may not read its own memory, or a list of it, by the system")

enum rac_search_state {
#define X(id, why) RAC_SEARCH_##id,
	RAC_SEARCH_LIST(X)
#undef X
};

/* Of a site's live allocations: those that were looked for, those of which no address was found, and those of which
 * none but addresses within. */
struct rac_site_references {
	uint64_t sought_count, lost_bytes, lost_count, inside_count;
};

/* Lies in the record, where a search is asked for. */
struct rac_references {
	rac_atomic_u32 state;
	uint32_t driver_copies; /* of an address, that the driver keeps itself */
	uint64_t searched_bytes;
	uint64_t count; /* of sites, by number */
	struct rac_site_references sites[];
};

/* What it says of a site. False: nothing. The table may be a copy of foreign bytes. */
bool rac_references_of(const struct rac_references *references, size_t bytes, uint32_t site,
	struct rac_site_references *out);

/* What it says of the whole search; NULL: that none was asked for. */
void rac_references_tell(
	const struct rac_references *references, size_t bytes, struct rac_report_search *out);

#endif

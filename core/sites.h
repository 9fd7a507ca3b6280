/*
 * sites.h - the places that allocate: how much each took, gave back and held when its device was at
 * its peak. What makes two calls one site (call, kind, device, stack) is the caller's choice: he hands
 * in a key. Which address belongs to which site is the ledger's (its `site`).
 *
 * Operations and what they may run with: everything with everything, from any thread.
 *
 *	rac_sites_intern	takes effect at the compare-and-swap of a free place's key, or at the load
 *				that finds the key
 *	rac_site_describe	takes effect at its last store; called once, by who made the site. One whose
 *				maker died before has figures, kind and device, and no name
 *	rac_site_take, rac_site_give
 *				take effect at their additions
 *
 * No operation waits. Sites are never removed and never move; the table grows by levels, each twice the
 * size of the one before.
 *
 * Live at the peak, exactly, without looking at all sites whenever a peak rises: a device counts how
 * often its peak was raised (`peak_number`); each site remembers for which number it noted its bytes.
 * Before its bytes change for the first time after a peak, it notes what it held, which is what it held
 * then, because nothing of it happened since. Events that are under way at the instant of the peak may
 * or may not be in it.
 *
 * Moments are coarse, so that most takes find the one of theirs written already and write none.
 */
#ifndef RAC_SITES_H
#define RAC_SITES_H

#include "atomics.h"
#include "memory.h"
#include "rac_status.h"
#include <stddef.h>

/* 2^8 sites in the first level; with all levels 16 million. */
#define RAC_SITE_LEVELS 16

/*
 * Requests of one place are mostly of one size, the unit: one word counts those for both, bytes and
 * number. Two lines: what each such event writes, and the rest.
 */
struct rac_site {
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 key; /* 0: free */
	rac_atomic_u32 unit;                         /* bytes; 0: not known, or more than fit */
	rac_atomic_u32 last;                         /* the moment of its last take */
	rac_atomic_u64 noted_for; /* the number of the peak for which `noted` holds */
	rac_atomic_u64 taken_units, given_units;
	rac_atomic_u64 taken_bytes, taken_count; /* of other sizes */
	rac_atomic_u64 temporary; /* given back before its thread took anything else */
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 given_bytes; /* of other sizes */
	rac_atomic_u64 given_count;
	rac_atomic_u64 noted; /* bytes held at that peak */
	rac_atomic_u64 about; /* see sites.c; 0: not described yet */
	rac_atomic_u32 stack; /* where its frames lie, in an arena of fewer words; 0: none */
	rac_atomic_u32 first; /* the moment of its first take */
	rac_atomic_u64 mark_first, mark_most, mark_rises; /* at checkpoints, see checkpoints.h */
};

/* The sites of this process over memory that a record may hold. Treat as opaque. */
struct rac_sites {
	struct rac_memory memory;
	_Atomic(struct rac_site *) levels[RAC_SITE_LEVELS];
	rac_atomic_u32 level_count;
};

/* What is said of a site once: kind and device by its key, the rest by rac_site_describe. */
struct rac_site_about {
	uint32_t api; /* the name of the call, a place of text in the arena */
	uint8_t kind; /* below 16 */
	uint8_t device;
	uint32_t scope;  /* its name, likewise; 0: none */
	bool is_ignored; /* by the program: no leak */
	uint32_t first;  /* the moment of its first request */
	uint64_t stack;
	uint64_t unit; /* the size of its first request */
};

/* What a site held at checkpoints. */
struct rac_site_marks {
	uint64_t first, most, rises;
};

/* A copy of one site's figures. Each is exact at some instant; given never exceeds taken. */
struct rac_site_snapshot {
	uint32_t id;
	bool described;
	struct rac_site_about about;
	struct rac_site_marks marks;
	uint64_t live_bytes, live_count;
	uint64_t peak_bytes; /* held when the device was at its peak */
	uint64_t total_bytes, total_count;
	uint64_t temporary_count;
	uint32_t last; /* the moment of its last request */
};

/* Starts an empty table in *s, which the caller owns. Maps nothing yet. */
void rac_sites_init(struct rac_sites *s, const struct rac_memory *memory);

/* The key of what has that hash, kind and device. 52 bits of the hash are enough: of 10,000 sites two have
 * one key in one of a hundred million runs. */
static inline uint64_t rac_site_key(uint64_t hash, uint8_t kind, uint8_t device)
{
	return hash >> 12 | (uint64_t)(kind & 15) << 60 | (uint64_t)device << 52;
}

/*
 * The number of the site with that key, counted from 1; makes it if there is none. 0: no room. Two calls
 * are one site when their keys are equal. The key is rac_site_key's; 0 is allowed.
 * *site is where its figures lie; *made tells who is to describe it.
 */
uint32_t rac_sites_intern(struct rac_sites *s, uint64_t key, struct rac_site **site, bool *made);

/* Where the figures of a site lie; NULL for a number that was never given out. */
struct rac_site *rac_sites_at(struct rac_sites *s, uint32_t id);

/* Says all of a site but its kind and device. */
void rac_site_describe(struct rac_site *site, const struct rac_site_about *about);

/*
 * Bytes taken by the site, before they can raise the peak, and given back, before they leave the
 * device's charge. peak_number is the device's at that time. Temporary is what is given back before its
 * thread took anything else.
 */
void rac_site_take(struct rac_site *site, uint64_t bytes, uint64_t peak_number);
void rac_site_give(struct rac_site *site, uint64_t bytes, uint64_t peak_number, bool temporary);
/* Takes back a take: the caller undid what it counted, as if it had never been; its moment stays. */
void rac_site_undo(struct rac_site *site, uint64_t bytes, uint64_t peak_number);

/*
 * A moment: ticks of 2^23 ns (8.4 ms) since the process started, and 1. 0: not known. The last value stands for all
 * after 417 days.
 */
#define RAC_SITE_TICK_SHIFT   23
#define RAC_SITE_MOMENT_LATER UINT32_MAX

static inline uint32_t rac_site_moment(uint64_t since_start_ns)
{
	uint64_t moment = (since_start_ns >> RAC_SITE_TICK_SHIFT) + 1;

	return moment < RAC_SITE_MOMENT_LATER ? (uint32_t)moment : RAC_SITE_MOMENT_LATER;
}

/* When the site takes. Of two threads at once that of the slower one may stay. */
static inline void rac_site_take_at(struct rac_site *site, uint32_t moment)
{
	if (rac_load_relaxed(&site->last) < moment)
		rac_store_relaxed(&site->last, moment);
}

/* Level sizes, for who lays levels out in a record and who reads them there. */
uint64_t rac_sites_level_bytes(unsigned level);

/* The number of the first site of a level. */
uint32_t rac_sites_level_first(unsigned level);

/* What is said of a site. False: not described yet, and then *out says its kind and device alone. */
bool rac_site_about(const struct rac_site *site, struct rac_site_about *out);

/* The bytes that it holds now. */
uint64_t rac_site_held(const struct rac_site *site);

/* Copies a site's figures. peak_number is that of its device now. False: no site at this place. */
bool rac_site_read(
	const struct rac_site *site, uint64_t peak_number, struct rac_site_snapshot *out);

/* No site has that number yet, nor a higher one. */
uint32_t rac_sites_bound(const struct rac_sites *s);

/* Calls visit for each site until it returns false. */
void rac_sites_each(struct rac_sites *s,
	bool (*visit)(void *context, uint32_t id, const struct rac_site *site), void *context);

#endif

/*
 * ledger.h - the live set: which address holds how many bytes of what, on which device, from which
 * call. It counts nothing (see rac_track.h) and follows no pointer of the program.
 *
 * Operations and what they may run with: everything with everything, from any thread, except that
 * one address has at most one owner at a time. That is not a demand on the caller's locking: it
 * follows from removing an address before it is freed, because only then can it be given out again.
 *
 *	rac_ledger_insert	takes effect when the slot's key is stored
 *	rac_ledger_take		takes effect at the compare-and-swap of the key; of two takers of one
 *				address exactly one succeeds
 *	rac_ledger_drop		frees the slot of a taken entry
 *	rac_ledger_restore	undoes a take: the entry is found again
 *	rac_ledger_find		takes effect at its load of the key
 *	rac_ledger_doom		as a take of each entry of a context, one by one
 *	rac_ledger_each		sees each entry that is there during the whole walk exactly once; one
 *				that comes or goes meanwhile may be seen or not
 *
 * No operation waits for another. Memory only grows, in levels each twice the size of the one before;
 * entries never move, so growth costs one mapping and no pause.
 */
#ifndef RAC_LEDGER_H
#define RAC_LEDGER_H

#include "atomics.h"
#include "memory.h"
#include "rac_status.h"
#include "rac_track.h"
#include <stddef.h>

/* Address spaces whose numbers may coincide. Values 13 to 15 are taken by slot states. */
enum rac_space {
	RAC_SPACE_DEVICE = 1, /* device pointers */
	RAC_SPACE_HOST,       /* pinned host pointers */
	RAC_SPACE_ARRAY,      /* handles of arrays */
	RAC_SPACE_MIPMAP,     /* handles of mipmapped arrays */
	RAC_SPACE_VMM,        /* handles of the virtual memory API: counted entries */
	RAC_SPACE_MAP,        /* where those are mapped */
	RAC_SPACE_EXEC,       /* executable graphs that hold memory */
	RAC_SPACE_EXTERNAL,   /* handles of imported external memory */
	RAC_SPACE_IPC,        /* opened memory of other processes: counted entries */
};

/* Addresses and handles are below this; larger ones cannot be recorded. */
#define RAC_LEDGER_VALUE_MAX ((UINT64_C(1) << 60) - 1)
#define RAC_LEDGER_LEVELS    28 /* as in record_segments.def */

struct rac_entry {
	enum rac_space space;
	uint64_t value; /* the address or handle */
	uint64_t bytes;
	uint32_t site;    /* what took it: the caller's numbering */
	uint16_t context; /* the caller's numbering */
	uint8_t device;   /* below 128 */
	uint8_t kind;     /* below 16 */
	uint64_t extra;   /* the references of a counted entry, a mapping's handle; else 0 */
};

struct rac_ledger_bucket;

/* A ledger of this process over memory that a record may hold. Treat as opaque. */
struct rac_ledger {
	struct rac_memory memory;
	_Atomic(struct rac_ledger_bucket *) levels[RAC_LEDGER_LEVELS];
	rac_atomic_u32 level_count;
	rac_atomic_u32 identities;                 /* given out to counted entries */
	rac_atomic_u32 target;                     /* the level that new entries go to */
	rac_atomic_u64 sampled[RAC_LEDGER_LEVELS]; /* entries of each, one in 64 */
};

/* An entry that was taken and is neither dropped nor restored yet. Its owner alone may use it. */
struct rac_ledger_taken {
	struct rac_entry entry;
	struct rac_ledger_bucket *bucket, *home;
	uint64_t hash;
	unsigned slot, level;
};

/* Starts an empty ledger in *l, which the caller owns. Maps nothing yet. */
void rac_ledger_init(struct rac_ledger *l, const struct rac_memory *memory);

/* RAC_FULL: no memory for another level. RAC_INVALID: the value is 0 or above the maximum. */
enum rac_status rac_ledger_insert(struct rac_ledger *l, const struct rac_entry *entry);

/* RAC_UNKNOWN: no such entry, or another thread has taken it. */
enum rac_status rac_ledger_take(
	struct rac_ledger *l, enum rac_space space, uint64_t value, struct rac_ledger_taken *out);
void rac_ledger_drop(struct rac_ledger *l, const struct rac_ledger_taken *taken);
void rac_ledger_restore(struct rac_ledger *l, const struct rac_ledger_taken *taken);

/* Copies an entry that is there. RAC_UNKNOWN: there is none, or it is taken. */
enum rac_status rac_ledger_find(
	struct rac_ledger *l, enum rac_space space, uint64_t value, struct rac_entry *out);

/*
 * Counted entries: memory that lives while handles or mappings refer to it. `extra` of such an entry
 * is made by rac_ledger_refs; it holds the counts and an identity, which tells the entry from a later
 * one of the same value.
 *
 *	add	counts more handles and mappings
 *	leave	begins to give some back: they no longer count, and where none is left the entry is found no
 *		more, since the driver may give its value out again; but it stays as long as a call that gives
 *		back is under way
 *	left	ends that after the driver did it; true when nothing is left and no other call is under
 *		way: then the entry is the caller's, to drop
 *	back	ends it where the driver refused: they count again
 *
 * RAC_UNKNOWN: no such entry. RAC_INVALID: a count would fall below 0 or rise above its maximum; nothing
 * changed. *out is a copy, and where the entry lies for left and back.
 */
#define RAC_LEDGER_HANDLES_MAX UINT64_C(0xffff)
#define RAC_LEDGER_MAPS_MAX    UINT64_C(0x3fffff)

uint64_t rac_ledger_refs(struct rac_ledger *l, unsigned handles);
uint32_t rac_ledger_refs_identity(const struct rac_entry *entry);
enum rac_status rac_ledger_refs_add(struct rac_ledger *l, enum rac_space space, uint64_t value,
	unsigned handles, unsigned maps, struct rac_ledger_taken *out);
enum rac_status rac_ledger_refs_leave(struct rac_ledger *l, enum rac_space space, uint64_t value,
	unsigned handles, unsigned maps, struct rac_ledger_taken *out);
bool rac_ledger_refs_left(struct rac_ledger *l, const struct rac_ledger_taken *taken);
void rac_ledger_refs_back(struct rac_ledger *l, const struct rac_ledger_taken *taken,
	unsigned handles, unsigned maps);

/* Finds an entry by its identity that a call under way keeps: for left and back. */
enum rac_status rac_ledger_refs_locate(struct rac_ledger *l, enum rac_space space, uint64_t value,
	uint32_t identity, struct rac_ledger_taken *out);

/*
 * For a call that takes the memory of a whole context back: dooms every entry of the context, so
 * that none is found any more, and afterwards either drops the doomed ones, each shown to visit, or
 * restores them. Between the two the driver is called. O(capacity): contexts end seldom.
 */
void rac_ledger_doom(struct rac_ledger *l, uint16_t context);
void rac_ledger_drop_doomed(struct rac_ledger *l, uint16_t context,
	void (*visit)(void *context, const struct rac_entry *entry), void *visitor);
void rac_ledger_restore_doomed(struct rac_ledger *l, uint16_t context);

/* Calls visit for each entry until it returns false. visit may take the entry. */
void rac_ledger_each(struct rac_ledger *l,
	bool (*visit)(void *context, const struct rac_entry *entry), void *context);

/* Bytes of memory mapped so far, and how many entries fit into it at most. */
uint64_t rac_ledger_memory_bytes(const struct rac_ledger *l);
uint64_t rac_ledger_capacity(const struct rac_ledger *l);

#endif

/*
 * code_modules.h - tells which module a code address belongs to, and keeps its number, path and build-id
 * in the record's table (core/modules.h); what the module's tables say is not read here.
 *
 * Nothing here takes a lock, allocates, asks the dynamic loader or follows a pointer that it cannot
 * trust. An address that was looked up before costs a few nanoseconds; a new one a few system calls; the
 * first in a module reads /proc/self/maps, the first in a stretch of generated code or of data, too.
 *
 * Operations and what they may run with: everything with everything, from any thread and in signal
 * handlers. Two threads that meet a module at the same time get one number.
 *
 * A module is trusted until code is unloaded (code_epoch.h); then its headers are compared before it is
 * used again, and an address whose module went belongs to what lies there now. While an unload is under
 * way in some thread every lookup compares, which costs about a microsecond.
 */
#ifndef RAC_CODE_MODULES_H
#define RAC_CODE_MODULES_H

#include "code_epoch.h"
#include "elf_image.h"
#include "modules.h"

/*
 * A code address with the number of the module that holds it, in one word: the address alone would mean
 * something else once its module is unloaded. Code is put where addresses have at most 48 bits.
 */
#define RAC_PC_ADDRESS_BITS 48

static inline uint64_t rac_pc(uint16_t module, uint64_t address)
{
	return (uint64_t)module << RAC_PC_ADDRESS_BITS |
		(address & ((UINT64_C(1) << RAC_PC_ADDRESS_BITS) - 1));
}

static inline uint16_t rac_pc_module(uint64_t pc)
{
	return (uint16_t)(pc >> RAC_PC_ADDRESS_BITS);
}

static inline uint64_t rac_pc_address(uint64_t pc)
{
	return pc & ((UINT64_C(1) << RAC_PC_ADDRESS_BITS) - 1);
}

/* Addresses remembered at a time: sets of those that fall together. */
#define RAC_CODE_SETS      256 /* a power of two */
#define RAC_CODE_WAYS      4
#define RAC_CODE_STRETCHES 32 /* of memory without a module */

struct rac_code_module {
	rac_atomic_u64 seen_in; /* the epoch in which it was last seen in its place */
	rac_atomic_u32 known;   /* 1: the image is written and stays */
	struct rac_image image;
};

/* Memory that no ELF file holds: addresses from start to end, seen in one load epoch. Each word is checked
 * against the others by `check`, so that a half-written one is not believed. */
struct rac_code_stretch {
	rac_atomic_u64 start, end, seen_in, check;
};

/* What one process knows about its own code. Treat as opaque; made by rac_code_modules_init. */
struct rac_code_modules {
	struct rac_module_table *table;
	rac_atomic_u32 newest; /* number of a module */
	rac_atomic_u32 next_stretch;
	struct rac_code_stretch stretches[RAC_CODE_STRETCHES];
	rac_atomic_u32 turn; /* whose place is next to be overwritten */
	rac_atomic_u64 addresses[RAC_CODE_SETS][RAC_CODE_WAYS]; /* as rac_pc makes them */
	struct rac_code_module modules[];
};

/* Bytes that go with a table for so many modules. Memory that is not used is not touched. */
size_t rac_code_modules_bytes(uint32_t modules);

/* Starts with zeroed memory of as many bytes as the above says for the table's modules, aligned to 64. */
struct rac_code_modules *rac_code_modules_init(void *memory, struct rac_module_table *table);

/*
 * The module that holds a code address: for a return address give the address of the call, one less.
 * RAC_MODULE_UNKNOWN: generated code, no code at all, no room in the table, or /proc/self/maps cannot be
 * read.
 */
uint16_t rac_code_modules_find(struct rac_code_modules *m, uintptr_t address);

enum rac_code_found {
	RAC_CODE_FOUND,
	RAC_CODE_NO_MODULE,  /* or no room in the table */
	RAC_CODE_UNREADABLE, /* it cannot be told now: /proc/self/maps is not to be had */
};

/* The same, with the module's image where it is found. */
enum rac_code_found rac_code_modules_image(
	struct rac_code_modules *m, uintptr_t address, uint16_t *number, struct rac_image *image);

/* The image of a module that was found earlier, wherever it is now. False: another thread is about to
 * describe it. */
bool rac_code_modules_known(struct rac_code_modules *m, uint16_t number, struct rac_image *image);

/* Whether a module that was found earlier is in its place; compares if need be. */
bool rac_code_modules_check(struct rac_code_modules *m, uint16_t number);

/* The fast half of it: `epoch` is what rac_code_epoch says now. */
static inline bool rac_code_modules_is_current(
	const struct rac_code_modules *m, uint16_t number, uint64_t epoch)
{
	/* Relaxed: see code_epoch.h for why the epoch needs no order; that of a module is no older
	 * than the comparison that stored it. */
	return epoch != 0 && rac_load_relaxed(&m->modules[number].seen_in) == epoch;
}

#endif

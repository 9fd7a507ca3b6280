/*
 * visible.h - which ordinal CUDA gives a GPU, read off CUDA_VISIBLE_DEVICES for a time when CUDA cannot
 * be asked yet; once it can, its own answer counts.
 *
 * The list is read as the driver's manual has it: entries are indices, UUIDs or their beginnings
 * ("GPU-...", "MIG-..."), separated by commas; it ends at the first entry that means no device, and a
 * list that names a device twice shows none. Nothing here allocates or keeps state.
 */
#ifndef RAC_VISIBLE_H
#define RAC_VISIBLE_H

#include <stdbool.h>
#include <stdint.h>

/* Ordinals from first to end - 1: none, the one, or the ones between which nothing decides. */
struct rac_ordinals {
	uint32_t first, end;
};

struct rac_machine {
	const char *visible; /* CUDA_VISIBLE_DEVICES; NULL: not set */
	const char *const
		*uuids; /* of its GPUs, by the index that the list may name; none is NULL */
	uint32_t count;
	/* CUDA counts them in this order: CUDA_DEVICE_ORDER is PCI_BUS_ID, or they are all alike. */
	bool in_order;
	bool divided; /* some are in parts, which CUDA counts in an order of its own */
};

/* The ordinals that the GPU, or part of one, with that UUID may have. */
struct rac_ordinals rac_visible_find(const struct rac_machine *machine, const char *uuid);

#endif

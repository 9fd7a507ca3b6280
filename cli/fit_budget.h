/*
 * fit_budget.h - what --budget means in bytes: a size, a share of a GPU, or what is free on it.
 */
#ifndef RAC_FIT_BUDGET_H
#define RAC_FIT_BUDGET_H

#include "complaint.h"
#include <stdint.h>

struct rac_budget {
	uint64_t bytes;   /* less the margin */
	char source[160]; /* for people: "free on GPU 0, NVIDIA H200"; empty for a plain size */
};

/*
 * Reads "72GiB", "80%" or "device", and takes the margin off; what remains must be more than 0. The
 * last two ask the CUDA driver about a GPU, by CUDA's own ordinal. "device" is what is free, and no
 * more than the cap of RAC_LIMIT or another system's variable, inside the shim and out of it.
 * False: *c says why.
 */
bool rac_budget_read(const char *text, uint64_t ordinal, uint64_t margin, struct rac_budget *out,
	struct rac_complaint *c);

/* Prints the budget, and how far `bytes` are from it, as rows of a table. */
void rac_budget_print(const struct rac_budget *budget, uint64_t bytes);

#endif

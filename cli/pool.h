/*
 * pool.h - memory that is taken in small pieces and given back as a whole.
 */
#ifndef RAC_POOL_H
#define RAC_POOL_H

#include <stdbool.h>
#include <stddef.h>

/* Start with {0}. */
struct rac_pool {
	struct rac_pool_block *blocks;
	size_t left; /* in the newest block */
	bool failed; /* there was no memory for a piece */
};

/* Zeroed and aligned for anything; NULL: there is no memory. */
void *rac_pool_take(struct rac_pool *pool, size_t count, size_t size);

/* A copy of a string; "" where there is no memory. */
const char *rac_pool_text(struct rac_pool *pool, const char *text);

void rac_pool_free(struct rac_pool *pool);

#endif

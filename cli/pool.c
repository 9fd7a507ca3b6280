/*
 * pool.c - see pool.h.
 */
#include "pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)64 << 10)
#define ALIGNMENT   16

struct rac_pool_block {
	_Alignas(ALIGNMENT) struct rac_pool_block *next;
	size_t bytes; /* of what follows */
	_Alignas(ALIGNMENT) char memory[];
};

static bool add_block(struct rac_pool *pool, size_t bytes)
{
	size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	struct rac_pool_block *block = NULL;

	if (room <= SIZE_MAX - sizeof(*block))
		block = calloc(1, sizeof(*block) + room);
	if (block == NULL)
		return false;
	block->next = pool->blocks;
	block->bytes = room;
	pool->blocks = block;
	pool->left = room;
	return true;
}

void *rac_pool_take(struct rac_pool *pool, size_t count, size_t size)
{
	size_t bytes;
	char *piece;

	if (__builtin_mul_overflow(count, size, &bytes) ||
		__builtin_add_overflow(bytes, ALIGNMENT - 1, &bytes))
		bytes = SIZE_MAX;
	bytes &= ~(size_t)(ALIGNMENT - 1);
	if ((pool->blocks == NULL || bytes > pool->left) && !add_block(pool, bytes)) {
		pool->failed = true;
		return NULL;
	}
	piece = pool->blocks->memory + (pool->blocks->bytes - pool->left);
	pool->left -= bytes;
	return piece;
}

const char *rac_pool_text(struct rac_pool *pool, const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = rac_pool_take(pool, n, 1);

	if (copy == NULL)
		return "";
	memcpy(copy, text, n);
	return copy;
}

void rac_pool_free(struct rac_pool *pool)
{
	while (pool->blocks != NULL) {
		struct rac_pool_block *next = pool->blocks->next;

		free(pool->blocks);
		pool->blocks = next;
	}
	*pool = (struct rac_pool){.blocks = NULL};
}

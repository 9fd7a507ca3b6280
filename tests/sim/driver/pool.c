/*
 * Memory pools: what they reserve from the device, in chunks of SIMCUDA_POOL_CHUNK (32 MiB), and what they hand
 * out from it. A free returns bytes to the pool at once; chunks go back to the device only when they are
 * unused and the pool is trimmed, destroyed, or above its threshold at a synchronisation. Lock held throughout.
 */
#include "sim.h"

#include <stdlib.h>
#include <unistd.h>

#define UNIT 512

/* A stretch of a chunk, free or handed out; the list is in order of offsets. */
struct piece {
	struct piece *next, *previous;
	struct sim_chunk *chunk;
	uint64_t offset, size;
	bool taken;
};

struct sim_chunk {
	struct sim_chunk *next;
	CUmemoryPool pool;
	struct sim_space space;
	uint64_t size, taken;
	struct piece *pieces;
};

static CUmemoryPool pools;

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

CUresult sim_pool_new(const CUmemPoolProps *properties, CUmemoryPool *out)
{
	static uint64_t last_id;
	CUmemoryPool pool = calloc(1, sizeof(*pool));

	if (!pool)
		return CUDA_ERROR_OUT_OF_MEMORY;
	pool->properties = *properties;
	pool->device = properties->location.type == CU_MEM_LOCATION_TYPE_DEVICE
		? properties->location.id
		: -1;
	for (int i = 0; i < 3; i++)
		pool->reuse[i] = 1;
	pool->id = ++last_id;
	pool->owner = getpid();
	if (pool->device >= 0)
		pool->access[pool->device] = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
	pool->next = pools;
	pools = pool;
	sim_object_add(&pool->object, SIM_POOL, NULL, NULL);
	*out = pool;
	return CUDA_SUCCESS;
}

CUmemoryPool sim_pool_find(CUmemoryPool pool)
{
	CUmemoryPool found = sim_object_find(pool, SIM_POOL);

	return found && !found->destroyed ? found : NULL;
}

static CUresult reserve(CUmemoryPool pool, uint64_t size)
{
	CUresult status = CUDA_SUCCESS;

	if (pool->properties.maxSize && pool->reserved + size > pool->properties.maxSize)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (pool->device >= 0)
		status = sim_charge_more(pool->device, SIMCUDA_POOL, size);
	else if (size > 1ULL << 44)
		return CUDA_ERROR_OUT_OF_MEMORY;
	else
		sim_pin((int64_t)size, 1);
	if (status != CUDA_SUCCESS)
		return status;
	pool->reserved += size;
	if (pool->reserved > pool->reserved_high)
		pool->reserved_high = pool->reserved;
	return CUDA_SUCCESS;
}

static void unreserve(CUmemoryPool pool, uint64_t size)
{
	pool->reserved -= size;
	if (pool->device >= 0)
		sim_uncharge_some(pool->device, SIMCUDA_POOL, size);
	else
		sim_pin(-(int64_t)size, -1);
}

static struct piece *new_piece(struct sim_chunk *chunk, uint64_t offset, uint64_t size)
{
	struct piece *piece = calloc(1, sizeof(*piece));

	if (piece) {
		piece->chunk = chunk;
		piece->offset = offset;
		piece->size = size;
	}
	return piece;
}

/* A whole number of chunks, or where that is not there just what is needed. */
static CUresult grow(CUmemoryPool pool, uint64_t need, struct sim_chunk **out)
{
	const uint64_t sizes[2] = {
		round_up(need, sim_config()->pool_chunk), round_up(need, 2 * SIM_MIB)};
	struct sim_chunk *chunk = calloc(1, sizeof(*chunk));
	CUresult status = CUDA_ERROR_OUT_OF_MEMORY;

	for (int i = 0; chunk && i < 2 && status != CUDA_SUCCESS; i++) {
		chunk->size = sizes[i];
		status = reserve(pool, chunk->size);
	}
	if (status != CUDA_SUCCESS) {
		free(chunk);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	chunk->pool = pool;
	chunk->pieces = new_piece(chunk, 0, chunk->size);
	if (!chunk->pieces || !sim_space_take(chunk->size, false, &chunk->space)) {
		unreserve(pool, chunk->size);
		free(chunk->pieces);
		free(chunk);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	chunk->next = pool->chunks;
	pool->chunks = chunk;
	*out = chunk;
	return CUDA_SUCCESS;
}

static void drop_chunk(struct sim_chunk **link)
{
	struct sim_chunk *chunk = *link;

	*link = chunk->next;
	unreserve(chunk->pool, chunk->size);
	sim_space_give(&chunk->space, true);
	free(chunk->pieces);
	free(chunk);
}

/* First fit, and the rest of the piece stays free. */
static struct piece *cut(struct sim_chunk *chunk, uint64_t need)
{
	struct piece *piece = chunk->pieces, *rest;

	while (piece && (piece->taken || piece->size < need))
		piece = piece->next;
	if (!piece)
		return NULL;
	if (piece->size > need) {
		rest = new_piece(chunk, piece->offset + need, piece->size - need);
		if (!rest)
			return NULL;
		rest->previous = piece;
		rest->next = piece->next;
		if (rest->next)
			rest->next->previous = rest;
		piece->next = rest;
		piece->size = need;
	}
	piece->taken = true;
	chunk->taken += need;
	return piece;
}

/* Joins a piece with the one after it. */
static void join(struct piece *piece)
{
	struct piece *after = piece->next;

	if (!after || after->taken || piece->taken)
		return;
	piece->size += after->size;
	piece->next = after->next;
	if (piece->next)
		piece->next->previous = piece;
	free(after);
}

static void put_back(struct piece *piece)
{
	piece->taken = false;
	piece->chunk->taken -= piece->size;
	join(piece);
	if (piece->previous)
		join(piece->previous);
}

/* The addresses of host pools and of managed ones are the host's as well. */
static bool host_visible(const struct CUmemPoolHandle_st *pool)
{
	return pool->device < 0 || pool->properties.allocType == CU_MEM_ALLOCATION_TYPE_MANAGED;
}

static CUresult hand_out(CUmemoryPool pool, struct piece *piece, uint64_t bytes, uint64_t *address)
{
	struct sim_range *range = calloc(1, sizeof(*range));
	const struct sim_space *space = &piece->chunk->space;

	if (!range) {
		put_back(piece);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	range->host = space->host + piece->offset;
	range->start = host_visible(pool) ? (uint64_t)(uintptr_t)range->host
					  : space->address + piece->offset;
	range->size = bytes;
	range->memory = SIM_POOLED;
	range->device = pool->device;
	range->owner = pool;
	range->part = piece;
	range->sequence = ++sim_sequence;
	sim_range_insert(&sim_memory, range);
	sim_object_add(&range->object, SIM_MEMORY, NULL, NULL);
	pool->live++;
	pool->used += bytes;
	if (pool->used > pool->used_high)
		pool->used_high = pool->used;
	if (pool->device >= 0) {
		sim_count(pool->device, SIMCUDA_POOL, 1);
		sim_card(pool->device)->pool_used += bytes;
	}
	*address = range->start;
	return CUDA_SUCCESS;
}

CUresult sim_pool_take(CUmemoryPool pool, uint64_t bytes, uint64_t *address)
{
	struct piece *piece = NULL;
	struct sim_chunk *chunk;
	CUresult status;

	if (bytes > 1ULL << 46)
		return CUDA_ERROR_OUT_OF_MEMORY;
	for (chunk = pool->chunks; chunk && !piece; chunk = chunk->next)
		piece = cut(chunk, round_up(bytes, UNIT));
	if (!piece) {
		status = grow(pool, round_up(bytes, UNIT), &chunk);
		if (status != CUDA_SUCCESS)
			return status;
		piece = cut(chunk, round_up(bytes, UNIT));
		if (!piece)
			return CUDA_ERROR_OUT_OF_MEMORY;
	}
	return hand_out(pool, piece, bytes, address);
}

static void free_destroyed(CUmemoryPool pool)
{
	CUmemoryPool *link = &pools;

	while (*link != pool)
		link = &(*link)->next;
	*link = pool->next;
	sim_object_remove(&pool->object);
	free(pool);
}

/* Gives chunks back that nothing uses, as long as `keep` bytes stay reserved. */
void sim_pool_trim(CUmemoryPool pool, uint64_t keep)
{
	struct sim_chunk **link = &pool->chunks;

	while (*link) {
		if ((*link)->taken || pool->reserved - (*link)->size < keep)
			link = &(*link)->next;
		else
			drop_chunk(link);
	}
}

void sim_pool_give(struct sim_range *range)
{
	CUmemoryPool pool = range->owner;

	pool->live--;
	pool->used -= range->size;
	if (pool->device >= 0) {
		sim_count(pool->device, SIMCUDA_POOL, -1);
		sim_card(pool->device)->pool_used -= range->size;
	}
	put_back(range->part);
	sim_memory_end(range);
	if (!pool->destroyed)
		return;
	sim_pool_trim(pool, 0);
	if (!pool->live)
		free_destroyed(pool);
}

/* The handle is dead at once, the memory when its last allocation is freed. */
void sim_pool_end(CUmemoryPool pool)
{
	pool->destroyed = true;
	sim_pool_trim(pool, 0);
	if (!pool->live)
		free_destroyed(pool);
}

void sim_synchronized(int device)
{
	for (CUmemoryPool pool = pools; pool; pool = pool->next) {
		if (pool->device == device && pool->reserved > pool->threshold)
			sim_pool_trim(pool, pool->threshold);
	}
}

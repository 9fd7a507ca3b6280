/*
 * The memory of graphs. Each device backs the allocations of graphs from an arena per stream: graphs launched
 * in one stream cannot run together, so they share it. An arena grows when a graph is uploaded or launched and
 * is kept until cuDeviceGraphMemTrim. Lock held throughout.
 */
#include "graph.h"

#include <stdlib.h>

struct sim_arena {
	struct sim_arena *next;
	int device;
	CUstream stream;
	uint64_t reserved, live;
};

struct marks {
	uint64_t used, used_high, reserved, reserved_high;
};

static struct sim_arena *arenas;
static struct sim_graph_memory *memories;
static struct marks marks[SIM_DEVICES];

static uint64_t round_up(uint64_t bytes)
{
	uint64_t unit = sim_config()->graph_chunk;

	return (bytes + unit - 1) / unit * unit;
}

CUresult sim_graph_memory_new(int device, uint64_t size, struct sim_graph_memory **out)
{
	struct sim_graph_memory *memory = calloc(1, sizeof(*memory));

	if (!memory || size > 1ULL << 46 || !sim_space_take(size, false, &memory->space)) {
		free(memory);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	memory->size = size;
	memory->device = device;
	memory->users = 1;
	memory->next = memories;
	memories = memory;
	*out = memory;
	return CUDA_SUCCESS;
}

void sim_graph_memory_drop(struct sim_graph_memory *memory)
{
	struct sim_graph_memory **link = &memories;

	if (--memory->users)
		return;
	while (*link != memory)
		link = &(*link)->next;
	*link = memory->next;
	sim_space_give(&memory->space, true);
	free(memory);
}

struct sim_graph_memory *sim_graph_memory_at(uint64_t address)
{
	struct sim_graph_memory *memory = memories;

	while (memory && memory->space.address != address)
		memory = memory->next;
	return memory;
}

static struct sim_arena *arena_of(int device, CUstream stream)
{
	struct sim_arena *arena = arenas;

	while (arena && (arena->device != device || arena->stream != stream))
		arena = arena->next;
	if (arena)
		return arena;
	arena = calloc(1, sizeof(*arena));
	if (arena) {
		arena->device = device;
		arena->stream = stream;
		arena->next = arenas;
		arenas = arena;
	}
	return arena;
}

CUresult sim_arena_prepare(int device, CUstream stream, uint64_t bytes)
{
	struct sim_arena *arena = arena_of(device, stream);
	struct marks *mark = &marks[device];
	uint64_t grow;
	CUresult status;

	if (!arena)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (arena->live + bytes <= arena->reserved)
		return CUDA_SUCCESS;
	grow = round_up(arena->live + bytes - arena->reserved);
	status = sim_charge_more(device, SIMCUDA_GRAPH, grow);
	if (status != CUDA_SUCCESS)
		return status;
	arena->reserved += grow;
	mark->reserved += grow;
	if (mark->reserved > mark->reserved_high)
		mark->reserved_high = mark->reserved;
	return CUDA_SUCCESS;
}

/* The allocation comes to life: its address can be used. */
CUresult sim_graph_memory_take(struct sim_graph_memory *memory, CUstream stream)
{
	struct sim_arena *arena = arena_of(memory->device, stream);
	struct sim_range *range = calloc(1, sizeof(*range));
	struct marks *mark = &marks[memory->device];

	if (!arena || !range || memory->live) {
		free(range);
		return memory->live ? CUDA_ERROR_INVALID_VALUE : CUDA_ERROR_OUT_OF_MEMORY;
	}
	range->start = memory->space.address;
	range->host = memory->space.host;
	range->size = memory->size;
	range->memory = SIM_GRAPHED;
	range->device = memory->device;
	range->owner = memory;
	range->sequence = ++sim_sequence;
	sim_range_insert(&sim_memory, range);
	sim_object_add(&range->object, SIM_MEMORY, NULL, NULL);
	memory->users++;
	memory->live = range;
	memory->arena = arena;
	arena->live += memory->size;
	mark->used += memory->size;
	if (mark->used > mark->used_high)
		mark->used_high = mark->used;
	sim_count(memory->device, SIMCUDA_GRAPH, 1);
	sim_card(memory->device)->graph_used += memory->size;
	return CUDA_SUCCESS;
}

void sim_graph_memory_free(struct sim_range *range)
{
	struct sim_graph_memory *memory = range->owner;

	memory->arena->live -= memory->size;
	marks[memory->device].used -= memory->size;
	sim_count(memory->device, SIMCUDA_GRAPH, -1);
	sim_card(memory->device)->graph_used -= memory->size;
	memory->live = NULL;
	sim_memory_end(range);
	sim_graph_memory_drop(memory);
}

CUresult cuDeviceGraphMemTrim(CUdevice device)
{
	SIM_REENTER(cuDeviceGraphMemTrim, (device));
	SIM_ENTER(cuDeviceGraphMemTrim);
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_pause();
	sim_lock();
	for (struct sim_arena *arena = arenas; arena; arena = arena->next) {
		uint64_t keep = round_up(arena->live);

		if (arena->device != device || arena->reserved <= keep)
			continue;
		sim_uncharge_some(device, SIMCUDA_GRAPH, arena->reserved - keep);
		marks[device].reserved -= arena->reserved - keep;
		arena->reserved = keep;
	}
	sim_unlock();
	sim_pause();
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetGraphMemAttribute(CUdevice device, CUgraphMem_attribute attribute, void *value)
{
	const struct marks *mark;
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuDeviceGetGraphMemAttribute);
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	if (!value)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	mark = &marks[device];
	switch (attribute) {
	case CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT:
		*(cuuint64_t *)value = mark->used;
		break;
	case CU_GRAPH_MEM_ATTR_USED_MEM_HIGH:
		*(cuuint64_t *)value = mark->used_high;
		break;
	case CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT:
		*(cuuint64_t *)value = mark->reserved;
		break;
	case CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH:
		*(cuuint64_t *)value = mark->reserved_high;
		break;
	default:
		status = CUDA_ERROR_INVALID_VALUE;
	}
	sim_unlock();
	return status;
}

/* Only the high-water marks can be set, and only to zero, which means: to now. */
CUresult cuDeviceSetGraphMemAttribute(CUdevice device, CUgraphMem_attribute attribute, void *value)
{
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuDeviceSetGraphMemAttribute);
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	if (!value || *(cuuint64_t *)value)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	if (attribute == CU_GRAPH_MEM_ATTR_USED_MEM_HIGH)
		marks[device].used_high = marks[device].used;
	else if (attribute == CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH)
		marks[device].reserved_high = marks[device].reserved;
	else
		status = CUDA_ERROR_INVALID_VALUE;
	sim_unlock();
	return status;
}

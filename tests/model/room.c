/*
 * room.c - memory for scenarios, new for each run, and who may touch it. What lies in it is weak_memory.c's.
 */
#include "model.h"

#include <string.h>

#define REGIONS 24

struct region {
	uintptr_t start, end;
	struct model_event mapped;
	bool is_counters;
};

static struct region regions[REGIONS];
static unsigned region_count;
static _Alignas(4096) char room[8u << 20];
static size_t room_used;
static uint64_t mapped_bytes;
static unsigned maps_left;
static const char map_word;

void model_room_begin(void)
{
	memset(room, 0, room_used);
	room_used = 0;
	region_count = 0;
	mapped_bytes = 0;
	maps_left = UINT32_MAX;
}

static const struct region *region_of(const volatile void *at, bool counters)
{
	for (unsigned i = 0; i < region_count; i++)
		if ((uintptr_t)at >= regions[i].start && (uintptr_t)at < regions[i].end &&
			regions[i].is_counters == counters)
			return &regions[i];
	return NULL;
}

bool model_room_is_counter(const volatile void *at)
{
	return region_of(at, true) != NULL;
}

void model_room_check(const volatile void *at, const char *where)
{
	const struct region *r = region_of(at, false);

	if (r != NULL && !model_happened(r->mapped))
		model_fail(where, "touches memory of thread %u that was not published to it",
			r->mapped.thread);
}

void model_touch(const void *at)
{
	model_room_check(at, MODEL_WHERE);
}

void *model_allocate(size_t bytes)
{
	void *at = room + room_used;

	room_used += (bytes + 4095) / 4096 * 4096;
	if (room_used > sizeof(room)) {
		room_used = sizeof(room);
		model_fail(MODEL_WHERE, "the scenario needs more memory than the checker has");
	}
	return at;
}

static struct region *new_region(const void *at, size_t bytes)
{
	if (region_count == REGIONS)
		model_fail(MODEL_WHERE, "the scenario maps more often than the checker notes");
	struct region *r = &regions[region_count++];

	*r = (struct region){.start = (uintptr_t)at, .end = (uintptr_t)at + bytes};
	return r;
}

void model_counters(const void *at, size_t bytes)
{
	new_region(at, bytes)->is_counters = true;
}

static void *map(
	void *context, enum rac_segment kind, uint32_t index, uint64_t bytes, uint32_t *slot)
{
	(void)context;
	(void)kind;
	(void)index;
	*slot = 0;
	/* Where it lies depends on who was first. */
	model_step(&map_word, false, MODEL_WHERE);
	if (maps_left == 0)
		return NULL;
	if (maps_left != UINT32_MAX)
		maps_left--;
	mapped_bytes += bytes;
	void *at = model_allocate(bytes);

	new_region(at, bytes)->mapped = model_happen();
	return at;
}

static void unmap(void *context, void *at, uint64_t bytes, uint32_t slot)
{
	(void)context;
	(void)slot;
	for (const char *p = at; p < (const char *)at + bytes; p++)
		model_claim(*p == 0, "memory is handed back that was written to");
	mapped_bytes -= bytes;
}

const struct rac_memory *model_memory(void)
{
	static const struct rac_memory memory = {.map = map, .unmap = unmap};

	return &memory;
}

void model_memory_refuse(unsigned after)
{
	maps_left = after;
}

uint64_t model_memory_mapped(void)
{
	return mapped_bytes;
}

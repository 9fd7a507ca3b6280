/*
 * Hands out device addresses with memory behind them. The addresses themselves are not accessible, as on a
 * real machine: a program that follows a device pointer on the host gets SIGSEGV. The bytes live elsewhere in
 * lazily backed memory, so that an 80 GiB card costs only what is written. Freed addresses are used again
 * at once, last in, first out and across sizes of the same power of two, to provoke confusion between an
 * old and a new owner. Lock held throughout.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SMALLEST 9 /* 512 bytes, the alignment of a device allocation */
#define CLASSES  47
#define REGIONS  4096
#define PUNCH    (64 * 1024)

struct region {
	uint64_t address, size, used;
	char *host;
	int file; /* -1: private memory */
};

struct stack {
	struct sim_space *items;
	size_t count, room;
};

static struct region regions[2][REGIONS];
static unsigned int region_count[2];
static struct stack stacks[2][CLASSES + 1];

static unsigned int class_of(uint64_t size)
{
	unsigned int class = SMALLEST;

	while (class < CLASSES && (1ULL << class) < size)
		class ++;
	return class;
}

/* Memory that other processes may map too, when devices are shared. */
static int new_file(uint64_t size)
{
	int file;

	if (!sim_config()->shared)
		return -1;
	file = memfd_create("simcuda", MFD_CLOEXEC);
	if (file >= 0 && ftruncate(file, (off_t)size)) {
		close(file);
		file = -1;
	}
	return file;
}

#define LAZY (MAP_NORESERVE | MAP_PRIVATE | MAP_ANONYMOUS)

/* Address space below 4 GiB; a flag for that x86-64 alone has. */
static void *map_low(uint64_t size)
{
	for (uint64_t at = 256 * SIM_MIB; at + size <= 4096 * SIM_MIB; at += 64 * SIM_MIB) {
		void *wanted = (void *)(uintptr_t)at;
		void *space = mmap(wanted, size, PROT_NONE, LAZY | MAP_FIXED_NOREPLACE, -1, 0);

		if (space == wanted)
			return space;
		if (space != MAP_FAILED)
			munmap(space, size);
	}
	return MAP_FAILED;
}

static bool region_open(struct region *region, uint64_t size, bool low)
{
	uint64_t padded = size + 2 * SIM_MIB;
	void *space = low ? map_low(padded) : mmap(NULL, padded, PROT_NONE, LAZY, -1, 0);
	void *host;

	if (space == MAP_FAILED)
		return false;
	region->file = new_file(size);
	if (region->file >= 0)
		host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
			region->file, 0);
	else
		host = mmap(NULL, size, PROT_READ | PROT_WRITE, LAZY, -1, 0);
	if (host == MAP_FAILED) {
		munmap(space, padded);
		return false;
	}
	region->address = ((uint64_t)(uintptr_t)space + 2 * SIM_MIB - 1) & ~(2 * SIM_MIB - 1);
	region->host = host;
	region->size = size;
	region->used = 0;
	return true;
}

static bool carve(struct region *region, uint64_t extent, struct sim_space *space)
{
	uint64_t alignment = extent < 2 * SIM_MIB ? extent : 2 * SIM_MIB;
	uint64_t offset = (region->used + alignment - 1) & ~(alignment - 1);

	if (offset > region->size || region->size - offset < extent)
		return false;
	region->used = offset + extent;
	space->address = region->address + offset;
	space->host = region->host + offset;
	space->extent = extent;
	return true;
}

bool sim_space_take(uint64_t size, bool low, struct sim_space *space)
{
	unsigned int class = class_of(size);
	struct stack *stack = &stacks[low][class];
	uint64_t extent = 1ULL << class, fresh = low ? 256 * SIM_MIB : 4096 * SIM_MIB;
	unsigned int *count = &region_count[low];

	if (size > extent)
		return false;
	if (stack->count) {
		*space = stack->items[--stack->count];
		return true;
	}
	for (unsigned int i = *count; i-- > 0;) {
		if (carve(&regions[low][i], extent, space))
			return true;
	}
	if (*count == REGIONS ||
		!region_open(&regions[low][*count], extent > fresh ? extent : fresh, low))
		return false;
	return carve(&regions[low][(*count)++], extent, space);
}

static struct region *region_of(const char *host)
{
	for (int low = 0; low < 2; low++) {
		for (unsigned int i = 0; i < region_count[low]; i++) {
			struct region *region = &regions[low][i];

			if (host >= region->host && host < region->host + region->size)
				return region;
		}
	}
	return NULL;
}

/* Pages that were written go back to the system: a filled card must not stay resident. */
static void drop_pages(const struct sim_space *space)
{
	const struct region *region = region_of(space->host);

	if (region && space->extent >= PUNCH)
		madvise(space->host, space->extent,
			region->file >= 0 ? MADV_REMOVE : MADV_DONTNEED);
}

void sim_space_give(const struct sim_space *space, bool touched)
{
	unsigned int class = class_of(space->extent);
	bool low = space->address < 1ULL << 32;
	struct stack *stack = &stacks[low][class];

	if (touched)
		drop_pages(space);
	if (stack->count == stack->room) {
		size_t room = stack->room ? 2 * stack->room : 64;
		struct sim_space *items = realloc(stack->items, room * sizeof(*items));

		if (!items)
			return;
		stack->items = items;
		stack->room = room;
	}
	stack->items[stack->count++] = *space;
}

int sim_space_file(const char *host, uint64_t *offset)
{
	const struct region *region = region_of(host);

	if (!region)
		return -1;
	*offset = (uint64_t)(host - region->host);
	return region->file;
}

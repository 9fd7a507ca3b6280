/*
 * Copies and fills of one run of bytes. The bytes are moved for real, at the call: an asynchronous copy of
 * the simulator is one that has finished at once. Addresses that the driver does not know are host memory.
 */
#include "sim.h"

#include <string.h>

/* Mapped memory is out of reach until access has been set. */
static bool accessible(const struct sim_range *range, bool write)
{
	unsigned int wanted =
		write ? CU_MEM_ACCESS_FLAGS_PROT_READWRITE : CU_MEM_ACCESS_FLAGS_PROT_READ;

	return range->memory != SIM_MAPPED || (range->flags & wanted) == wanted;
}

/* Finds where bytes lie, and for how long the place goes on; device addresses must be known. */
static bool place(uint64_t address, bool device, bool write, char **host, uint64_t *run)
{
	struct sim_range *range;
	bool found = false;

	sim_lock();
	range = sim_range_find(sim_memory, address);
	if (range && range->host && accessible(range, write)) {
		*host = range->host + (address - range->start);
		*run = range->size - (address - range->start);
		if (write)
			range->touched = true;
		found = true;
	}
	sim_unlock();
	if (found || range || device)
		return found;
	*host = (char *)(uintptr_t)address;
	*run = UINT64_MAX;
	return address != 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Checks the whole of both sides before a byte moves. */
static bool known(uint64_t address, uint64_t bytes, bool device, bool write)
{
	while (bytes) {
		char *host;
		uint64_t run;

		if (!place(address, device, write, &host, &run))
			return false;
		run = least(run, bytes);
		address += run;
		bytes -= run;
	}
	return true;
}

CUresult sim_copy(
	uint64_t target, bool target_device, uint64_t source, bool source_device, uint64_t bytes)
{
	if (!known(target, bytes, target_device, true) ||
		!known(source, bytes, source_device, false))
		return CUDA_ERROR_INVALID_VALUE;
	while (bytes) {
		char *to, *from;
		uint64_t run, to_run, from_run;

		if (!place(target, target_device, true, &to, &to_run) ||
			!place(source, source_device, false, &from, &from_run))
			return CUDA_ERROR_INVALID_VALUE;
		run = least(bytes, least(to_run, from_run));
		memmove(to, from, run);
		target += run;
		source += run;
		bytes -= run;
	}
	return CUDA_SUCCESS;
}

static void fill_run(char *to, uint64_t run, unsigned int value, unsigned int width)
{
	unsigned char pattern[4];

	if (width == 1) {
		memset(to, (int)(value & 0xff), run);
		return;
	}
	memcpy(pattern, &value, sizeof(pattern));
	for (uint64_t i = 0; i < run; i++)
		to[i] = (char)pattern[i % width];
}

CUresult sim_fill(uint64_t target, unsigned int value, unsigned int width, uint64_t count)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(count, width, &bytes) || target % width ||
		!known(target, bytes, true, true))
		return CUDA_ERROR_INVALID_VALUE;
	while (bytes) {
		char *to;
		uint64_t run;

		if (!place(target, true, true, &to, &run))
			return CUDA_ERROR_INVALID_VALUE;
		run = least(run, bytes);
		fill_run(to, run, value, width);
		target += run;
		bytes -= run;
	}
	return CUDA_SUCCESS;
}

CUresult sim_fill_2d(uint64_t target, uint64_t pitch, unsigned int value, unsigned int width,
	uint64_t columns, uint64_t rows)
{
	for (uint64_t row = 0; row < rows; row++) {
		CUresult status = sim_fill(target + row * pitch, value, width, columns);

		if (status != CUDA_SUCCESS)
			return status;
	}
	return CUDA_SUCCESS;
}

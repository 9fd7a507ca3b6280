/*
 * Pools between processes: the pool goes as a file descriptor, each pointer as a block of bytes. An imported
 * pool cannot allocate; imported pointers are the exporter's memory and charged to nobody here.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC 0x53494d504f4f4c31ULL

/* What the descriptor of an exported pool contains. */
struct exported_pool {
	uint64_t magic, id;
	int64_t owner;
	CUmemPoolProps properties;
};

struct exported_pointer {
	uint64_t magic, pool;
	struct sim_share share;
};

_Static_assert(
	sizeof(struct exported_pointer) <= sizeof(CUmemPoolPtrExportData), "the content fits");

CUresult cuMemPoolExportToShareableHandle(
	void *handle, CUmemoryPool pool, CUmemAllocationHandleType type, unsigned long long flags)
{
	struct exported_pool content = {.magic = MAGIC};
	CUmemoryPool found;
	CUresult status = CUDA_ERROR_INVALID_VALUE;
	int file = -1;

	SIM_ENTER(cuMemPoolExportToShareableHandle);
	if (!handle || flags || type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_pool_find(pool);
	if (found && found->properties.handleTypes & type) {
		content.id = found->id;
		content.owner = found->owner;
		content.properties = found->properties;
		file = memfd_create("simcuda-pool", MFD_CLOEXEC);
		if (file >= 0 && write(file, &content, sizeof(content)) == (ssize_t)sizeof(content))
			status = CUDA_SUCCESS;
	}
	sim_unlock();
	if (status == CUDA_SUCCESS)
		*(int *)handle = file;
	else if (file >= 0)
		close(file);
	return status;
}

CUresult cuMemPoolImportFromShareableHandle(
	CUmemoryPool *pool, void *handle, CUmemAllocationHandleType type, unsigned long long flags)
{
	struct exported_pool content;
	CUmemoryPool made;
	CUresult status;

	SIM_REENTER(cuMemPoolImportFromShareableHandle, (pool, handle, type, flags));
	SIM_ENTER(cuMemPoolImportFromShareableHandle);
	if (!pool || flags || type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
		return CUDA_ERROR_INVALID_VALUE;
	if (pread((int)(intptr_t)handle, &content, sizeof(content), 0) !=
			(ssize_t)sizeof(content) ||
		content.magic != MAGIC)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_pool_new(&content.properties, &made);
	if (status == CUDA_SUCCESS) {
		made->imported = true;
		made->id = content.id;
		made->owner = content.owner;
		*pool = made;
	}
	sim_unlock();
	return status;
}

CUresult cuMemPoolExportPointer(CUmemPoolPtrExportData *data, CUdeviceptr address)
{
	struct exported_pointer content = {.magic = MAGIC};
	struct sim_range *range;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuMemPoolExportPointer);
	if (!data)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	range = sim_range_find(sim_memory, address);
	if (range && range->memory == SIM_POOLED) {
		const struct CUmemPoolHandle_st *pool = range->owner;

		if (pool->properties.handleTypes != CU_MEM_HANDLE_TYPE_NONE) {
			content.pool = pool->id;
			sim_share_of(range, &content.share);
			memset(data, 0, sizeof(*data));
			memcpy(data, &content, sizeof(content));
			status = CUDA_SUCCESS;
		}
	}
	sim_unlock();
	return status;
}

CUresult cuMemPoolImportPointer(
	CUdeviceptr *address, CUmemoryPool pool, CUmemPoolPtrExportData *data)
{
	struct exported_pointer content;
	struct sim_range *range;
	CUmemoryPool found;
	char *host;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_REENTER(cuMemPoolImportPointer, (address, pool, data));
	SIM_ENTER(cuMemPoolImportPointer);
	if (!address || !data)
		return CUDA_ERROR_INVALID_VALUE;
	memcpy(&content, data, sizeof(content));
	sim_lock();
	found = sim_pool_find(pool);
	range = calloc(1, sizeof(*range));
	host = found && found->imported && content.magic == MAGIC && content.pool == found->id
		? sim_share_map(&content.share)
		: NULL;
	if (host && range) {
		range->start = (uint64_t)(uintptr_t)host;
		range->size = content.share.size;
		range->host = host;
		range->memory = SIM_IMPORTED;
		range->device = found->device;
		range->owner = found;
		range->sequence = ++sim_sequence;
		sim_range_insert(&sim_memory, range);
		sim_object_add(&range->object, SIM_MEMORY, NULL, NULL);
		*address = range->start;
		status = CUDA_SUCCESS;
	} else {
		free(range);
	}
	sim_unlock();
	return status;
}

void sim_pool_forget(struct sim_range *range)
{
	uint64_t skip = range->start % 4096;

	munmap(range->host - skip, range->size + skip);
	sim_memory_end(range);
}

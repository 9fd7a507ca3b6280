/*
 * Memory of other interfaces (Vulkan, dma-buf and the like), imported as a file descriptor. It is not the
 * process's device memory as far as CUDA goes: nothing is charged. The descriptor is the driver's after a
 * successful import. Where it can be mapped its bytes are used, else anonymous ones stand in.
 */
#include "sim.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct CUextMemory_st {
	struct sim_object object;
	uint64_t size;
	char *host;
	unsigned int users; /* buffers mapped from it; they may outlive it */
	bool destroyed;
};

static void settle(struct CUextMemory_st *memory)
{
	if (!memory->destroyed || memory->users)
		return;
	munmap(memory->host, memory->size);
	free(memory);
}

static void end_external(struct sim_object *object)
{
	struct CUextMemory_st *memory = (struct CUextMemory_st *)object;

	sim_object_remove(object);
	memory->destroyed = true;
	settle(memory);
}

static char *map_file(int file, uint64_t size)
{
	char *host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	if (host == MAP_FAILED || lseek(file, 0, SEEK_END) < (off_t)size) {
		if (host != MAP_FAILED)
			munmap(host, size);
		host = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	}
	return host == MAP_FAILED ? NULL : host;
}

CUresult cuImportExternalMemory(
	CUexternalMemory *memory, const CUDA_EXTERNAL_MEMORY_HANDLE_DESC *descriptor)
{
	struct CUextMemory_st *made;
	CUcontext ctx;
	CUresult status;

	SIM_REENTER(cuImportExternalMemory, (memory, descriptor));
	SIM_ENTER(cuImportExternalMemory);
	if (!memory || !descriptor || !descriptor->size || descriptor->flags > 1)
		return CUDA_ERROR_INVALID_VALUE;
	if (descriptor->type != CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD &&
		descriptor->type != CU_EXTERNAL_MEMORY_HANDLE_TYPE_DMABUF_FD)
		return CUDA_ERROR_NOT_SUPPORTED;
	made = calloc(1, sizeof(*made));
	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	sim_lock();
	status = sim_context_current(&ctx);
	if (status == CUDA_SUCCESS) {
		made->size = descriptor->size;
		made->host = map_file(descriptor->handle.fd, made->size);
		status = made->host ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
	}
	if (status == CUDA_SUCCESS) {
		sim_object_add(&made->object, SIM_EXTERNAL, ctx, end_external);
		close(descriptor->handle.fd);
		*memory = made;
	} else {
		free(made);
	}
	sim_unlock();
	return status;
}

CUresult cuDestroyExternalMemory(CUexternalMemory memory)
{
	struct CUextMemory_st *found;

	SIM_ENTER(cuDestroyExternalMemory);
	sim_lock();
	found = sim_object_find(memory, SIM_EXTERNAL);
	if (found)
		end_external(&found->object);
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

void sim_external_release(struct sim_range *range)
{
	struct CUextMemory_st *memory = range->owner;

	memory->users--;
	settle(memory);
}

static void end_buffer(struct sim_object *object)
{
	sim_memory_end((struct sim_range *)object);
}

/* Lock held. */
static CUresult map_buffer(
	struct CUextMemory_st *memory, uint64_t offset, uint64_t size, CUdeviceptr *address)
{
	struct sim_range *range = calloc(1, sizeof(*range));
	CUcontext ctx;
	CUresult status = sim_context_current(&ctx);

	if (status == CUDA_SUCCESS && (!range || !sim_space_take(size, false, &range->space)))
		status = CUDA_ERROR_OUT_OF_MEMORY;
	if (status != CUDA_SUCCESS) {
		free(range);
		return status;
	}
	/* Only the address of the space is used, the bytes are the importer's. */
	range->start = range->space.address;
	range->host = memory->host + offset;
	range->size = size;
	range->memory = SIM_EXTERNAL_BUFFER;
	range->device = ctx->device;
	range->owner = memory;
	range->sequence = ++sim_sequence;
	memory->users++;
	sim_range_insert(&sim_memory, range);
	sim_object_add(&range->object, SIM_MEMORY, ctx, end_buffer);
	*address = range->start;
	return CUDA_SUCCESS;
}

CUresult cuExternalMemoryGetMappedBuffer(CUdeviceptr *address, CUexternalMemory memory,
	const CUDA_EXTERNAL_MEMORY_BUFFER_DESC *descriptor)
{
	struct CUextMemory_st *found;
	CUresult status;

	SIM_REENTER(cuExternalMemoryGetMappedBuffer, (address, memory, descriptor));
	SIM_ENTER(cuExternalMemoryGetMappedBuffer);
	if (!address || !descriptor || !descriptor->size || descriptor->flags)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(memory, SIM_EXTERNAL);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (descriptor->offset > found->size ||
		descriptor->size > found->size - descriptor->offset)
		status = CUDA_ERROR_INVALID_VALUE;
	else
		status = map_buffer(found, descriptor->offset, descriptor->size, address);
	sim_unlock();
	return status;
}

CUresult cuExternalMemoryGetMappedMipmappedArray(CUmipmappedArray *mipmap, CUexternalMemory memory,
	const CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC *descriptor)
{
	struct CUextMemory_st *found;
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuExternalMemoryGetMappedMipmappedArray);
	if (!mipmap || !descriptor)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_context_current(&ctx);
	found = sim_object_find(memory, SIM_EXTERNAL);
	if (status == CUDA_SUCCESS && !found)
		status = CUDA_ERROR_INVALID_HANDLE;
	if (status == CUDA_SUCCESS)
		status = sim_mipmap_new(
			&descriptor->arrayDesc, descriptor->numLevels, true, ctx, mipmap);
	sim_unlock();
	return status;
}

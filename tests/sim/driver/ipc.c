/*
 * Legacy IPC: handles of linear memory that another process opens. What is opened is the exporter's: it is
 * charged to nobody here. Opening a handle twice in a context gives the same address and counts.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC 0x53494d4950433031ULL

struct content {
	uint64_t magic, sequence;
	struct sim_share share;
};

_Static_assert(sizeof(struct content) <= CU_IPC_HANDLE_SIZE, "the content fits a handle");

/* One opened handle; the range's owner is NULL so that cuMemFree refuses it. */
struct opened {
	struct content content;
	unsigned int count;
};

CUresult cuIpcGetMemHandle(CUipcMemHandle *handle, CUdeviceptr address)
{
	struct content content = {.magic = MAGIC};
	struct sim_range *range;
	CUcontext ctx;
	CUresult status;

	SIM_ENTER(cuIpcGetMemHandle);
	if (!handle)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_context_current(&ctx);
	range = sim_range_find(sim_memory, address);
	if (status == CUDA_SUCCESS && (!range || range->memory != SIM_LINEAR))
		status = CUDA_ERROR_INVALID_VALUE;
	if (status == CUDA_SUCCESS) {
		/* Without shared devices nobody can open it, which is the opener's error. */
		sim_share_of(range, &content.share);
		content.sequence = range->sequence;
		memset(handle, 0, sizeof(*handle));
		memcpy(handle, &content, sizeof(content));
	}
	sim_unlock();
	return status;
}

struct search {
	const struct content *content;
	CUcontext ctx;
	struct sim_range *found;
};

static int compare(struct sim_range *range, void *argument)
{
	struct search *search = argument;
	const struct opened *opened = range->part;

	if (range->memory != SIM_IMPORTED || !opened || range->object.ctx != search->ctx ||
		memcmp(&opened->content, search->content, sizeof(opened->content)) != 0)
		return 0;
	search->found = range;
	return 1;
}

static void close_opened(struct sim_object *object)
{
	struct sim_range *range = (struct sim_range *)object;

	uint64_t skip = range->start % 4096;

	munmap(range->host - skip, range->size + skip);
	free(range->part);
	sim_memory_end(range);
}

/* Lock held. Addresses of imported memory are those of its mapping. */
static CUresult open_new(const struct content *content, CUcontext ctx, CUdeviceptr *address)
{
	struct sim_range *range = calloc(1, sizeof(*range));
	struct opened *opened = malloc(sizeof(*opened));
	char *host = sim_share_map(&content->share);

	if (!range || !opened || !host) {
		free(range);
		free(opened);
		return host ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_ERROR_INVALID_HANDLE;
	}
	*opened = (struct opened){*content, 1};
	range->start = (uint64_t)(uintptr_t)host;
	range->size = content->share.size;
	range->host = host;
	range->memory = SIM_IMPORTED;
	range->device = ctx->device;
	range->part = opened;
	range->sequence = ++sim_sequence;
	sim_range_insert(&sim_memory, range);
	sim_object_add(&range->object, SIM_MEMORY, ctx, close_opened);
	*address = range->start;
	return CUDA_SUCCESS;
}

static CUresult open_handle(CUdeviceptr *address, const CUipcMemHandle *handle, unsigned int flags)
{
	struct content content;
	struct search search = {&content, NULL, NULL};
	CUresult status;

	if (!address || flags != CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS)
		return CUDA_ERROR_INVALID_VALUE;
	memcpy(&content, handle, sizeof(content));
	if (content.magic != MAGIC)
		return CUDA_ERROR_INVALID_HANDLE;
	sim_lock();
	status = sim_context_current(&search.ctx);
	/* A process cannot open what it exported itself. */
	if (status == CUDA_SUCCESS && content.share.pid == getpid())
		status = CUDA_ERROR_INVALID_CONTEXT;
	if (status == CUDA_SUCCESS)
		sim_range_walk(sim_memory, compare, &search);
	if (search.found) {
		((struct opened *)search.found->part)->count++;
		*address = search.found->start;
	} else if (status == CUDA_SUCCESS) {
		status = open_new(&content, search.ctx, address);
	}
	sim_unlock();
	return status;
}

CUresult cuIpcOpenMemHandle(CUdeviceptr *address, CUipcMemHandle handle, unsigned int flags)
{
	SIM_ENTER(cuIpcOpenMemHandle);
	return open_handle(address, &handle, flags);
}

CUresult cuIpcOpenMemHandle_v2(CUdeviceptr *address, CUipcMemHandle handle, unsigned int flags)
{
	SIM_REENTER(cuIpcOpenMemHandle_v2, (address, handle, flags));
	SIM_ENTER(cuIpcOpenMemHandle_v2);
	return open_handle(address, &handle, flags);
}

CUresult cuIpcCloseMemHandle(CUdeviceptr address)
{
	struct sim_range *range;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_REENTER(cuIpcCloseMemHandle, (address));
	SIM_ENTER(cuIpcCloseMemHandle);
	sim_lock();
	range = sim_range_find(sim_memory, address);
	if (range && range->memory == SIM_IMPORTED && range->start == address && range->part) {
		struct opened *opened = range->part;

		if (--opened->count == 0)
			close_opened(&range->object);
		status = CUDA_SUCCESS;
	} else {
		sim_unknown_frees++;
	}
	sim_unlock();
	return status;
}

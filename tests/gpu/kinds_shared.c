/*
 * kinds_shared.c - memory whose owner is in question: open in a second process, imported into its own
 * process, or left over when its context was reset.
 */
#include "work.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static CUdeviceptr memory, pooled, mapped;
static CUmemGenericAllocationHandle object, imported;
static CUmemoryPool pool;
static size_t part;
static int to_other = -1;
static pid_t other;

void kinds_shared_hold(const char *handle_text)
{
	CUipcMemHandle handle;
	CUcontext context;
	CUdeviceptr opened;
	char byte;

	for (size_t i = 0; i < sizeof(handle); i++) {
		unsigned int value = 0;

		EXPECT(sscanf(handle_text + 2 * i, "%2x", &value) == 1);
		((unsigned char *)&handle)[i] = (unsigned char)value;
	}
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	OK(cuIpcOpenMemHandle(&opened, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
	EXPECT(write(STDOUT_FILENO, "", 1) == 1);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	OK(cuIpcCloseMemHandle(opened));
}

static void start_other(const CUipcMemHandle *handle)
{
	/* This program once more. */
	char self[] = "work", hold[] = "hold", text[2 * sizeof(*handle) + 1];
	char *arguments[] = {self, hold, text, NULL};
	int in[2], out[2];
	posix_spawn_file_actions_t files;

	for (size_t i = 0; i < sizeof(*handle); i++)
		sprintf(text + 2 * i, "%02x", ((const unsigned char *)handle)[i]);
	EXPECT(pipe(in) == 0 && pipe(out) == 0);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&files, in[1]);
	EXPECT(posix_spawn(&other, "/proc/self/exe", &files, NULL, arguments, environ) == 0);
	posix_spawn_file_actions_destroy(&files);
	close(in[0]);
	close(out[1]);
	EXPECT(read(out[0], text, 1) == 1);
	close(out[0]);
	to_other = in[1];
}

static CUresult ipc_take(size_t bytes)
{
	CUipcMemHandle handle;
	CUresult result = cuMemAlloc(&memory, bytes);

	if (result != CUDA_SUCCESS)
		return result;
	part = bytes;
	OK(cuIpcGetMemHandle(&handle, memory));
	start_other(&handle);
	return CUDA_SUCCESS;
}

static void ipc_give(void)
{
	int status;

	close(to_other);
	EXPECT(waitpid(other, &status, 0) == other && status == 0);
	OK(cuMemFree(memory));
}

static unsigned int ipc_content(void)
{
	return content_of(memory, part);
}

static CUresult create(size_t bytes)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};

	return cuMemCreate(&object, bytes, &prop, 0);
}

/* Two handles of one object: charged once. */
static CUresult import_take(size_t bytes)
{
	CUresult result = create(bytes);
	int fd;

	if (result != CUDA_SUCCESS)
		return result;
	OK(cuMemExportToShareableHandle(&fd, object, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
	OK(cuMemImportFromShareableHandle(
		&imported, (void *)(intptr_t)fd, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR));
	close(fd);
	return CUDA_SUCCESS;
}

static void import_give(void)
{
	OK(cuMemRelease(imported));
	OK(cuMemRelease(object));
}

static void reset_undo(void)
{
	if (memory != 0)
		OK(cuMemFree(memory));
	if (pool != NULL)
		OK(cuMemPoolDestroy(pool));
}

/* Linear memory, a pool and an object of virtual memory, a quarter, a quarter and a half. What remains of
 * them after the reset is the driver's choice. */
static CUresult reset_take(size_t bytes)
{
	CUmemPoolProps props = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	CUcontext context;
	CUresult result;

	memory = pooled = 0;
	pool = NULL;
	result = cuMemAlloc(&memory, bytes / 4);
	if (result == CUDA_SUCCESS)
		result = cuMemPoolCreate(&pool, &props);
	if (result == CUDA_SUCCESS)
		result = cuMemAllocFromPoolAsync(&pooled, bytes / 4, pool, NULL);
	if (result == CUDA_SUCCESS) {
		OK(cuStreamSynchronize(NULL));
		result = create(bytes / 2);
	}
	if (result != CUDA_SUCCESS) {
		if (pooled != 0)
			OK(cuMemFreeAsync(pooled, NULL));
		OK(cuStreamSynchronize(NULL));
		reset_undo();
		return result;
	}
	OK(cuMemAddressReserve(&mapped, bytes / 2, 0, 0, 0));
	OK(cuMemMap(mapped, bytes / 2, 0, object, 0));
	part = bytes / 2;
	OK(cuDevicePrimaryCtxReset(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	return CUDA_SUCCESS;
}

static const char *fate(CUresult result)
{
	return result == CUDA_SUCCESS ? "survived the reset" : "was gone";
}

static void reset_give(void)
{
	CUresult of_pool = pooled != 0 ? cuMemFreeAsync(pooled, NULL) : CUDA_SUCCESS;

	cuStreamSynchronize(NULL);
	if (of_pool == CUDA_SUCCESS)
		of_pool = cuMemPoolDestroy(pool);
	CUresult of_vmm = cuMemUnmap(mapped, part);

	if (of_vmm == CUDA_SUCCESS)
		of_vmm = cuMemRelease(object);
	printf("note the pool %s, the virtual memory %s\n", fate(of_pool), fate(of_vmm));
}

const struct kind kinds_shared[] = {
	{"ipc", ipc_take, ipc_give, ipc_content},
	{"import", import_take, import_give, NULL},
	{"reset", reset_take, reset_give, NULL},
	{NULL, NULL, NULL, NULL},
};

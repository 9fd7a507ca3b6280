/*
 * Shares memory with a second process, as owner of it, and gives it back there; the second process
 * is this program started anew. Prints the pid of both, and what each call of the second
 * returned. Usage: import_shared ipc|pool|external
 */
#include "check.h"

#include <cuda.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE  ((size_t)2 << 20)
#define OFTEN 1000

#define SHOW(call) printf("%-58s %d\n", #call, (int)(call))

extern char **environ;

static void to_hex(char *out, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", ((const unsigned char *)bytes)[i]);
}

static void from_hex(void *bytes, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned int byte = 0;

		EXPECT(sscanf(text + 2 * i, "%2x", &byte) == 1);
		((unsigned char *)bytes)[i] = (unsigned char)byte;
	}
}

/* The other process inherits the file. */
static void start_other(char *what, int fd, const void *data, size_t n)
{
	char self[] = "import_shared", number[16], hex[256] = "";
	char *arguments[] = {self, what, number, hex, NULL};
	int status;
	pid_t pid;

	snprintf(number, sizeof(number), "%d", fd);
	to_hex(hex, data, n);
	if (fd >= 0)
		EXPECT(fcntl(fd, F_SETFD, 0) == 0);
	fflush(stdout);
	EXPECT(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, arguments, environ) == 0);
	EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	EXPECT(WEXITSTATUS(status) == 0);
}

static void own_ipc(char *what)
{
	CUdeviceptr memory;
	CUipcMemHandle handle;

	OK(cuMemAlloc(&memory, SIZE));
	OK(cuIpcGetMemHandle(&handle, memory));
	start_other(what, -1, &handle, sizeof(handle));
	OK(cuMemFree(memory));
}

static void borrow_ipc(const char *hex)
{
	CUipcMemHandle handle;
	CUdeviceptr memory = 0, again = 0;

	from_hex(&handle, hex, sizeof(handle));
	SHOW(cuIpcOpenMemHandle(&memory, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
	SHOW(cuIpcOpenMemHandle(&again, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
	EXPECT(memory == again);
	SHOW(cuIpcCloseMemHandle(memory));
	for (int i = 0; i < OFTEN; i++)
		OK(cuIpcOpenMemHandle(&again, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
	for (int i = 0; i < OFTEN; i++)
		OK(cuIpcCloseMemHandle(again));
	SHOW(cuIpcCloseMemHandle(memory));
}

static void own_pool(char *what)
{
	CUmemPoolProps props = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.handleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
		.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};
	CUmemPoolPtrExportData data;
	CUmemoryPool pool;
	CUdeviceptr memory;
	int fd;

	OK(cuMemPoolCreate(&pool, &props));
	OK(cuMemAllocFromPoolAsync(&memory, SIZE, pool, NULL));
	OK(cuStreamSynchronize(NULL));
	OK(cuMemPoolExportToShareableHandle(
		&fd, pool, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
	OK(cuMemPoolExportPointer(&data, memory));
	start_other(what, fd, &data, sizeof(data));
	OK(cuMemFree(memory));
	OK(cuMemPoolDestroy(pool));
}

static void borrow_pool(int fd, const char *hex)
{
	CUmemPoolPtrExportData data;
	CUmemoryPool pool = NULL;
	CUdeviceptr memory = 0;

	from_hex(&data, hex, sizeof(data));
	SHOW(cuMemPoolImportFromShareableHandle(
		&pool, (void *)(intptr_t)fd, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
	SHOW(cuMemPoolImportPointer(&memory, pool, &data));
	SHOW(cuMemFree(memory));
	SHOW(cuMemPoolDestroy(pool));
}

static void own_external(char *what)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
		.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};
	CUmemGenericAllocationHandle memory;
	char nothing = 0;
	int fd;

	OK(cuMemCreate(&memory, SIZE, &prop, 0));
	OK(cuMemExportToShareableHandle(&fd, memory, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
	start_other(what, fd, &nothing, 1);
	/* An export keeps the memory alive. */
	EXPECT(close(fd) == 0);
	OK(cuMemRelease(memory));
}

static void borrow_external(int fd)
{
	CUDA_EXTERNAL_MEMORY_HANDLE_DESC handle = {
		.type = CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD, .size = SIZE};
	CUDA_EXTERNAL_MEMORY_BUFFER_DESC part = {.size = SIZE / 2};
	CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC image = {
		.arrayDesc = {64, 64, 0, CU_AD_FORMAT_FLOAT, 1, 0}, .numLevels = 1};
	CUexternalMemory memory = NULL;
	CUmipmappedArray mipmap = NULL;
	CUdeviceptr buffer = 0;

	handle.handle.fd = fd;
	SHOW(cuImportExternalMemory(&memory, &handle));
	SHOW(cuExternalMemoryGetMappedBuffer(&buffer, memory, &part));
	SHOW(cuExternalMemoryGetMappedMipmappedArray(&mipmap, memory, &image));
	SHOW(cuMemFree(buffer));
	SHOW(cuMipmappedArrayDestroy(mipmap));
	SHOW(cuDestroyExternalMemory(memory));
}

static void borrow(const char *what, int fd, const char *hex)
{
	if (strcmp(what, "ipc") == 0)
		borrow_ipc(hex);
	else if (strcmp(what, "pool") == 0)
		borrow_pool(fd, hex);
	else
		borrow_external(fd);
}

int main(int argc, char **argv)
{
	char *what = argc > 1 ? argv[1] : argv[0];
	CUcontext ctx;

	printf("%s %d\n", argc == 4 ? "borrower" : "owner", (int)getpid());
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&ctx, 0));
	OK(cuCtxSetCurrent(ctx));
	if (argc == 4)
		borrow(what, atoi(argv[2]), argv[3]);
	else if (strcmp(what, "ipc") == 0)
		own_ipc(what);
	else if (strcmp(what, "pool") == 0)
		own_pool(what);
	else if (strcmp(what, "external") == 0)
		own_external(what);
	else
		FAIL("usage: import_shared ipc|pool|external");
	return 0;
}

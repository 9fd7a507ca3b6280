/*
 * The driver API linked directly: allocates each kind of linear and host memory, checks that copies and
 * fills arrive, frees everything. Usage: driver_linked [bytes]
 */
#include "check.h"

#include <cuda.h>
#include <string.h>

static void linear(size_t bytes)
{
	CUdeviceptr memory, other;
	unsigned char *host = malloc(bytes), *back = malloc(bytes);

	for (size_t i = 0; i < bytes; i++)
		host[i] = (unsigned char)(i * 31);
	OK(cuMemAlloc(&memory, bytes));
	OK(cuMemAlloc(&other, bytes));
	EXPECT(memory != other);
	OK(cuMemcpyHtoD(memory, host, bytes));
	OK(cuMemcpyDtoD(other, memory, bytes));
	OK(cuMemcpyDtoH(back, other, bytes));
	EXPECT(memcmp(host, back, bytes) == 0);
	OK(cuMemsetD8(memory, 0x5a, bytes));
	OK(cuMemcpyDtoH(back, memory, bytes));
	EXPECT(back[0] == 0x5a && back[bytes - 1] == 0x5a);
	OK(cuMemFree(memory));
	OK(cuMemFree(other));
	free(host);
	free(back);
}

static void pitched(void)
{
	CUdeviceptr memory;
	size_t pitch;
	unsigned char rows[3][100], back[3][100];
	CUDA_MEMCPY2D copy = {.srcMemoryType = CU_MEMORYTYPE_HOST,
		.srcHost = rows,
		.srcPitch = 100,
		.dstMemoryType = CU_MEMORYTYPE_DEVICE,
		.WidthInBytes = 100,
		.Height = 3};

	memset(rows, 7, sizeof(rows));
	OK(cuMemAllocPitch(&memory, &pitch, 100, 3, 4));
	EXPECT(pitch >= 100);
	copy.dstDevice = memory;
	copy.dstPitch = pitch;
	OK(cuMemcpy2D(&copy));
	for (int row = 0; row < 3; row++)
		OK(cuMemcpyDtoH(back[row], memory + (size_t)row * pitch, 100));
	EXPECT(memcmp(rows, back, sizeof(rows)) == 0);
	OK(cuMemFree(memory));
}

static void managed_and_host(size_t bytes)
{
	CUdeviceptr managed;
	void *pinned, *registered = malloc(bytes);

	OK(cuMemAllocManaged(&managed, bytes, CU_MEM_ATTACH_GLOBAL));
	memset((void *)(size_t)managed, 3, bytes);
	OK(cuMemHostAlloc(&pinned, bytes, 0));
	OK(cuMemcpyDtoH(pinned, managed, bytes));
	EXPECT(((unsigned char *)pinned)[bytes / 2] == 3);
	OK(cuMemHostRegister(registered, bytes, 0));
	OK(cuMemHostUnregister(registered));
	OK(cuMemFreeHost(pinned));
	OK(cuMemFree(managed));
	free(registered);
}

int main(int argc, char **argv)
{
	size_t bytes = argument(argc, argv, 1, "4M"), left, total;
	CUdevice device;
	CUcontext ctx;

	OK(cuInit(0));
	OK(cuDeviceGet(&device, 0));
	OK(cuCtxCreate(&ctx, NULL, 0, device));
	linear(bytes);
	pitched();
	managed_and_host(bytes);
	OK(cuMemGetInfo(&left, &total));
	EXPECT(left <= total);
	OK(cuCtxDestroy(ctx));
	printf("driver_linked: fine\n");
	return 0;
}

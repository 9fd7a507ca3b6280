/*
 * As edges, for the runtime API: prints what each call with unusual arguments returns and what the last error
 * then is. Usage: edges_runtime
 */
#include "check.h"

#include <cuda_runtime.h>
#include <stdint.h>

#define SHOW(call)                                                                        \
	do {                                                                              \
		int returned_ = (int)(call);                                              \
		printf("%-58s %4d last %d\n", #call, returned_, (int)cudaGetLastError()); \
	} while (0)

static int local;

static void allocations(void)
{
	void *memory = &local;
	size_t pitch = 9;
	struct cudaPitchedPtr box = {&local, 1, 2, 3};
	struct cudaExtent empty = {0, 4, 4}, huge = {SIZE_MAX / 2, SIZE_MAX / 2, 2};

	SHOW(cudaMalloc(NULL, 4096));
	SHOW(cudaMalloc(&memory, SIZE_MAX));
	printf("untouched: %d\n", memory == &local);
	SHOW(cudaMalloc(&memory, 0));
	printf("null: %d\n", memory == NULL);
	SHOW(cudaMallocPitch(&memory, &pitch, 0, 7));
	printf("null: %d %d\n", memory == NULL, pitch == 0);
	SHOW(cudaMallocPitch(NULL, &pitch, 8, 7));
	SHOW(cudaMalloc3D(&box, empty));
	printf("null: %d\n", box.ptr == NULL);
	SHOW(cudaMalloc3D(&box, huge));
	SHOW(cudaMallocManaged(&memory, 0, cudaMemAttachGlobal));
	SHOW(cudaMallocManaged(&memory, 4096, 0));
	SHOW(cudaMallocHost(&memory, 0));
	SHOW(cudaMallocHost(NULL, 64));
}

static void frees(void)
{
	void *memory = NULL;

	SHOW(cudaFree(NULL));
	SHOW(cudaFree(&local));
	SHOW(cudaMalloc(&memory, 4096));
	SHOW(cudaFree((char *)memory + 64));
	SHOW(cudaFree(memory));
	SHOW(cudaFree(memory));
	SHOW(cudaFreeHost(NULL));
	SHOW(cudaFreeHost(&local));
	SHOW(cudaHostUnregister(&local));
}

static void questions(void)
{
	struct cudaPointerAttributes attributes;
	size_t value;
	int number;

	SHOW(cudaSetDevice(-1));
	SHOW(cudaSetDevice(1000));
	SHOW(cudaGetDevice(NULL));
	SHOW(cudaGetDeviceCount(NULL));
	SHOW(cudaGetDeviceProperties(NULL, 0));
	SHOW(cudaDeviceGetAttribute(&number, (enum cudaDeviceAttr)100000, 0));
	SHOW(cudaMemGetInfo(NULL, &value));
	SHOW(cudaPointerGetAttributes(&attributes, &local));
	printf("unregistered: %d\n", attributes.type == cudaMemoryTypeUnregistered);
	SHOW(cudaMemcpy(&local, &number, sizeof(local), (enum cudaMemcpyKind)42));
	SHOW(cudaMemset(&local, 0, sizeof(local)));
}

int main(void)
{
	SHOW(cudaGetLastError());
	allocations();
	frees();
	questions();
	SHOW(cudaDeviceReset());
	SHOW(cudaFree(NULL));
	return 0;
}

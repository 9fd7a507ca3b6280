/*
 * The runtime API; built once with the shared and once with the static runtime. Allocates each kind of
 * linear and host memory, checks that copies and fills arrive, frees everything. Usage: runtime [bytes]
 */
#include "check.h"

#include <cuda_runtime.h>
#include <string.h>

static void linear(size_t bytes)
{
	char *memory, *host = malloc(bytes), *back = malloc(bytes);

	memset(host, 'x', bytes);
	OK(cudaMalloc((void **)&memory, bytes));
	OK(cudaMemcpy(memory, host, bytes, cudaMemcpyHostToDevice));
	OK(cudaMemcpy(back, memory, bytes, cudaMemcpyDefault));
	EXPECT(memcmp(host, back, bytes) == 0);
	OK(cudaMemset(memory, 9, bytes));
	OK(cudaMemcpy(back, memory, bytes, cudaMemcpyDeviceToHost));
	EXPECT(back[bytes - 1] == 9);
	OK(cudaFree(memory));
	free(host);
	free(back);
}

static void boxes(void)
{
	struct cudaPitchedPtr box;
	struct cudaExtent extent = {100, 10, 4};
	void *rows;
	size_t pitch;
	char host[300];

	memset(host, 4, sizeof(host));
	OK(cudaMallocPitch(&rows, &pitch, 100, 3));
	OK(cudaMemcpy2D(rows, pitch, host, 100, 100, 3, cudaMemcpyHostToDevice));
	OK(cudaFree(rows));
	OK(cudaMalloc3D(&box, extent));
	EXPECT(box.ptr && box.pitch >= 100);
	OK(cudaFree(box.ptr));
}

static void others(size_t bytes)
{
	void *managed, *pinned, *portable;
	cudaStream_t stream;
	struct cudaPointerAttributes attributes;

	OK(cudaMallocManaged(&managed, bytes, cudaMemAttachGlobal));
	memset(managed, 1, bytes);
	OK(cudaMallocHost(&pinned, bytes));
	OK(cudaHostAlloc(&portable, bytes, cudaHostAllocPortable));
	OK(cudaStreamCreate(&stream));
	OK(cudaMemcpyAsync(pinned, managed, bytes, cudaMemcpyDefault, stream));
	OK(cudaStreamSynchronize(stream));
	EXPECT(memcmp(pinned, managed, bytes) == 0);
	OK(cudaPointerGetAttributes(&attributes, managed));
	EXPECT(attributes.type == cudaMemoryTypeManaged);
	OK(cudaStreamDestroy(stream));
	OK(cudaFreeHost(pinned));
	OK(cudaFreeHost(portable));
	OK(cudaFree(managed));
}

int main(int argc, char **argv)
{
	size_t bytes = argument(argc, argv, 1, "4M"), left, total;
	struct cudaDeviceProp properties;
	int count;

	OK(cudaGetDeviceCount(&count));
	EXPECT(count > 0);
	OK(cudaGetDeviceProperties(&properties, 0));
	linear(bytes);
	boxes();
	others(bytes);
	OK(cudaMemGetInfo(&left, &total));
	EXPECT(left <= total && total == properties.totalGlobalMem);
	OK(cudaGetLastError());
	OK(cudaDeviceReset());
	printf("runtime: fine\n");
	return 0;
}

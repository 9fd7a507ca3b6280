/*
 * A plugin that uses the runtime API; linked with the shared or with the static runtime. It leaves what it is
 * told to leave, and says what it was told when memory was refused.
 */
#include "check.h"

#include <cuda_runtime.h>

int plugin_use(size_t kept, size_t freed);
int plugin_error(void);
int plugin_use_pinned(size_t kept);

int plugin_use(size_t kept, size_t freed)
{
	void *one = NULL, *other = NULL;
	cudaError_t status = cudaSuccess;

	if (freed)
		status = cudaMalloc(&other, freed);
	if (status == cudaSuccess && kept)
		status = cudaMalloc(&one, kept);
	if (status == cudaSuccess && freed)
		status = cudaFree(other);
	return (int)status;
}

int plugin_error(void)
{
	return (int)cudaGetLastError();
}

int plugin_use_pinned(size_t kept)
{
	void *memory;

	return (int)cudaHostAlloc(&memory, kept, cudaHostAllocDefault);
}

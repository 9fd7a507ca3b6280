/*
 * wrap_runtime.c - wrappers of the runtime's functions for linear and host memory; arrays and pools are
 * in wrap_runtime_kinds.c.
 */
#include "checked.h"
#include "label.h"

static const void *given(cudaError_t result, void *const *pointer)
{
	return result == cudaSuccess && pointer != NULL ? *pointer : NULL;
}

RAC_RUNTIME_WRAPPER(cudaMalloc, (void **devPtr, size_t size), (devPtr, size))
{
	struct rac_label l;
	void *nothing;

	rac_label_enter(&l, RAC_HOOK_cudaMalloc, origin);
	if (devPtr != NULL && size > 0)
		rac_label_offer_allocation(&l, RAC_HOOK_cudaMalloc, size);
	cudaError_t result = l.refused ? l.runtime->cudaMalloc(&nothing, RAC_HOPELESS)
				       : l.runtime->cudaMalloc(devPtr, size);

	rac_label_settle(&l, result, RAC_KIND_DEVICE, given(result, devPtr));
	rac_label_leave(&l);
	return result;
}

RAC_RUNTIME_WRAPPER(
	cudaMallocManaged, (void **devPtr, size_t size, unsigned int flags), (devPtr, size, flags))
{
	struct rac_label l;
	void *nothing;

	rac_label_enter(&l, RAC_HOOK_cudaMallocManaged, origin);
	if (devPtr != NULL && size > 0)
		rac_label_offer_allocation(&l, RAC_HOOK_cudaMallocManaged, size);
	cudaError_t result = l.refused ? l.runtime->cudaMallocManaged(&nothing, RAC_HOPELESS, flags)
				       : l.runtime->cudaMallocManaged(devPtr, size, flags);

	rac_label_settle(&l, result, RAC_KIND_MANAGED, given(result, devPtr));
	rac_label_leave(&l);
	return result;
}

/* 512 bytes: as in wrap_linear.c. Without the driver's call the bound is what is charged. */
static bool bound_of_rows(uint64_t width, uint64_t height, uint64_t depth, uint64_t *bytes)
{
	return rac_checked_round_up(width, 512, bytes) && rac_checked_mul(*bytes, height, bytes) &&
		rac_checked_mul(*bytes, depth, bytes) && *bytes > 0;
}

RAC_RUNTIME_WRAPPER(cudaMallocPitch, (void **devPtr, size_t *pitch, size_t width, size_t height),
	(devPtr, pitch, width, height))
{
	struct rac_label l;
	void *nothing;
	size_t unused;
	uint64_t bytes;

	rac_label_enter(&l, RAC_HOOK_cudaMallocPitch, origin);
	if (devPtr != NULL && pitch != NULL && bound_of_rows(width, height, 1, &bytes))
		rac_label_offer_allocation(&l, RAC_HOOK_cudaMallocPitch, bytes);
	cudaError_t result = l.refused
		? l.runtime->cudaMallocPitch(&nothing, &unused, RAC_HOPELESS, 1)
		: l.runtime->cudaMallocPitch(devPtr, pitch, width, height);

	rac_label_settle(&l, result, RAC_KIND_DEVICE, given(result, devPtr));
	rac_label_leave(&l);
	return result;
}

RAC_RUNTIME_WRAPPER(cudaMalloc3D, (struct cudaPitchedPtr * pitchedDevPtr, struct cudaExtent extent),
	(pitchedDevPtr, extent))
{
	struct rac_label l;
	struct cudaPitchedPtr nothing;
	uint64_t bytes;

	rac_label_enter(&l, RAC_HOOK_cudaMalloc3D, origin);
	if (pitchedDevPtr != NULL &&
		bound_of_rows(extent.width, extent.height, extent.depth, &bytes))
		rac_label_offer_allocation(&l, RAC_HOOK_cudaMalloc3D, bytes);
	cudaError_t result = l.refused
		? l.runtime->cudaMalloc3D(&nothing, (struct cudaExtent){RAC_HOPELESS, 1, 1})
		: l.runtime->cudaMalloc3D(pitchedDevPtr, extent);

	rac_label_settle(&l, result, RAC_KIND_DEVICE,
		given(result, pitchedDevPtr != NULL ? &pitchedDevPtr->ptr : NULL));
	rac_label_leave(&l);
	return result;
}

RAC_RUNTIME_WRAPPER(cudaFree, (void *devPtr), (devPtr))
{
	struct rac_label l;

	rac_label_enter(&l, RAC_HOOK_cudaFree, origin);
	rac_label_offer_free(&l, RAC_SPACE_DEVICE, devPtr);
	cudaError_t result = l.runtime->cudaFree(devPtr);

	rac_label_settle(&l, result, RAC_KIND_DEVICE, NULL);
	rac_label_leave(&l);
	return result;
}

RAC_RUNTIME_WRAPPER(cudaMallocHost, (void **ptr, size_t size), (ptr, size))
{
	struct rac_label l;

	rac_label_enter(&l, RAC_HOOK_cudaMallocHost, origin);
	cudaError_t result = l.runtime->cudaMallocHost(ptr, size);

	rac_label_settle_host(&l, RAC_HOOK_cudaMallocHost, result, ptr, size);
	rac_label_leave(&l);
	return result;
}

RAC_RUNTIME_WRAPPER(
	cudaHostAlloc, (void **pHost, size_t size, unsigned int flags), (pHost, size, flags))
{
	struct rac_label l;

	rac_label_enter(&l, RAC_HOOK_cudaHostAlloc, origin);
	cudaError_t result = l.runtime->cudaHostAlloc(pHost, size, flags);

	rac_label_settle_host(&l, RAC_HOOK_cudaHostAlloc, result, pHost, size);
	rac_label_leave(&l);
	return result;
}

RAC_RUNTIME_WRAPPER(cudaFreeHost, (void *ptr), (ptr))
{
	struct rac_label l;

	rac_label_enter(&l, RAC_HOOK_cudaFreeHost, origin);
	rac_label_offer_free(&l, RAC_SPACE_HOST, ptr);
	cudaError_t result = l.runtime->cudaFreeHost(ptr);

	rac_label_settle(&l, result, RAC_KIND_DEVICE, NULL);
	rac_label_leave(&l);
	return result;
}

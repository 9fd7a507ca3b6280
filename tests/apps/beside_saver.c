/*
 * A second preloaded library, as torch_memory_saver is one: what the program takes from cudaMalloc are mapped
 * objects of the driver, whose memory saver_pause gives back and saver_resume takes again at the same
 * addresses. What it did not make is freed by the next cudaFree. At the end it says what it saw.
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <dlfcn.h>

#define PIECES  64
#define VISIBLE __attribute__((visibility("default")))

static struct piece {
	CUdeviceptr address;
	size_t bytes;
	CUmemGenericAllocationHandle object;
} pieces[PIECES];

static int taken, given, passed_on;

VISIBLE void saver_pause(void);
VISIBLE int saver_resume(void);

static CUmemAllocationProp properties(void)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE}};

	OK(cuCtxGetDevice(&prop.location.id));
	return prop;
}

static CUresult attach(struct piece *piece)
{
	CUmemAllocationProp prop = properties();
	CUmemAccessDesc access = {prop.location, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
	CUresult result = cuMemCreate(&piece->object, piece->bytes, &prop, 0);

	if (result != CUDA_SUCCESS)
		return result;
	OK(cuMemMap(piece->address, piece->bytes, 0, piece->object, 0));
	OK(cuMemSetAccess(piece->address, piece->bytes, &access, 1));
	return CUDA_SUCCESS;
}

static void detach(struct piece *piece)
{
	OK(cuMemUnmap(piece->address, piece->bytes));
	OK(cuMemRelease(piece->object));
	piece->object = 0;
}

VISIBLE cudaError_t cudaMalloc(void **devPtr, size_t size)
{
	struct piece *piece = pieces;
	CUmemAllocationProp prop;
	size_t grain;

	while (piece->address)
		piece++;
	EXPECT(piece < pieces + PIECES);
	/* Its context comes into being. */
	OK(cudaDeviceSynchronize());
	prop = properties();
	OK(cuMemGetAllocationGranularity(&grain, &prop, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
	piece->bytes = (size + grain - 1) / grain * grain;
	OK(cuMemAddressReserve(&piece->address, piece->bytes, 0, 0, 0));
	if (attach(piece) != CUDA_SUCCESS) {
		OK(cuMemAddressFree(piece->address, piece->bytes));
		piece->address = 0;
		return cudaErrorMemoryAllocation;
	}
	*devPtr = (void *)(uintptr_t)piece->address;
	taken++;
	return cudaSuccess;
}

VISIBLE cudaError_t cudaFree(void *devPtr)
{
	cudaError_t (*next)(void *);

	for (struct piece *piece = pieces; piece < pieces + PIECES; piece++) {
		if (!devPtr || (uintptr_t)piece->address != (uintptr_t)devPtr)
			continue;
		if (piece->object)
			detach(piece);
		OK(cuMemAddressFree(piece->address, piece->bytes));
		*piece = (struct piece){0};
		given++;
		return cudaSuccess;
	}
	*(void **)&next = dlsym(RTLD_NEXT, "cudaFree");
	EXPECT(next);
	passed_on++;
	return next(devPtr);
}

void saver_pause(void)
{
	for (struct piece *piece = pieces; piece < pieces + PIECES; piece++)
		if (piece->object)
			detach(piece);
}

/* How many could not be taken again. */
int saver_resume(void)
{
	int missing = 0;

	for (struct piece *piece = pieces; piece < pieces + PIECES; piece++)
		if (piece->address && !piece->object)
			missing += attach(piece) != CUDA_SUCCESS;
	return missing;
}

static __attribute__((destructor)) void tell(void)
{
	printf("saver: %d taken, %d given back, %d passed on\n", taken, given, passed_on);
}

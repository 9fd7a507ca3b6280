/*
 * kinds_plain.c - memory that is taken and given at the call: linear, pitched, managed, arrays, virtual
 * memory.
 */
#include "work.h"

static CUdeviceptr memory[PARTS];
static CUarray arrays[PARTS];
static CUmipmappedArray mipmaps[PARTS];
static size_t held, part;

static CUresult take_parts(size_t bytes, CUresult (*one)(size_t which), void (*give)(void))
{
	CUresult result = CUDA_SUCCESS;

	part = bytes / PARTS;
	for (held = 0; held < PARTS && result == CUDA_SUCCESS; held += result == CUDA_SUCCESS)
		result = one(held);
	if (result != CUDA_SUCCESS)
		give();
	return result;
}

static unsigned int content(void)
{
	return content_of(memory[held - 1], part);
}

static CUresult linear_one(size_t i)
{
	return cuMemAlloc(&memory[i], part);
}

static void linear_give(void)
{
	while (held > 0)
		OK(cuMemFree(memory[--held]));
}

static CUresult linear_take(size_t bytes)
{
	return take_parts(bytes, linear_one, linear_give);
}

/* Rows that need no padding and rows that do. */
static CUresult pitched_one(size_t i)
{
	size_t pitch;

	return cuMemAllocPitch(&memory[i], &pitch, i % 2 == 0 ? 4096 : 3000, part / 4096, 4);
}

static CUresult pitched_take(size_t bytes)
{
	return take_parts(bytes, pitched_one, linear_give);
}

/* On the device, so that NVML's figure has it. */
static CUresult managed_one(size_t i)
{
	CUmemLocation here = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0};
	CUresult result = cuMemAllocManaged(&memory[i], part, CU_MEM_ATTACH_GLOBAL);

	if (result == CUDA_SUCCESS) {
		OK(cuMemsetD32(memory[i], 1, part / 4));
		OK(cuMemPrefetchAsync(memory[i], part, here, 0, NULL));
		OK(cuStreamSynchronize(NULL));
	}
	return result;
}

static CUresult managed_take(size_t bytes)
{
	return take_parts(bytes, managed_one, linear_give);
}

/* Two and three dimensions. */
static CUDA_ARRAY3D_DESCRIPTOR shape(size_t i)
{
	size_t texels = part / 16;

	if (i % 2 == 0)
		return (CUDA_ARRAY3D_DESCRIPTOR){1024, texels / 1024, 0, CU_AD_FORMAT_FLOAT, 4, 0};
	return (CUDA_ARRAY3D_DESCRIPTOR){64, 64, texels / 4096, CU_AD_FORMAT_FLOAT, 4, 0};
}

static CUresult array_one(size_t i)
{
	CUDA_ARRAY3D_DESCRIPTOR d = shape(i);

	return cuArray3DCreate(&arrays[i], &d);
}

static void array_give(void)
{
	while (held > 0)
		OK(cuArrayDestroy(arrays[--held]));
}

static CUresult array_take(size_t bytes)
{
	return take_parts(bytes, array_one, array_give);
}

static CUresult mipmap_one(size_t i)
{
	CUDA_ARRAY3D_DESCRIPTOR d = shape(0);

	return cuMipmappedArrayCreate(&mipmaps[i], &d, 100);
}

static void mipmap_give(void)
{
	while (held > 0)
		OK(cuMipmappedArrayDestroy(mipmaps[--held]));
}

static CUresult mipmap_take(size_t bytes)
{
	return take_parts(bytes, mipmap_one, mipmap_give);
}

/* The mapping alone keeps the memory. */
static CUresult vmm_one(size_t i)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	CUmemAccessDesc access = {prop.location, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
	CUmemGenericAllocationHandle handle;
	CUresult result = cuMemCreate(&handle, part, &prop, 0);

	if (result == CUDA_SUCCESS) {
		OK(cuMemAddressReserve(&memory[i], part, 0, 0, 0));
		OK(cuMemMap(memory[i], part, 0, handle, 0));
		OK(cuMemSetAccess(memory[i], part, &access, 1));
		OK(cuMemRelease(handle));
	}
	return result;
}

static void vmm_give(void)
{
	while (held > 0) {
		OK(cuMemUnmap(memory[--held], part));
		OK(cuMemAddressFree(memory[held], part));
	}
}

static CUresult vmm_take(size_t bytes)
{
	return take_parts(bytes, vmm_one, vmm_give);
}

const struct kind kinds_plain[] = {
	{"linear", linear_take, linear_give, content},
	{"pitched", pitched_take, linear_give, NULL},
	{"managed", managed_take, linear_give, content},
	{"array", array_take, array_give, NULL},
	{"mipmap", mipmap_take, mipmap_give, NULL},
	{"vmm", vmm_take, vmm_give, content},
	{NULL, NULL, NULL, NULL},
};

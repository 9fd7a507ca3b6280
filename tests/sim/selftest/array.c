/* Arrays and mipmaps: sizes by format, zero extents, parts, contents, sparse and deferred ones. */
#include "selftest.h"

#include <string.h>

static CUarray array_of(CUDA_ARRAY3D_DESCRIPTOR descriptor, uint64_t bytes)
{
	CUarray array;
	uint64_t before = simcuda_kind_bytes(0, SIMCUDA_ARRAY);

	OK(cuArray3DCreate(&array, &descriptor));
	CHECK_EQUAL(bytes, simcuda_kind_bytes(0, SIMCUDA_ARRAY) - before);
	return array;
}

TEST(array_sizes_follow_the_format)
{
	begin();
	array_of((CUDA_ARRAY3D_DESCRIPTOR){100, 0, 0, CU_AD_FORMAT_FLOAT, 1, 0}, 400);
	array_of((CUDA_ARRAY3D_DESCRIPTOR){100, 10, 0, CU_AD_FORMAT_UNSIGNED_INT8, 4, 0}, 4000);
	array_of((CUDA_ARRAY3D_DESCRIPTOR){10, 10, 10, CU_AD_FORMAT_HALF, 2, 0}, 4000);
	array_of((CUDA_ARRAY3D_DESCRIPTOR){10, 10, 0, CU_AD_FORMAT_UNORM_INT8X4, 4, 0}, 400);
	array_of((CUDA_ARRAY3D_DESCRIPTOR){10, 10, 0, CU_AD_FORMAT_SNORM_INT16X4, 4, 0}, 800);
	array_of((CUDA_ARRAY3D_DESCRIPTOR){16, 16, 0, CU_AD_FORMAT_BC1_UNORM, 4, 0}, 128);
	array_of((CUDA_ARRAY3D_DESCRIPTOR){17, 16, 0, CU_AD_FORMAT_BC7_UNORM, 4, 0}, 320);
	array_of((CUDA_ARRAY3D_DESCRIPTOR){64, 64, 0, CU_AD_FORMAT_NV12, 3, 0}, 6144);
	/* Layers of a line, of a picture, faces of a cube. */
	array_of((CUDA_ARRAY3D_DESCRIPTOR){8, 0, 5, CU_AD_FORMAT_SIGNED_INT32, 1,
			 CUDA_ARRAY3D_LAYERED},
		160);
	array_of((CUDA_ARRAY3D_DESCRIPTOR){8, 8, 6, CU_AD_FORMAT_UNSIGNED_INT8, 1,
			 CUDA_ARRAY3D_CUBEMAP},
		384);
	CHECK_EQUAL(10, simcuda_kind_count(0, SIMCUDA_ARRAY));
}

TEST(bad_array_descriptors_are_refused)
{
	CUarray array;
	CUDA_ARRAY3D_DESCRIPTOR bad[] = {
		{0, 4, 0, CU_AD_FORMAT_FLOAT, 1, 0},
		{4, 4, 0, CU_AD_FORMAT_FLOAT, 3, 0},
		{4, 4, 0, (CUarray_format)0x77, 1, 0},
		{4, 0, 4, CU_AD_FORMAT_FLOAT, 1, 0},
		{SIZE_MAX, 1, 0, CU_AD_FORMAT_FLOAT, 1, 0},
		{8, 4, 6, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_CUBEMAP},
	};

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuArray3DCreate(&array, &bad[i]));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuArray3DCreate(NULL, &bad[0]));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuArray3DCreate(&array, NULL));
	CHECK_EQUAL(CUDA_ERROR_INVALID_HANDLE, cuArrayDestroy((CUarray)&bad));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

TEST_WITH(rows_can_be_padded, "SIMCUDA_ARRAY_ROW=64")
{
	CUDA_ARRAY_MEMORY_REQUIREMENTS needs;
	CUarray twin;
	CUDA_ARRAY3D_DESCRIPTOR d = {10, 10, 0, CU_AD_FORMAT_UNSIGNED_INT8, 1, 0};

	begin();
	array_of(d, 640);
	d.Flags = CUDA_ARRAY3D_DEFERRED_MAPPING;
	OK(cuArray3DCreate(&twin, &d));
	CHECK_EQUAL(640, simcuda_live_bytes(0));
	OK(cuArrayGetMemoryRequirements(&needs, twin, 0));
	CHECK_EQUAL(640, needs.size);
}

TEST(only_deferred_arrays_say_what_they_need)
{
	CUDA_ARRAY_MEMORY_REQUIREMENTS needs;
	CUarray array;

	begin();
	array = array_of((CUDA_ARRAY3D_DESCRIPTOR){10, 10, 0, CU_AD_FORMAT_FLOAT, 1, 0}, 400);
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuArrayGetMemoryRequirements(&needs, array, 0));
}

TEST(a_mipmap_is_the_sum_of_its_levels)
{
	CUDA_ARRAY3D_DESCRIPTOR d = {16, 8, 0, CU_AD_FORMAT_FLOAT, 1, 0}, level_descriptor;
	CUmipmappedArray mipmap;
	CUarray level;

	begin();
	/* 128 + 32 + 8 + 2 + 1 texels; more levels than there can be. */
	OK(cuMipmappedArrayCreate(&mipmap, &d, 99));
	CHECK_EQUAL(171 * 4, simcuda_kind_bytes(0, SIMCUDA_ARRAY));
	CHECK_EQUAL(1, simcuda_kind_count(0, SIMCUDA_ARRAY));
	OK(cuMipmappedArrayGetLevel(&level, mipmap, 4));
	OK(cuArray3DGetDescriptor(&level_descriptor, level));
	CHECK_EQUAL(1, level_descriptor.Width);
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMipmappedArrayGetLevel(&level, mipmap, 5));
	CHECK_EQUAL(CUDA_ERROR_INVALID_HANDLE, cuArrayDestroy(level));
	CHECK_EQUAL(171 * 4, simcuda_live_bytes(0));
	OK(cuMipmappedArrayDestroy(mipmap));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_HANDLE, cuMipmappedArrayDestroy(mipmap));
	/* A volume halves in depth, layers do not. */
	d = (CUDA_ARRAY3D_DESCRIPTOR){4, 4, 4, CU_AD_FORMAT_UNSIGNED_INT8, 1, 0};
	OK(cuMipmappedArrayCreate(&mipmap, &d, 2));
	CHECK_EQUAL(64 + 8, simcuda_live_bytes(0));
	d.Flags = CUDA_ARRAY3D_LAYERED;
	OK(cuMipmappedArrayCreate(&mipmap, &d, 2));
	CHECK_EQUAL(64 + 8 + 64 + 16, simcuda_live_bytes(0));
}

TEST(copies_reach_arrays)
{
	CUDA_ARRAY_DESCRIPTOR d = {4, 3, CU_AD_FORMAT_UNSIGNED_INT8, 1};
	CUDA_MEMCPY2D copy = {.srcMemoryType = CU_MEMORYTYPE_HOST,
		.dstMemoryType = CU_MEMORYTYPE_ARRAY,
		.WidthInBytes = 2,
		.Height = 2,
		.dstXInBytes = 1,
		.dstY = 1};
	CUarray array;
	char host[4] = {1, 2, 3, 4}, back[12] = {0};
	static const char expected[12] = {0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0};

	begin();
	OK(cuArrayCreate(&array, &d));
	OK(cuMemcpyHtoA(array, 0, back, 12));
	copy.srcHost = host;
	copy.srcPitch = 2;
	copy.dstArray = array;
	OK(cuMemcpy2D(&copy));
	OK(cuMemcpyAtoH(back, array, 0, 12));
	CHECK(memcmp(back, expected, 12) == 0);
}

TEST(a_context_takes_its_arrays_with_it)
{
	CUDA_ARRAY_DESCRIPTOR d = {4, 3, CU_AD_FORMAT_UNSIGNED_INT8, 1};
	CUDA_ARRAY3D_DESCRIPTOR d3 = {4, 4, 0, CU_AD_FORMAT_FLOAT, 1, 0};
	CUmipmappedArray mipmap;
	CUarray array;
	CUcontext ctx = begin();

	OK(cuArrayCreate(&array, &d));
	OK(cuMipmappedArrayCreate(&mipmap, &d3, 3));
	OK(cuMipmappedArrayGetLevel(&array, mipmap, 1));
	OK(cuCtxDestroy(ctx));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(0, simcuda_live_count(0));
}

TEST(sparse_arrays_hold_what_is_mapped_into_them)
{
	CUDA_ARRAY3D_DESCRIPTOR d = {
		1024, 1024, 0, CU_AD_FORMAT_UNSIGNED_INT8, 1, CUDA_ARRAY3D_SPARSE};
	CUmemAllocationProp p = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0},
		.allocFlags = {.usage = CU_MEM_CREATE_USAGE_TILE_POOL}};
	CUmemGenericAllocationHandle handle;
	CUDA_ARRAY_SPARSE_PROPERTIES sparse;
	CUarrayMapInfo map = {.resourceType = CU_RESOURCE_TYPE_ARRAY,
		.memOperationType = CU_MEM_OPERATION_TYPE_MAP,
		.deviceBitMask = 1};

	begin();
	OK(cuArray3DCreate(&map.resource.array, &d));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	OK(cuArrayGetSparseProperties(&sparse, map.resource.array));
	CHECK_EQUAL(65536, sparse.tileExtent.width * sparse.tileExtent.height);
	OK(cuMemCreate(&handle, 2 * MIB, &p, 0));
	map.memHandle.memHandle = handle;
	OK(cuMemMapArrayAsync(&map, 1, NULL));
	OK(cuMemRelease(handle));
	CHECK_EQUAL(2 * MIB, simcuda_live_bytes(0));
	map.memOperationType = CU_MEM_OPERATION_TYPE_UNMAP;
	OK(cuMemMapArrayAsync(&map, 1, NULL));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	/* Or until the array is gone. */
	OK(cuMemCreate(&handle, 2 * MIB, &p, 0));
	map.memOperationType = CU_MEM_OPERATION_TYPE_MAP;
	map.memHandle.memHandle = handle;
	OK(cuMemMapArrayAsync(&map, 1, NULL));
	OK(cuMemRelease(handle));
	OK(cuArrayDestroy(map.resource.array));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

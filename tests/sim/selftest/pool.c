/* Pools: what they reserve and hand out, when they give back, which is current, graphs' captures apart. */
#include "selftest.h"

static uint64_t attribute(CUmemoryPool pool, CUmemPool_attribute which)
{
	cuuint64_t value;

	OK(cuMemPoolGetAttribute(pool, which, &value));
	return value;
}

static CUmemoryPool default_pool(void)
{
	CUmemoryPool pool;

	OK(cuDeviceGetDefaultMemPool(&pool, 0));
	return pool;
}

static CUmemoryPool own_pool(void)
{
	CUmemPoolProps properties = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};
	CUmemoryPool pool;

	OK(cuMemPoolCreate(&pool, &properties));
	return pool;
}

TEST(pools_reserve_chunks_and_release_them_at_synchronisation)
{
	CUdeviceptr a, b;

	begin();
	OK(cuMemAllocAsync(&a, 1000, NULL));
	CHECK_EQUAL(32 * MIB, simcuda_kind_bytes(0, SIMCUDA_POOL));
	CHECK_EQUAL(1000, simcuda_pool_used(0));
	CHECK_EQUAL(32 * MIB, attribute(default_pool(), CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT));
	CHECK_EQUAL(1000, attribute(default_pool(), CU_MEMPOOL_ATTR_USED_MEM_CURRENT));
	OK(cuMemAllocAsync(&b, 40 * MIB, NULL));
	CHECK_EQUAL(96 * MIB, simcuda_live_bytes(0));
	OK(cuMemFreeAsync(b, NULL));
	CHECK_EQUAL(96 * MIB, simcuda_live_bytes(0));
	OK(cuStreamSynchronize(NULL));
	CHECK_EQUAL(32 * MIB, simcuda_live_bytes(0));
	OK(cuMemFree(a));
	CHECK_EQUAL(0, simcuda_pool_used(0));
	CHECK_EQUAL(32 * MIB, simcuda_live_bytes(0));
	OK(cuCtxSynchronize());
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(96 * MIB, attribute(default_pool(), CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH));
	CHECK_EQUAL(1000 + 40 * MIB, attribute(default_pool(), CU_MEMPOOL_ATTR_USED_MEM_HIGH));
}

TEST(a_threshold_keeps_memory_reserved_until_it_is_trimmed)
{
	cuuint64_t threshold = UINT64_MAX;
	CUmemoryPool pool;
	CUdeviceptr a;

	begin();
	pool = default_pool();
	OK(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &threshold));
	OK(cuMemAllocAsync(&a, 100 * MIB, NULL));
	OK(cuMemFreeAsync(a, NULL));
	OK(cuCtxSynchronize());
	CHECK_EQUAL(128 * MIB, simcuda_live_bytes(0));
	/* Cached memory is used again without growth. */
	OK(cuMemAllocAsync(&a, 120 * MIB, NULL));
	CHECK_EQUAL(128 * MIB, simcuda_live_bytes(0));
	OK(cuMemPoolTrimTo(pool, 0));
	CHECK_EQUAL(128 * MIB, simcuda_live_bytes(0));
	OK(cuMemFreeAsync(a, NULL));
	OK(cuMemPoolTrimTo(pool, 1));
	CHECK_EQUAL(128 * MIB, simcuda_live_bytes(0));
	OK(cuMemPoolTrimTo(pool, 0));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

TEST(a_destroyed_pool_lives_until_its_last_allocation)
{
	CUmemoryPool pool;
	CUdeviceptr a, b;

	begin();
	pool = own_pool();
	OK(cuMemAllocFromPoolAsync(&a, 20 * MIB, pool, NULL));
	OK(cuMemAllocFromPoolAsync(&b, 20 * MIB, pool, NULL));
	CHECK_EQUAL(64 * MIB, simcuda_live_bytes(0));
	OK(cuMemFreeAsync(a, NULL));
	OK(cuMemPoolDestroy(pool));
	CHECK_EQUAL(32 * MIB, simcuda_live_bytes(0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemAllocFromPoolAsync(&a, 1, pool, NULL));
	OK(cuMemFreeAsync(b, NULL));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemPoolDestroy(pool));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemPoolDestroy(default_pool()));
}

TEST(the_current_pool_can_be_changed)
{
	CUmemoryPool pool, now;
	CUmemLocation location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
	CUdeviceptr a;

	begin();
	pool = own_pool();
	OK(cuDeviceSetMemPool(0, pool));
	OK(cuDeviceGetMemPool(&now, 0));
	CHECK(now == pool);
	OK(cuMemGetMemPool(&now, &location, CU_MEM_ALLOCATION_TYPE_PINNED));
	CHECK(now == pool);
	OK(cuMemAllocAsync(&a, 5, NULL));
	CHECK_EQUAL(5, attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT));
	OK(cuMemFreeAsync(a, NULL));
	OK(cuMemPoolDestroy(pool));
	OK(cuDeviceGetMemPool(&now, 0));
	CHECK(now == default_pool());
	OK(cuMemSetMemPool(&location, CU_MEM_ALLOCATION_TYPE_PINNED, default_pool()));
}

TEST(pool_memory_outlives_its_context)
{
	CUcontext ctx = begin();
	CUdeviceptr a;
	char back;

	OK(cuMemAllocAsync(&a, 100, NULL));
	OK(cuCtxDestroy(ctx));
	CHECK_EQUAL(32 * MIB, simcuda_live_bytes(0));
	OK(cuCtxCreate(&ctx, NULL, 0, 0));
	OK(cuMemsetD8(a, 3, 100));
	OK(cuMemcpyDtoH(&back, a + 99, 1));
	CHECK_EQUAL(3, back);
	OK(cuMemFree(a));
}

TEST_WITH(a_pool_takes_less_where_a_chunk_does_not_fit, "SIMCUDA_MEMORY=40M")
{
	CUdeviceptr a, b;

	begin();
	OK(cuMemAllocAsync(&a, 30 * MIB, NULL));
	OK(cuMemAllocAsync(&b, 5 * MIB, NULL));
	CHECK_EQUAL(38 * MIB, simcuda_live_bytes(0));
	CHECK_EQUAL(CUDA_ERROR_OUT_OF_MEMORY, cuMemAllocAsync(&b, 3 * MIB, NULL));
}

TEST(host_pools_are_pinned_memory)
{
	CUmemPoolProps properties = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {CU_MEM_LOCATION_TYPE_HOST, 0}};
	CUmemoryPool pool;
	CUdeviceptr a;

	begin();
	OK(cuMemPoolCreate(&pool, &properties));
	OK(cuMemAllocFromPoolAsync(&a, 1000, pool, NULL));
	*(char *)(size_t)a = 1;
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(32 * MIB, simcuda_pinned_bytes());
	OK(cuMemFreeAsync(a, NULL));
	OK(cuMemPoolDestroy(pool));
	CHECK_EQUAL(0, simcuda_pinned_bytes());
}

TEST(pieces_of_a_pool_do_not_overlap)
{
	CUdeviceptr held[200];
	unsigned char back;

	begin();
	for (int i = 0; i < 200; i++) {
		OK(cuMemAllocAsync(&held[i], (size_t)(i * 777 + 1), NULL));
		OK(cuMemsetD8(held[i], (unsigned char)i, (size_t)(i * 777 + 1)));
	}
	for (int i = 0; i < 200; i += 3)
		OK(cuMemFreeAsync(held[i], NULL));
	for (int i = 0; i < 200; i += 3) {
		OK(cuMemAllocAsync(&held[i], (size_t)(i * 333 + 1), NULL));
		OK(cuMemsetD8(held[i], (unsigned char)i, (size_t)(i * 333 + 1)));
	}
	for (int i = 0; i < 200; i++) {
		OK(cuMemcpyDtoH(&back, held[i], 1));
		CHECK_EQUAL(i, back);
		OK(cuMemFreeAsync(held[i], NULL));
	}
	OK(cuCtxSynchronize());
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

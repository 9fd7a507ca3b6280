/* Linear, pitched, managed and host memory: accounting, addresses, contents, errors. */
#include "selftest.h"

#include <pthread.h>
#include <string.h>

TEST(linear_memory_is_counted_to_the_byte)
{
	CUdeviceptr a, b;

	begin();
	OK(cuMemAlloc(&a, 700));
	OK(cuMemAlloc(&b, 3 * MIB + 1));
	CHECK_EQUAL(700 + 3 * MIB + 1, simcuda_live_bytes(0));
	CHECK_EQUAL(2, simcuda_live_count(0));
	CHECK_EQUAL(simcuda_live_bytes(0), simcuda_physical_bytes(0));
	OK(cuMemFree(a));
	CHECK_EQUAL(3 * MIB + 1, simcuda_kind_bytes(0, SIMCUDA_DEVICE));
	CHECK_EQUAL(700 + 3 * MIB + 1, simcuda_peak_bytes(0));
	simcuda_reset_peak();
	CHECK_EQUAL(3 * MIB + 1, simcuda_peak_bytes(0));
	OK(cuMemFree(b));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(0, simcuda_live_count(0));
}

TEST_WITH(rounding_follows_the_setting, "SIMCUDA_ROUND=1")
{
	CUdeviceptr a, b;

	begin();
	OK(cuMemAlloc(&a, 1));
	CHECK_EQUAL(1, simcuda_live_bytes(0));
	CHECK_EQUAL(512, simcuda_physical_bytes(0));
	OK(cuMemAlloc(&b, MIB));
	CHECK_EQUAL(512 + 2 * MIB, simcuda_physical_bytes(0));
	OK(cuMemFree(a));
	OK(cuMemFree(b));
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
}

TEST_WITH(capacity_is_inclusive_and_a_refusal_changes_nothing, "SIMCUDA_MEMORY=64M")
{
	CUdeviceptr a = 5, b;
	size_t left, total;

	begin();
	CHECK_EQUAL(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&a, 64 * MIB + 1));
	CHECK_EQUAL(5, a);
	OK(cuMemAlloc(&a, 64 * MIB));
	CHECK_EQUAL(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&b, 1));
	OK(cuMemGetInfo(&left, &total));
	CHECK_EQUAL(0, left);
	CHECK_EQUAL(64 * MIB, total);
	OK(cuMemFree(a));
	OK(cuMemGetInfo(&left, &total));
	CHECK_EQUAL(64 * MIB, left);
}

TEST_WITH(a_large_card_can_be_filled, "SIMCUDA_MEMORY=80G")
{
	CUdeviceptr parts[80];
	char back;

	begin();
	for (int i = 0; i < 80; i++) {
		OK(cuMemAlloc(&parts[i], GIB));
		OK(cuMemsetD8(parts[i] + GIB - 1, (unsigned char)i, 1));
	}
	CHECK_EQUAL(80 * GIB, simcuda_live_bytes(0));
	for (int i = 0; i < 80; i++) {
		OK(cuMemcpyDtoH(&back, parts[i] + GIB - 1, 1));
		CHECK_EQUAL(i, back);
		OK(cuMemFree(parts[i]));
	}
}

TEST(a_freed_address_is_handed_out_again_at_once)
{
	CUdeviceptr first, second;

	begin();
	OK(cuMemAlloc(&first, 5000));
	OK(cuMemFree(first));
	OK(cuMemAlloc(&second, 8000));
	CHECK_EQUAL(first, second);
}

TEST(addresses_are_aligned_and_lie_apart)
{
	CUdeviceptr small[100], large;

	begin();
	for (int i = 0; i < 100; i++) {
		OK(cuMemAlloc(&small[i], (size_t)i * 7 + 1));
		CHECK_EQUAL(0, small[i] % 512);
	}
	OK(cuMemAlloc(&large, 5 * MIB));
	CHECK_EQUAL(0, large % (2 * MIB));
}

TEST(double_and_inner_frees_are_refused)
{
	CUdeviceptr a;

	begin();
	OK(cuMemAlloc(&a, 4096));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemFree(a + 8));
	OK(cuMemFree(a));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemFree(a));
	CHECK_EQUAL(2, simcuda_unknown_frees());
	OK(cuMemFree(0));
}

TEST(pitch_is_a_multiple_of_512_and_is_charged)
{
	CUdeviceptr a;
	size_t pitch;

	begin();
	OK(cuMemAllocPitch(&a, &pitch, 513, 10, 4));
	CHECK_EQUAL(1024, pitch);
	CHECK_EQUAL(10240, simcuda_live_bytes(0));
}

TEST(managed_memory_is_the_hosts_too)
{
	CUdeviceptr a, b;
	char back;

	begin();
	OK(cuMemAllocManaged(&a, 8192, CU_MEM_ATTACH_GLOBAL));
	((char *)(size_t)a)[8191] = 17;
	OK(cuMemAlloc(&b, 8192));
	OK(cuMemcpyDtoD(b, a, 8192));
	OK(cuMemcpyDtoH(&back, b + 8191, 1));
	CHECK_EQUAL(17, back);
	CHECK_EQUAL(8192, simcuda_kind_bytes(0, SIMCUDA_MANAGED));
	OK(cuMemFree(a));
	CHECK_EQUAL(0, simcuda_kind_bytes(0, SIMCUDA_MANAGED));
}

TEST_WITH(managed_memory_may_pass_the_capacity, "SIMCUDA_MEMORY=16M SIMCUDA_MANAGED=oversubscribe")
{
	CUdeviceptr a;

	begin();
	OK(cuMemAllocManaged(&a, 64 * MIB, CU_MEM_ATTACH_GLOBAL));
	CHECK_EQUAL(64 * MIB, simcuda_live_bytes(0));
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
}

TEST(host_memory_is_counted_apart)
{
	void *a, *b = malloc(10000);

	begin();
	OK(cuMemHostAlloc(&a, 12345, CU_MEMHOSTALLOC_PORTABLE));
	memset(a, 1, 12345);
	OK(cuMemHostRegister(b, 10000, 0));
	CHECK_EQUAL(22345, simcuda_pinned_bytes());
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	OK(cuMemHostUnregister(b));
	OK(cuMemFreeHost(a));
	CHECK_EQUAL(0, simcuda_pinned_count());
	CHECK_EQUAL(22345, simcuda_pinned_peak());
	free(b);
}

TEST(the_first_abi_yields_32_bit_addresses)
{
	CUdeviceptr_v1 address = 0;
	CUresult (*alloc)(CUdeviceptr_v1 *, unsigned int), (*release)(CUdeviceptr_v1);

	begin();
	OK(cuGetProcAddress("cuMemAlloc", (void **)&alloc, 2000, 0, NULL));
	OK(cuGetProcAddress("cuMemFree", (void **)&release, 2000, 0, NULL));
	OK(alloc(&address, 4096));
	CHECK(address);
	CHECK_EQUAL(4096, simcuda_live_bytes(0));
	OK(release(address));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

TEST(copies_check_both_ends)
{
	CUdeviceptr a;
	char host[100] = {0};

	begin();
	OK(cuMemAlloc(&a, 100));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemcpyHtoD(a + 1, host, 100));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemcpyDtoH(host, a + 100, 1));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemsetD8(a, 0, 101));
	OK(cuMemcpyHtoD(a, host, 100));
}

static void *churn(void *argument)
{
	CUdeviceptr held[16] = {0};

	OK(cuCtxSetCurrent(argument));
	for (int i = 0; i < 20000; i++) {
		int at = i * 7 % 16;

		if (held[at]) {
			OK(cuMemFree(held[at]));
			held[at] = 0;
		} else if (cuMemAlloc(&held[at], MIB)) {
			held[at] = 0;
		}
	}
	for (int i = 0; i < 16; i++)
		OK(cuMemFree(held[i]));
	return NULL;
}

TEST_WITH(threads_never_pass_the_capacity, "SIMCUDA_MEMORY=20M")
{
	CUcontext ctx = begin();
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, churn, ctx);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK(simcuda_physical_peak(0) <= 20 * MIB);
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

static int add_up(const struct simcuda_allocation *allocation, void *argument)
{
	*(uint64_t *)argument += allocation->bytes;
	return 0;
}

TEST(the_walk_sees_every_allocation)
{
	CUdeviceptr a;
	uint64_t sum = 0;

	begin();
	for (int i = 1; i <= 100; i++)
		OK(cuMemAlloc(&a, (size_t)i));
	CHECK_EQUAL(0, simcuda_walk(add_up, &sum));
	CHECK_EQUAL(5050, sum);
}

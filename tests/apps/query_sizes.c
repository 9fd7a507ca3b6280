/*
 * What a program sees as memory sizes, on each way of asking: before and with a context, both versions,
 * NULL outputs, failing calls, at several fills. What is right follows from the cap that the test names and
 * from what the simulator really holds. Usage: query_sizes CAP|none|closed [DEVICE]
 */
#include "check.h"

#include "../sim/simcuda.h"

#include <cuda.h>
#include <stdint.h>
#include <string.h>

#define MIB       ((size_t)1 << 20)
#define UNTOUCHED 0x5a5a5a5au

CUresult info_v1(unsigned int *left, unsigned int *total) __asm__("cuMemGetInfo");
CUresult total_v1(unsigned int *bytes, CUdevice device) __asm__("cuDeviceTotalMem");

static uint64_t cap;
static int closed, device;

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static unsigned int saturated(uint64_t bytes)
{
	return (unsigned int)lesser(bytes, UINT32_MAX);
}

static uint64_t right_total(void)
{
	return lesser(simcuda_capacity(device), cap);
}

static uint64_t right_free(void)
{
	uint64_t physical = simcuda_capacity(device) - simcuda_device_bytes(device);
	uint64_t live = simcuda_live_bytes(device);

	if (closed)
		return 0;
	return lesser(physical, cap > live ? cap - live : 0);
}

static void check_totals(void)
{
	unsigned int small = UNTOUCHED;
	size_t bytes = UNTOUCHED;

	OK(cuDeviceTotalMem(&bytes, device));
	EXPECT(bytes == right_total());
	OK(total_v1(&small, device));
	EXPECT(small == saturated(right_total()));

	bytes = small = UNTOUCHED;
	RETURNS(CUDA_ERROR_INVALID_DEVICE, cuDeviceTotalMem(&bytes, 99));
	RETURNS(CUDA_ERROR_INVALID_DEVICE, total_v1(&small, 99));
	RETURNS(CUDA_ERROR_INVALID_DEVICE, cuDeviceTotalMem(&bytes, -1));
	RETURNS(CUDA_ERROR_INVALID_VALUE, cuDeviceTotalMem(NULL, device));
	RETURNS(CUDA_ERROR_INVALID_VALUE, total_v1(NULL, device));
	EXPECT(bytes == UNTOUCHED && small == UNTOUCHED);
}

static void check_failing(CUresult code)
{
	unsigned int small_left = UNTOUCHED, small_total = UNTOUCHED;
	size_t left = UNTOUCHED, total = UNTOUCHED;

	RETURNS(code, cuMemGetInfo(&left, &total));
	RETURNS(code, info_v1(&small_left, &small_total));
	EXPECT(left == UNTOUCHED && total == UNTOUCHED);
	EXPECT(small_left == UNTOUCHED && small_total == UNTOUCHED);
}

static void check_info(void)
{
	unsigned int small_left, small_total;
	size_t left, total;

	OK(cuMemGetInfo(&left, &total));
	EXPECT(left == right_free());
	EXPECT(total == right_total());
	OK(info_v1(&small_left, &small_total));
	EXPECT(small_left == saturated(right_free()));
	EXPECT(small_total == saturated(right_total()));

	left = total = UNTOUCHED;
	OK(cuMemGetInfo(&left, NULL));
	OK(cuMemGetInfo(NULL, &total));
	EXPECT(left == right_free() && total == right_total());
	OK(cuMemGetInfo(NULL, NULL));
	OK(info_v1(&small_left, NULL));
	OK(info_v1(NULL, &small_total));
	OK(info_v1(NULL, NULL));
	EXPECT(small_left == saturated(right_free()));
	EXPECT(small_total == saturated(right_total()));
}

/* Where nothing is granted there is nothing to fill. */
static void check_fills(void)
{
	CUdeviceptr memory[3];
	size_t sizes[3] = {16 * MIB, 1, 3 * MIB + 17};
	int granted = 0;

	for (; granted < 3; granted++) {
		if (cuMemAlloc(&memory[granted], sizes[granted]) != CUDA_SUCCESS)
			break;
		check_info();
	}
	EXPECT(closed || granted == 3);
	while (granted > 0)
		OK(cuMemFree(memory[--granted]));
	check_info();
}

int main(int argc, char **argv)
{
	const char *asked = argc > 1 ? argv[1] : "none";
	CUcontext ctx;

	closed = strcmp(asked, "closed") == 0;
	cap = closed || strcmp(asked, "none") == 0 ? UINT64_MAX : parse_size(asked);
	device = argc > 2 ? atoi(argv[2]) : 0;

	OK(cuInit(0));
	check_totals();
	check_failing(CUDA_ERROR_INVALID_CONTEXT);
	OK(cuCtxCreate(&ctx, NULL, 0, device));
	check_totals();
	check_info();
	check_fills();
	simcuda_fail("cuMemGetInfo:*=999,cuMemGetInfo_v2:*=999");
	check_failing(CUDA_ERROR_UNKNOWN);
	simcuda_fail(NULL);
	OK(cuCtxDestroy(ctx));
	printf("query_sizes: fine\n");
	return 0;
}

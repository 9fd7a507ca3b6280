/*
 * The simulated runtime: errors, zero sizes, reset, and each kind of memory through it. Linked with the shared
 * library; what is known of the driver is asked through the truth interface.
 */
#include "selftest.h"

#include <cuda_runtime.h>

TEST(runtime_sizes_of_zero_never_reach_the_driver)
{
	void *memory = &memory;
	size_t pitch = 1;

	OK(cudaMalloc(&memory, 0));
	CHECK(!memory);
	OK(cudaMallocPitch(&memory, &pitch, 0, 5));
	CHECK_EQUAL(0, pitch);
	CHECK_EQUAL(0, simcuda_calls("cuMemAlloc_v2") + simcuda_calls("cuMemAllocPitch_v2"));
	OK(cudaFree(NULL));
	CHECK_EQUAL(1, simcuda_calls("cuMemFree_v2"));
}

TEST(runtime_errors_are_kept_and_cleared_once)
{
	void *memory;

	CHECK_EQUAL(cudaErrorMemoryAllocation, cudaMalloc(&memory, (size_t)1 << 45));
	CHECK_EQUAL(cudaErrorMemoryAllocation, cudaPeekAtLastError());
	CHECK_EQUAL(cudaErrorMemoryAllocation, cudaGetLastError());
	OK(cudaGetLastError());
}

TEST(a_lost_device_stays_lost_until_a_reset)
{
	void *memory;

	OK(cudaMalloc(&memory, 100));
	CHECK_EQUAL(0, simcuda_fail("cuMemFree_v2:1=719"));
	CHECK_EQUAL(cudaErrorLaunchFailure, cudaFree(memory));
	CHECK_EQUAL(cudaErrorLaunchFailure, cudaMalloc(&memory, 100));
	CHECK_EQUAL(cudaErrorLaunchFailure, cudaGetLastError());
	CHECK_EQUAL(cudaErrorLaunchFailure, cudaGetLastError());
	OK(cudaDeviceReset());
	OK(cudaMalloc(&memory, 100));
}

TEST(a_runtime_reset_frees_and_the_next_call_begins_anew)
{
	void *memory;

	OK(cudaMalloc(&memory, 1000));
	OK(cudaDeviceReset());
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(1, simcuda_calls("cuDevicePrimaryCtxReset"));
	CHECK_EQUAL(0, simcuda_calls("cuDevicePrimaryCtxReset_v2"));
	OK(cudaMalloc(&memory, 500));
	CHECK_EQUAL(500, simcuda_live_bytes(0));
}

TEST(the_runtime_asks_one_name_and_the_rest_through_it)
{
	OK(cudaFree(NULL));
	CHECK(simcuda_calls("cuGetProcAddress_v2") > 100);
	CHECK_EQUAL(0, simcuda_calls("cuGetProcAddress"));
}

TEST_WITH(runtime_11_8_uses_the_first_version, "SIMCUDA_CUDART=11.8")
{
	OK(cudaFree(NULL));
	CHECK(simcuda_calls("cuGetProcAddress") > 100);
	CHECK_EQUAL(0, simcuda_calls("cuGetProcAddress_v2"));
}

TEST_WITH(runtime_11_2_looks_every_name_up, "SIMCUDA_CUDART=11.2")
{
	void *memory;

	OK(cudaMalloc(&memory, 10));
	OK(cudaMallocAsync(&memory, 10, NULL));
	CHECK_EQUAL(0, simcuda_calls("cuGetProcAddress") + simcuda_calls("cuGetProcAddress_v2"));
	/* Younger than that release. */
	CHECK_EQUAL(cudaErrorNotSupported, cudaDeviceGraphMemTrim(0));
}

TEST_WITH(a_hidden_runtime_asks_no_name, "SIMCUDA_CUDART_HIDDEN=1")
{
	void *memory;

	OK(cudaMalloc(&memory, 10));
	CHECK_EQUAL(10, simcuda_live_bytes(0));
	CHECK_EQUAL(0, simcuda_calls("cuGetProcAddress_v2"));
	CHECK_EQUAL(1, simcuda_calls("cuGetExportTable"));
}

TEST(runtime_arrays_end_in_the_three_dimensional_function)
{
	struct cudaChannelFormatDesc format = {32, 0, 0, 0, cudaChannelFormatKindFloat};
	struct cudaChannelFormatDesc half4 = {16, 16, 16, 16, cudaChannelFormatKindFloat};
	cudaMipmappedArray_t mipmap;
	cudaArray_t array;
	char row[4] = {1, 2, 3, 4}, back[4] = {0};

	OK(cudaMallocArray(&array, &format, 10, 0, 0));
	CHECK_EQUAL(40, simcuda_kind_bytes(0, SIMCUDA_ARRAY));
	CHECK_EQUAL(1, simcuda_calls("cuArray3DCreate_v2"));
	OK(cudaMemcpy2DToArray(array, 4, 0, row, 4, 4, 1, cudaMemcpyHostToDevice));
	OK(cudaMemcpy2DFromArray(back, 4, array, 4, 0, 4, 1, cudaMemcpyDeviceToHost));
	CHECK_EQUAL(4, back[3]);
	OK(cudaFreeArray(array));
	OK(cudaMallocMipmappedArray(&mipmap, &half4, (struct cudaExtent){4, 4, 0}, 3, 0));
	CHECK_EQUAL((16 + 4 + 1) * 8, simcuda_live_bytes(0));
	OK(cudaFreeMipmappedArray(mipmap));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	OK(cudaFreeArray(NULL));
}

TEST(runtime_pools_and_graphs_work)
{
	struct cudaMemPoolProps properties = {.allocType = cudaMemAllocationTypePinned,
		.location = {cudaMemLocationTypeDevice, 0}};
	cudaMemPool_t pool;
	cudaStream_t stream;
	cudaGraph_t graph;
	cudaGraphExec_t exec;
	unsigned long long used;
	void *memory;

	OK(cudaMemPoolCreate(&pool, &properties));
	OK(cudaMallocFromPoolAsync(&memory, 77, pool, NULL));
	OK(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &used));
	CHECK_EQUAL(77, used);
	OK(cudaFreeAsync(memory, NULL));
	OK(cudaMemPoolDestroy(pool));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	OK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
	OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
	OK(cudaMallocAsync(&memory, MIB, stream));
	OK(cudaFreeAsync(memory, stream));
	OK(cudaStreamEndCapture(stream, &graph));
	OK(cudaGraphInstantiate(&exec, graph, 0));
	OK(cudaGraphLaunch(exec, stream));
	CHECK_EQUAL(2 * MIB, simcuda_kind_bytes(0, SIMCUDA_GRAPH));
	OK(cudaDeviceGraphMemTrim(0));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

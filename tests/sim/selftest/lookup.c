/* cuGetProcAddress, failures on request, counters. */
#include "selftest.h"

#include <dlfcn.h>

static void *get(const char *name, int version, cuuint64_t flags, CUresult expected)
{
	CUdriverProcAddressQueryResult status;
	void *function = NULL;

	CHECK_EQUAL(expected, cuGetProcAddress(name, &function, version, flags, &status));
	return function;
}

TEST(versions_yield_the_symbol_of_their_time)
{
	void *self = dlopen("libcuda.so.1", RTLD_NOW);

	CHECK(get("cuMemAlloc", 2000, 0, 0) == dlsym(self, "cuMemAlloc"));
	CHECK(get("cuMemAlloc", 3019, 0, 0) == dlsym(self, "cuMemAlloc"));
	CHECK(get("cuMemAlloc", 3020, 0, 0) == dlsym(self, "cuMemAlloc_v2"));
	CHECK(get("cuMemAlloc", 99999, 2, 0) == dlsym(self, "cuMemAlloc_v2"));
	CHECK(get("cuCtxGetDevice", 12090, 0, 0) == dlsym(self, "cuCtxGetDevice"));
	CHECK(get("cuCtxGetDevice", 13000, 0, 0) == dlsym(self, "cuCtxGetDevice_v2"));
	CHECK(get("cuGetProcAddress", 11030, 0, 0) == dlsym(self, "cuGetProcAddress"));
	CHECK(get("cuGetProcAddress", 12000, 0, 0) == dlsym(self, "cuGetProcAddress_v2"));
}

TEST(the_flag_yields_the_per_thread_flavour)
{
	void *self = dlopen("libcuda.so.1", RTLD_NOW);

	CHECK(get("cuMemcpyHtoD", 6050, 2, 0) == dlsym(self, "cuMemcpyHtoD_v2"));
	CHECK(get("cuMemcpyHtoD", 7000, 2, 0) == dlsym(self, "cuMemcpyHtoD_v2_ptds"));
	CHECK(get("cuMemcpyHtoD", 7000, 1, 0) == dlsym(self, "cuMemcpyHtoD_v2"));
	CHECK(get("cuStreamGetCtx", 12050, 2, 0) == dlsym(self, "cuStreamGetCtx_v2_ptsz"));
}

TEST(unknown_names_and_early_versions_are_not_found)
{
	CUdriverProcAddressQueryResult status;
	void *function = &status;

	CHECK_EQUAL(CUDA_ERROR_NOT_FOUND,
		cuGetProcAddress("cuMemAlloc_v2", &function, 13000, 0, &status));
	CHECK(!function);
	CHECK_EQUAL(CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND, status);
	CHECK_EQUAL(CUDA_ERROR_NOT_FOUND,
		cuGetProcAddress("cuDeviceGetUuid", &function, 9000, 0, &status));
	CHECK_EQUAL(CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT, status);
	CHECK_EQUAL(CUDA_ERROR_NOT_FOUND, cuGetProcAddress("", &function, 0, 0, NULL));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuGetProcAddress("cuInit", NULL, 2000, 0, NULL));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuGetProcAddress(NULL, &function, 2000, 0, NULL));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuGetProcAddress("cuInit", &function, 2000, 4, NULL));
}

TEST(failures_come_when_asked_for)
{
	CUdeviceptr a, b;

	begin();
	CHECK_EQUAL(0, simcuda_fail("cuMemAlloc_v2:2=2,cuMemFree_v2:*=719"));
	OK(cuMemAlloc(&a, 10));
	CHECK_EQUAL(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&b, 10));
	OK(cuMemAlloc(&b, 10));
	CHECK_EQUAL(CUDA_ERROR_LAUNCH_FAILED, cuMemFree(a));
	CHECK_EQUAL(20, simcuda_live_bytes(0));
	CHECK_EQUAL((unsigned int)-1, (unsigned int)simcuda_fail("nonsense:1=2"));
	CHECK_EQUAL((unsigned int)-1, (unsigned int)simcuda_fail("cuMemFree_v2:0=2"));
	CHECK_EQUAL(CUDA_ERROR_LAUNCH_FAILED, cuMemFree(a));
	CHECK_EQUAL(0, simcuda_fail("cuMemFree_v2:%2=1"));
	OK(cuMemFree(a));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemFree(b));
	CHECK_EQUAL(0, simcuda_fail(NULL));
	OK(cuMemFree(b));
	CHECK_EQUAL(3, simcuda_calls("cuMemAlloc_v2"));
}

TEST(error_words_are_known)
{
	const char *text;

	OK(cuGetErrorName(CUDA_ERROR_OUT_OF_MEMORY, &text));
	CHECK(text && text[0] == 'C');
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuGetErrorString((CUresult)12345, &text));
	CHECK(!text);
}

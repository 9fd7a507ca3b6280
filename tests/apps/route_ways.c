/*
 * Finds the driver's functions in one way, which its argument names, allocates 1 MiB by them and gives it
 * back; it is linked with the driver and with a runtime. Usage: route_ways WAY
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#define BYTES (1 << 20)
#ifndef RTLD_DEEPBIND /* musl */
#define RTLD_DEEPBIND 0
#endif

static const char *way;

static bool is_way(const char *name)
{
	return strcmp(way, name) == 0;
}

/* The driver as the way has it; NULL: it has not. */
static void *open_once(void)
{
	if (is_way("self"))
		return dlopen(NULL, RTLD_NOW);
	if (is_way("deepbind"))
		return dlopen("libcuda.so.1", RTLD_NOW | RTLD_DEEPBIND);
#ifdef LM_ID_NEWLM
	if (is_way("namespace"))
		return dlmopen(LM_ID_NEWLM, "libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	if (is_way("dlmopen"))
		return dlmopen(LM_ID_BASE, "libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
#endif
	FAIL("there is no way '%s' here", way);
}

static void *open_driver(void)
{
	static void *driver;

	if (!driver)
		driver = open_once();
	if (!driver)
		FAIL("%s: %s", way, dlerror());
	return driver;
}

static void *find_by_runtime(const char *name)
{
	enum cudaDriverEntryPointQueryResult status;
	void *function = NULL;

	if (is_way("entry"))
		OK(cudaGetDriverEntryPoint(name, &function, cudaEnableDefault, &status));
	else
		OK(cudaGetDriverEntryPoint_ptsz(name, &function, cudaEnableDefault, &status));
	EXPECT(status == cudaDriverEntryPointSuccess);
	return function;
}

/* By the name in the file, or by that without its version. */
static void *find(const char *symbol, const char *name)
{
	CUdriverProcAddressQueryResult status;
	void *function = NULL;

	if (is_way("default"))
		return dlsym(RTLD_DEFAULT, symbol);
	if (is_way("next"))
		return dlsym(RTLD_NEXT, symbol);
	if (is_way("entry") || is_way("entry_ptsz"))
		return find_by_runtime(name);
	if (is_way("address_ptsz")) {
		OK(cuGetProcAddress_v2(name, &function, 13000,
			CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM, &status));
		return function;
	}
	return dlsym(open_driver(), symbol);
}

static void use_memory(void)
{
	__typeof__(cuMemAlloc_v2) *alloc;
	__typeof__(cuMemFree_v2) *release;
	CUdeviceptr memory;

	*(void **)&alloc = find("cuMemAlloc_v2", "cuMemAlloc");
	*(void **)&release = find("cuMemFree_v2", "cuMemFree");
	EXPECT(alloc && release);
	OK(alloc(&memory, BYTES));
	OK(release(memory));
}

static void use_pool(void)
{
	__typeof__(cuMemAllocAsync) *alloc;
	__typeof__(cuMemFreeAsync) *release;
	CUdeviceptr memory;

	*(void **)&alloc = find("cuMemAllocAsync_ptsz", "cuMemAllocAsync");
	*(void **)&release = find("cuMemFreeAsync_ptsz", "cuMemFreeAsync");
	EXPECT(alloc && release);
	OK(alloc(&memory, BYTES, NULL));
	OK(release(memory, NULL));
	OK(cuCtxSynchronize());
}

/* Addresses that the loader has put into data. */
static void use_table(void)
{
	static __typeof__(cuMemAlloc_v2) *volatile const alloc = cuMemAlloc_v2;
	static __typeof__(cuMemFree_v2) *volatile const release = cuMemFree_v2;
	CUdeviceptr memory;

	OK(alloc(&memory, BYTES));
	OK(release(memory));
}

static void start(void)
{
	__typeof__(cuInit) *init;
	__typeof__(cuDevicePrimaryCtxRetain) *retain;
	__typeof__(cuCtxSetCurrent) *set;
	CUcontext ctx;

	if (is_way("namespace")) {
		/* All there is of the driver in it is its own. */
		void *driver = open_driver();

		*(void **)&init = dlsym(driver, "cuInit");
		*(void **)&retain = dlsym(driver, "cuDevicePrimaryCtxRetain");
		*(void **)&set = dlsym(driver, "cuCtxSetCurrent");
		EXPECT(init && init != cuInit && retain && set);
	} else {
		init = cuInit;
		retain = cuDevicePrimaryCtxRetain;
		set = cuCtxSetCurrent;
	}
	OK(init(0));
	OK(retain(&ctx, 0));
	OK(set(ctx));
}

int main(int argc, char **argv)
{
	EXPECT(argc == 2);
	way = argv[1];
	start();
	if (is_way("table"))
		use_table();
	else if (strstr(way, "_ptsz"))
		use_pool();
	else
		use_memory();
	printf("route_ways: fine\n");
	return 0;
}

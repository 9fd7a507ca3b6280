/*
 * Looks functions up as runtimes and other libraries do, and calls what it gets by the prototype that belongs
 * to the version and flavour it asked for; the simulator's call counters say which one that was.
 * Usage: peer_lookup streams|versions|next
 */
#define __CUDA_API_VERSION_INTERNAL
#include "check.h"

#include <cuda.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

static CUcontext context;

static void *find(const char *name, int version, cuuint64_t flags)
{
	CUdriverProcAddressQueryResult status;
	void *function = NULL;

	OK(cuGetProcAddress_v2(name, &function, version, flags, &status));
	EXPECT(function && status == CU_GET_PROC_ADDRESS_SUCCESS);
	return function;
}

/* Once in the legacy stream, twice in the thread's own. */
static void streams(void)
{
	const cuuint64_t flags[] = {CU_GET_PROC_ADDRESS_LEGACY_STREAM,
		CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM,
		CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM};
	CUresult (*alloc)(CUdeviceptr *, size_t, CUstream), (*release)(CUdeviceptr, CUstream);
	CUdeviceptr memory;

	for (int i = 0; i < 3; i++) {
		*(void **)&alloc = find("cuMemAllocAsync", 12000, flags[i]);
		*(void **)&release = find("cuMemFreeAsync", 12000, flags[i]);
		OK(alloc(&memory, MIB, NULL));
		if (i > 0)
			OK(release(memory, NULL));
	}
}

static void versions(void)
{
	CUmemLocation here = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0};
	CUresult (*prefetch)(CUdeviceptr, size_t, CUdevice, CUstream);
	CUresult (*prefetch_v2)(CUdeviceptr, size_t, CUmemLocation, unsigned int, CUstream);
	CUresult (*advise)(CUdeviceptr, size_t, CUmem_advise, CUdevice);
	CUresult (*advise_v2)(CUdeviceptr, size_t, CUmem_advise, CUmemLocation);
	CUdeviceptr memory;

	OK(cuMemAllocManaged(&memory, MIB, CU_MEM_ATTACH_GLOBAL));
	*(void **)&prefetch = find("cuMemPrefetchAsync", 8000, 0);
	*(void **)&prefetch_v2 = find("cuMemPrefetchAsync", 12020, 0);
	*(void **)&advise = find("cuMemAdvise", 8000, 0);
	*(void **)&advise_v2 = find("cuMemAdvise", 12020, 0);
	OK(prefetch(memory, MIB, 0, NULL));
	for (int i = 0; i < 2; i++)
		OK(prefetch_v2(memory, MIB, here, 0, NULL));
	for (int i = 0; i < 3; i++)
		OK(advise(memory, MIB, CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
	for (int i = 0; i < 4; i++)
		OK(advise_v2(memory, MIB, CU_MEM_ADVISE_SET_READ_MOSTLY, here));
	OK(cuMemFree_v2(memory));
}

/* As a library does that stands between others: twice the same, and both times what comes next. */
static void *next(void *unused)
{
	const char *names[] = {"malloc", "dlopen", "cuMemAlloc_v2", "cuMemAllocAsync",
		"cuMemcpyHtoD_v2", "cuNothing", "curl_easy_init", "cublasCreate_v2"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *first = dlsym(RTLD_NEXT, names[i]), *second = dlsym(RTLD_NEXT, names[i]);

		EXPECT(first == second);
		EXPECT(first == dlsym(RTLD_NEXT, names[i]));
		printf("%s %s\n", names[i], first ? "found" : "missing");
	}
	return unused;
}

static void next_twice(void)
{
	CUresult (*alloc)(CUdeviceptr *, size_t);
	CUdeviceptr memory;
	pthread_t thread;

	next(NULL);
	EXPECT(pthread_create(&thread, NULL, next, NULL) == 0);
	pthread_join(thread, NULL);
	*(void **)&alloc = dlsym(RTLD_NEXT, "cuMemAlloc_v2");
	OK(alloc(&memory, MIB));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	if (strcmp(what, "streams") == 0)
		streams();
	else if (strcmp(what, "versions") == 0)
		versions();
	else if (strcmp(what, "next") == 0)
		next_twice();
	else
		FAIL("no such case: %s", what);
	return 0;
}

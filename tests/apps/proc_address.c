/*
 * Finds the driver's functions through cuGetProcAddress: both versions, asked through what they return
 * themselves, with old and new versions and both stream flavours. Usage: proc_address [bytes]
 */
#include "check.h"

#include <cuda.h>
#include <dlfcn.h>

typedef CUresult get_2(const char *, void **, int, cuuint64_t, CUdriverProcAddressQueryResult *);
typedef CUresult get_1(const char *, void **, int, cuuint64_t);

static get_2 *get;

static void *find(const char *name, int version, cuuint64_t flags)
{
	CUdriverProcAddressQueryResult status = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
	void *function = NULL;

	OK(get(name, &function, version, flags, &status));
	EXPECT(function && status == CU_GET_PROC_ADDRESS_SUCCESS);
	return function;
}

static void refuses(void)
{
	CUdriverProcAddressQueryResult status;
	void *function;

	EXPECT(get("cuMemAlloc_v2", &function, 13000, 0, &status) != 0 || !function);
	EXPECT(get("cuNothing", &function, 13000, 0, &status) != 0 || !function);
	EXPECT(get("cuMemCreate", &function, 3020, 0, &status) != 0 || !function);
	EXPECT(get("", &function, 0, 0, NULL) != CUDA_ERROR_STUB_LIBRARY);
}

static void allocate(size_t bytes)
{
	CUresult (*alloc)(CUdeviceptr *, size_t), (*release)(CUdeviceptr);
	CUdeviceptr memory;

	*(void **)&alloc = find("cuMemAlloc", 12000, 0);
	*(void **)&release =
		find("cuMemFree", 12000, CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM);
	OK(alloc(&memory, bytes));
	OK(release(memory));
}

int main(int argc, char **argv)
{
	size_t bytes = argument(argc, argv, 1, "1M");
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);
	CUresult (*init)(unsigned int), (*retain)(CUcontext *, CUdevice), (*set)(CUcontext);
	get_1 *old;
	CUcontext ctx;

	EXPECT(driver);
	*(void **)&get = dlsym(driver, "cuGetProcAddress_v2");
	EXPECT(get);
	/* Through itself, twice. */
	*(void **)&get = find("cuGetProcAddress", 12000, 0);
	*(void **)&get = find("cuGetProcAddress", 13000, 0);
	refuses();
	*(void **)&init = find("cuInit", 2000, 0);
	*(void **)&retain = find("cuDevicePrimaryCtxRetain", 7000, 0);
	*(void **)&set = find("cuCtxSetCurrent", 4000, 0);
	OK(init(0));
	OK(retain(&ctx, 0));
	OK(set(ctx));
	allocate(bytes);
	/* The first version of the function has no status. */
	*(void **)&old = find("cuGetProcAddress", 11030, 0);
	EXPECT((void *)(size_t)old != (void *)(size_t)get);
	OK(old("cuMemAlloc", (void **)&init, 11030, 0));
	EXPECT(find("cuMemcpyAsync", 13000, 0) != find("cuMemcpyAsync", 13000, 2));
	allocate(bytes);
	printf("proc_address: fine\n");
	return 0;
}

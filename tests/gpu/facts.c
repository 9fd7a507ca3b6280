/*
 * facts.c - what the driver does where nothing says so: one line "fact TOPIC: VALUE" each. Measured by the
 * device's free memory, so nothing else should use the device meanwhile, and nothing be preloaded.
 */
#include "../apps/check.h"

#include <cuda.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIB      ((size_t)1 << 20)
#define MOST     32768
#define ENOUGH   (32 * MIB) /* of one size, so that the driver's own steps do not count */
#define ARRAYS   32
#define REPEATED 10000

static CUdeviceptr memory[MOST];

static size_t used(void)
{
	size_t left, total;

	OK(cuMemGetInfo(&left, &total));
	return total - left;
}

static size_t count_for(size_t size)
{
	size_t count = ENOUGH / (size < 512 ? 512 : size);

	return count < 16 ? 16 : count > MOST ? MOST : count;
}

static size_t distance(CUdeviceptr a, CUdeviceptr b)
{
	return a > b ? a - b : b - a;
}

static void rounding(void)
{
	static const size_t sizes[] = {
		1, 512, 513, 4096, 65536, 1 << 20, (1 << 20) + 1, 2 << 20, (2 << 20) + 1, 3 << 20};

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		size_t count = count_for(sizes[s]), before = used(), closest = SIZE_MAX;

		for (size_t i = 0; i < count; i++) {
			OK(cuMemAlloc(&memory[i], sizes[s]));
			size_t apart = i > 0 ? distance(memory[i], memory[i - 1]) : closest;

			closest = apart < closest ? apart : closest;
		}
		printf("fact cuMemAlloc of %zu: takes %zu bytes, the next one lies %zu apart\n",
			sizes[s], (used() - before) / count, closest);
		for (size_t i = 0; i < count; i++)
			OK(cuMemFree(memory[i]));
	}
}

static size_t requirement(CUarray array)
{
	CUDA_ARRAY_MEMORY_REQUIREMENTS needs = {0};

	return cuArrayGetMemoryRequirements(&needs, array, 0) == CUDA_SUCCESS ? needs.size : 0;
}

/* The twin has no memory of its own, so it tells the size beforehand. */
static size_t deferred_requirement(CUDA_ARRAY3D_DESCRIPTOR d)
{
	CUarray twin;
	size_t size;

	d.Flags |= CUDA_ARRAY3D_DEFERRED_MAPPING;
	if (cuArray3DCreate(&twin, &d) != CUDA_SUCCESS)
		return 0;
	size = requirement(twin);
	OK(cuArrayDestroy(twin));
	return size;
}

static void arrays(void)
{
	static const CUDA_ARRAY3D_DESCRIPTOR shapes[] = {
		{1000, 0, 0, CU_AD_FORMAT_FLOAT, 1, 0},
		{1024, 1024, 0, CU_AD_FORMAT_FLOAT, 4, 0},
		{1000, 1000, 0, CU_AD_FORMAT_UNSIGNED_INT8, 1, 0},
		{100, 100, 100, CU_AD_FORMAT_HALF, 2, 0},
		{512, 512, 6, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_CUBEMAP},
		{512, 512, 0, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_SURFACE_LDST},
	};

	for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
		const CUDA_ARRAY3D_DESCRIPTOR *d = &shapes[s];
		size_t twin = deferred_requirement(*d), before = used(), told;
		CUarray made[ARRAYS];

		for (int i = 0; i < ARRAYS; i++)
			OK(cuArray3DCreate(&made[i], d));
		told = requirement(made[0]);
		printf("fact array %zux%zux%zu of format 0x%x, %u channels, flags 0x%x: takes %zu bytes, it "
		       "says %zu, its deferred twin says %zu\n",
			d->Width, d->Height, d->Depth, (unsigned int)d->Format, d->NumChannels,
			d->Flags, (used() - before) / ARRAYS, told, twin);
		for (int i = 0; i < ARRAYS; i++)
			OK(cuArrayDestroy(made[i]));
	}
}

static void graph_step(const char *step, size_t before)
{
	cuuint64_t reserved = 0;

	OK(cuDeviceGetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT, &reserved));
	printf("fact graph of 64 MiB, %s: %ld MiB taken, %zu MiB reserved\n", step,
		(long)(used() - before) / (long)MIB, (size_t)reserved / MIB);
}

static void graphs(void)
{
	CUDA_MEM_ALLOC_NODE_PARAMS node = {
		.poolProps = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
			.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}},
		.bytesize = 64 * MIB};
	size_t before = used();
	CUgraphNode taken, freed;
	CUgraphExec exec;
	CUgraph graph;

	OK(cuGraphCreate(&graph, 0));
	OK(cuGraphAddMemAllocNode(&taken, graph, NULL, 0, &node));
	OK(cuGraphAddMemFreeNode(&freed, graph, &taken, 1, node.dptr));
	graph_step("built", before);
	OK(cuGraphInstantiate(&exec, graph, 0));
	graph_step("instantiated", before);
	OK(cuGraphUpload(exec, NULL));
	OK(cuStreamSynchronize(NULL));
	graph_step("uploaded", before);
	OK(cuGraphLaunch(exec, NULL));
	OK(cuStreamSynchronize(NULL));
	graph_step("launched", before);
	OK(cuGraphExecDestroy(exec));
	OK(cuGraphDestroy(graph));
	graph_step("destroyed", before);
	OK(cuDeviceGraphMemTrim(0));
	graph_step("trimmed", before);
}

/* Two handles of one object. The library takes an import for another's: it charges the first alone. */
static void imports(void)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	CUmemGenericAllocationHandle object, imported;
	size_t before = used();
	int fd;

	OK(cuMemCreate(&object, 64 * MIB, &prop, 0));
	OK(cuMemExportToShareableHandle(&fd, object, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
	OK(cuMemImportFromShareableHandle(
		&imported, (void *)(intptr_t)fd, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR));
	close(fd);
	printf("fact object of 64 MiB imported by its own process: the handle is %s, %zu MiB taken\n",
		object == imported ? "the same" : "another", (used() - before) / MIB);
	OK(cuMemRelease(object));
	printf("fact object of 64 MiB, released but for that import: %zu MiB taken\n",
		(used() - before) / MIB);
	OK(cuMemRelease(imported));
}

static void lookups(void)
{
	static const struct {
		const char *symbol, *name;
		int version;
	} asked[] = {
		{"cuMemAlloc_v2", "cuMemAlloc", 3020},
		{"cuMemFree_v2", "cuMemFree", 3020},
		{"cuMemAllocAsync", "cuMemAllocAsync", 11020},
		{"cuMemAllocAsync_ptsz", "cuMemAllocAsync", 11020},
		{"cuMemCreate", "cuMemCreate", 10020},
		{"cuArray3DCreate_v2", "cuArray3DCreate", 3020},
		{"cuGraphLaunch", "cuGraphLaunch", 10000},
	};
	size_t count = sizeof(asked) / sizeof(asked[0]);
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);

	for (size_t i = 0; i < count; i++) {
		CUdriverProcAddressQueryResult found;
		bool per_thread = strstr(asked[i].symbol, "_ptsz") != NULL;
		void *pointer = NULL;

		OK(cuGetProcAddress(asked[i].name, &pointer, asked[i].version,
			per_thread ? CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM
				   : CU_GET_PROC_ADDRESS_LEGACY_STREAM,
			&found));
		printf("fact cuGetProcAddress of %s: %s dlsym's pointer\n", asked[i].symbol,
			pointer == dlsym(driver, asked[i].symbol) ? "equals" : "is not");
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void costs(void)
{
	CUmemoryPool pool;
	cuuint64_t value;
	double begin;

	OK(cuDeviceGetDefaultMemPool(&pool, 0));
	begin = now();
	for (int i = 0; i < REPEATED; i++)
		OK(cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, &value));
	printf("fact cuMemPoolGetAttribute: %.0f ns\n", (now() - begin) / REPEATED);
	begin = now();
	for (int i = 0; i < REPEATED; i++)
		OK(cuDeviceGetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT, &value));
	printf("fact cuDeviceGetGraphMemAttribute: %.0f ns\n", (now() - begin) / REPEATED);
	begin = now();
	for (int i = 0; i < REPEATED / 10; i++)
		used();
	printf("fact cuMemGetInfo: %.0f ns\n", (now() - begin) / REPEATED * 10);
}

static void capture(void)
{
	size_t left, total;
	CUstream stream;
	CUgraph graph;
	CUresult asked, ended;

	OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
	OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
	asked = cuMemGetInfo(&left, &total);
	ended = cuStreamEndCapture(stream, &graph);
	printf("fact cuMemGetInfo while capturing: returns %d, the capture ends with %d\n",
		(int)asked, (int)ended);
	if (ended == CUDA_SUCCESS)
		OK(cuGraphDestroy(graph));
	OK(cuStreamDestroy(stream));
}

int main(void)
{
	CUcontext context;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	lookups();
	rounding();
	arrays();
	graphs();
	imports();
	costs();
	capture();
	return 0;
}

/*
 * Uses memory of every kind and goes on whatever fails: for runs in which a call of the driver fails, its own or one
 * that the shim makes. It fails itself where the device holds more than CAP bytes at any time, but for what pools and
 * graphs grow by, which it prints at the end. Usage: driver_steps CAP
 */
#include "check.h"

#include "../sim/simcuda.h"

#include <cuda.h>
#include <unistd.h>

#define MIB  ((size_t)1 << 20)
#define MANY 24

static size_t cap, most_elastic;

/* The driver's own growth is not in the shim's hands; all else is. */
static void look(void)
{
	size_t exact = 0, elastic;

	for (int kind = SIMCUDA_DEVICE; kind <= SIMCUDA_VMM; kind++)
		exact += simcuda_kind_bytes(0, (enum simcuda_kind)kind);
	elastic = simcuda_live_bytes(0) - exact;
	EXPECT(exact <= cap);
	if (exact + elastic > cap && exact + elastic - cap > most_elastic)
		most_elastic = exact + elastic - cap;
}

/* Whether it succeeded; looked at after each. */
static int good(CUresult result)
{
	look();
	return result == CUDA_SUCCESS;
}

static void linear(void)
{
	CUdeviceptr memory, managed, pitched;
	size_t pitch, left, total;
	char *registered = malloc(65536);
	void *pinned;

	if (good(cuMemAlloc(&memory, MIB)) && good(cuMemGetInfo(&left, &total)))
		good(cuMemFree(memory));
	if (good(cuMemAllocManaged(&managed, MIB, CU_MEM_ATTACH_GLOBAL)))
		good(cuMemFree(managed));
	if (good(cuMemAllocPitch(&pitched, &pitch, 1000, 64, 4)))
		good(cuMemFree(pitched));
	if (good(cuMemHostAlloc(&pinned, 65536, 0)))
		good(cuMemFreeHost(pinned));
	if (good(cuMemHostRegister(registered, 65536, 0)))
		good(cuMemHostUnregister(registered));
	good(cuMemAlloc(&memory, 3 * MIB));
}

static void arrays(void)
{
	const CUDA_ARRAY_DESCRIPTOR flat = {
		.Width = 300, .Height = 200, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 4};
	const CUDA_ARRAY3D_DESCRIPTOR deep = {.Width = 64,
		.Height = 64,
		.Depth = 16,
		.Format = CU_AD_FORMAT_FLOAT,
		.NumChannels = 1};
	CUmipmappedArray mipmap;
	CUarray one, two;

	if (good(cuArrayCreate(&one, &flat)))
		good(cuArrayDestroy(one));
	if (good(cuMipmappedArrayCreate(&mipmap, &deep, 4)))
		good(cuMipmappedArrayDestroy(mipmap));
	good(cuArray3DCreate(&two, &deep));
}

static void mapped(void)
{
	const CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	CUmemGenericAllocationHandle handle, again, import;
	CUdeviceptr at;
	int file;

	if (!good(cuMemCreate(&handle, 2 * MIB, &prop, 0)))
		return;
	if (good(cuMemExportToShareableHandle(
		    &file, handle, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0))) {
		if (good(cuMemImportFromShareableHandle(&import, (void *)(uintptr_t)file,
			    CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)))
			good(cuMemRelease(import));
		close(file);
	}
	if (good(cuMemAddressReserve(&at, 2 * MIB, 0, 0, 0)) &&
		good(cuMemMap(at, 2 * MIB, 0, handle, 0))) {
		if (good(cuMemRetainAllocationHandle(&again, (void *)(uintptr_t)at)))
			good(cuMemRelease(again));
		good(cuMemRelease(handle));
		good(cuMemUnmap(at, 2 * MIB));
	}
	good(cuMemCreate(&handle, 2 * MIB, &prop, 0));
}

static void pooled(CUstream stream)
{
	const CUmemPoolProps props = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	cuuint64_t keep = UINT64_MAX;
	CUdeviceptr one, two;
	CUmemoryPool pool;

	if (good(cuMemAllocAsync(&one, MIB, stream)))
		good(cuMemFreeAsync(one, stream));
	good(cuStreamSynchronize(stream));
	if (good(cuMemPoolCreate(&pool, &props))) {
		good(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &keep));
		if (good(cuMemAllocFromPoolAsync(&two, MIB, pool, stream)))
			good(cuMemFree(two));
		good(cuMemPoolTrimTo(pool, 0));
		good(cuMemPoolDestroy(pool));
	}
	good(cuMemAllocAsync(&one, MIB, NULL));
	good(cuCtxSynchronize());
}

static void graphs(CUstream stream)
{
	CUDA_MEM_ALLOC_NODE_PARAMS params = {.bytesize = MIB,
		.poolProps = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
			.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}}};
	CUgraphNode taken, given, child;
	CUgraph graph, inner, outer;
	CUgraphExec exec;

	if (!good(cuGraphCreate(&graph, 0)) || !good(cuGraphCreate(&inner, 0)) ||
		!good(cuGraphCreate(&outer, 0)))
		return;
	if (good(cuGraphAddMemAllocNode(&taken, graph, NULL, 0, &params)))
		good(cuGraphAddMemFreeNode(&given, graph, &taken, 1, params.dptr));
	if (good(cuGraphInstantiateWithFlags(&exec, graph, 0))) {
		good(cuGraphUpload(exec, stream));
		good(cuGraphLaunch(exec, stream));
		good(cuGraphExecDestroy(exec));
	}
	good(cuDeviceGraphMemTrim(0));
	if (good(cuGraphAddChildGraphNode(&child, outer, NULL, 0, inner)) &&
		good(cuGraphInstantiateWithFlags(&exec, outer, 0)))
		good(cuGraphLaunch(exec, stream));
	good(cuGraphDestroy(outer));
	good(cuGraphDestroy(graph));
}

/* In contexts that end with what was allocated in them. */
static void contexts(CUcontext own)
{
	CUcontext other, primary;
	CUdeviceptr memory;
	size_t total;
	int count;

	good(cuDeviceGetCount(&count));
	good(cuDeviceTotalMem(&total, 0));
	if (good(cuCtxCreate_v2(&other, 0, 0))) {
		good(cuMemAlloc(&memory, 2 * MIB));
		good(cuCtxSetLimit(CU_LIMIT_MALLOC_HEAP_SIZE, 16 * MIB));
		good(cuCtxDestroy(other));
	}
	if (good(cuDevicePrimaryCtxRetain(&primary, 0))) {
		if (good(cuCtxSetCurrent(primary)))
			good(cuMemAlloc(&memory, 2 * MIB));
		good(cuDevicePrimaryCtxRelease(0));
	}
	good(cuCtxSetCurrent(own));
}

/* Until nothing more fits, then half of it back, and again. */
static void fill(void)
{
	CUdeviceptr held[MANY] = {0};

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++)
			if (held[i] == 0 && !good(cuMemAlloc(&held[i], 2 * MIB)))
				held[i] = 0;
		for (int i = round; i < MANY; i += 2)
			if (held[i] != 0 && good(cuMemFree(held[i])))
				held[i] = 0;
	}
}

int main(int argc, char **argv)
{
	CUcontext context;
	CUstream stream;
	CUdevice device;

	cap = argument(argc, argv, 1, "32M");
	if (good(cuInit(0)) && good(cuDeviceGet(&device, 0)) &&
		good(cuCtxCreate_v2(&context, 0, device)) && good(cuStreamCreate(&stream, 0))) {
		linear();
		arrays();
		mapped();
		pooled(stream);
		graphs(stream);
		contexts(context);
		fill();
	}
	printf("%zu\n", most_elastic);
	return 0;
}

/*
 * Uses what later versions of CUDA replaced and old programs still call, and what few programs call: its arguments say
 * which; part of the memory stays allocated. "refused" asks each of these that allocates for more than the cap.
 * Usage: twins linear|host|contexts|green|code|graphs|others|refused…
 */
#define __CUDA_API_VERSION_INTERNAL
#include "check.h"

#include <cuda.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

CUresult cuGraphLaunch_ptsz(CUgraphExec exec, CUstream stream);
CUresult cuGraphUpload_ptsz(CUgraphExec exec, CUstream stream);
CUresult cuGraphInstantiateWithParams_ptsz(
	CUgraphExec *exec, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS *params);

static const char ptx[] =
	".version 7.0\n.target sm_50\n.address_size 64\n.visible .entry kernel() { ret; }\n";

static void linear(void)
{
	CUdeviceptr_v1 one, two, row;
	unsigned pitch;

	OK(cuMemAlloc(&one, 3 * MIB));
	OK(cuMemAlloc(&two, MIB));
	OK(cuMemAllocPitch(&row, &pitch, 1000, 64, 4));
	EXPECT(pitch >= 1000);
	OK(cuMemFree(one));
	OK(cuMemAllocPitch(&one, &pitch, 500, 64, 4));
	OK(cuMemFree(row));
	EXPECT(cuMemFree(row) != CUDA_SUCCESS);
}

static char registered[65536];

static void host(void)
{
	void *one, *two;

	OK(cuMemAllocHost(&one, 4096));
	OK(cuMemAllocHost_v2(&two, 8192));
	OK(cuMemFreeHost(one));
	OK(cuMemHostRegister(registered, sizeof(registered), 0));
	OK(cuMemHostUnregister(registered));
	EXPECT(cuMemHostUnregister(registered) != CUDA_SUCCESS);
}

/* What is left in each of them goes with it. */
static void contexts(void)
{
	CUcontext first, third, fourth, primary, before;
	CUdeviceptr memory;

	OK(cuCtxGetCurrent(&before));
	OK(cuCtxCreate(&first, 0, 0));
	OK(cuMemAlloc_v2(&memory, MIB));
	OK(cuCtxDestroy(first));
	OK(cuCtxCreate_v3(&third, NULL, 0, 0, 0));
	OK(cuMemAlloc_v2(&memory, MIB));
	OK(cuCtxDetach(third));
	OK(cuCtxCreate_v4(&fourth, NULL, 0, 0));
	OK(cuMemAlloc_v2(&memory, MIB));
	OK(cuCtxDestroy_v2(fourth));
	OK(cuDevicePrimaryCtxRetain(&primary, 0));
	OK(cuDevicePrimaryCtxRetain(&primary, 0));
	OK(cuCtxSetCurrent(primary));
	OK(cuMemAlloc_v2(&memory, MIB));
	OK(cuDevicePrimaryCtxRelease(0));
	OK(cuMemFree_v2(memory));
	OK(cuMemAlloc_v2(&memory, MIB));
	OK(cuDevicePrimaryCtxRelease(0));
	OK(cuDevicePrimaryCtxRetain(&primary, 0));
	OK(cuCtxSetCurrent(primary));
	OK(cuMemAlloc_v2(&memory, MIB));
	OK(cuDevicePrimaryCtxReset(0));
	OK(cuCtxSetCurrent(before));
	EXPECT(cuCtxDestroy(NULL) != CUDA_SUCCESS);
	EXPECT(cuCtxDetach(NULL) != CUDA_SUCCESS);
	EXPECT(cuCtxCreate(&first, 0, 1000) != CUDA_SUCCESS);
	EXPECT(cuCtxCreate_v3(&first, NULL, 0, 0, 1000) != CUDA_SUCCESS);
}

/* Names of the primary context: what is allocated in one goes when nobody holds that any more. */
static void green(void)
{
	CUdevResourceDesc share;
	CUdevResource resource;
	CUcontext context, before;
	CUdeviceptr memory;
	CUgreenCtx one, two;

	OK(cuCtxGetCurrent(&before));
	OK(cuDeviceGetDevResource(0, &resource, CU_DEV_RESOURCE_TYPE_SM));
	OK(cuDevResourceGenerateDesc(&share, &resource, 1));
	for (int round = 0; round < 2; round++) {
		OK(cuGreenCtxCreate(&one, share, 0, CU_GREEN_CTX_DEFAULT_STREAM));
		OK(cuGreenCtxCreate(&two, share, 0, CU_GREEN_CTX_DEFAULT_STREAM));
		OK(cuCtxFromGreenCtx(&context, one));
		OK(cuCtxSetCurrent(context));
		OK(cuMemAlloc_v2(&memory, (size_t)(round + 2) * MIB));
		OK(cuCtxFromGreenCtx(&context, two));
		OK(cuCtxSetCurrent(context));
		OK(cuMemAlloc_v2(&memory, MIB));
		OK(cuGreenCtxDestroy(one));
		if (round == 0)
			OK(cuGreenCtxDestroy(two));
	}
	OK(cuCtxSetCurrent(before));
	EXPECT(cuGreenCtxCreate(&one, share, 1000, CU_GREEN_CTX_DEFAULT_STREAM) != CUDA_SUCCESS);
	EXPECT(cuGreenCtxCreate(NULL, share, 0, CU_GREEN_CTX_DEFAULT_STREAM) != CUDA_SUCCESS);
	EXPECT(cuCtxFromGreenCtx(&context, NULL) != CUDA_SUCCESS);
}

static void code(void)
{
	CUlibrary library;
	CUmodule module;
	FILE *file = tmpfile();
	char path[64];

	EXPECT(file != NULL && fputs(ptx, file) >= 0 && fflush(file) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	OK(cuModuleLoad(&module, path));
	OK(cuModuleUnload(module));
	OK(cuModuleLoadDataEx(&module, ptx, 0, NULL, NULL));
	OK(cuModuleUnload(module));
	OK(cuModuleLoadFatBinary(&module, ptx));
	OK(cuModuleUnload(module));
	OK(cuLibraryLoadFromFile(&library, path, NULL, NULL, 0, NULL, NULL, 0));
	OK(cuLibraryUnload(library));
	EXPECT(cuModuleLoad(&module, "/nowhere") != CUDA_SUCCESS);
	EXPECT(cuModuleUnload(NULL) != CUDA_SUCCESS);
	fclose(file);
}

static CUgraph make_graph(void)
{
	CUgraphNodeParams params = {.type = CU_GRAPH_NODE_TYPE_MEM_ALLOC};
	CUgraphNode taken, given;
	CUgraph graph;

	params.alloc.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
	params.alloc.poolProps.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
	params.alloc.bytesize = 3 * MIB;
	OK(cuGraphCreate(&graph, 0));
	OK(cuGraphAddNode_v2(&taken, graph, NULL, NULL, 0, &params));
	OK(cuGraphAddMemFreeNode(&given, graph, &taken, 1, params.alloc.dptr));
	params.alloc.bytesize = MIB;
	OK(cuGraphAddNode(&taken, graph, NULL, 0, &params));
	OK(cuGraphAddMemFreeNode(&given, graph, &taken, 1, params.alloc.dptr));
	return graph;
}

static void graphs(void)
{
	CUDA_GRAPH_INSTANTIATE_PARAMS params = {0};
	CUgraph graph = make_graph();
	CUgraphExec exec[4];

	OK(cuGraphInstantiate(&exec[0], graph, NULL, NULL, 0));
	OK(cuGraphLaunch(exec[0], NULL));
	OK(cuGraphExecDestroy(exec[0]));
	OK(cuDeviceGraphMemTrim(0));
	OK(cuGraphInstantiate_v2(&exec[1], graph, NULL, NULL, 0));
	OK(cuGraphUpload_ptsz(exec[1], NULL));
	OK(cuGraphLaunch_ptsz(exec[1], NULL));
	OK(cuGraphExecDestroy(exec[1]));
	OK(cuGraphInstantiateWithParams(&exec[2], graph, &params));
	OK(cuGraphExecDestroy(exec[2]));
	OK(cuGraphInstantiateWithParams_ptsz(&exec[3], graph, &params));
	OK(cuGraphLaunch(exec[3], NULL));
	OK(cuGraphDestroy(graph));
}

/* Memory of the host by functions that are mostly used for a device's, and an object that holds no memory. */
static void others(void)
{
	const CUmemAllocationProp on_host = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_HOST}};
	const CUmulticastObjectProp props = {.numDevices = 1, .size = 2 * MIB};
	CUmemGenericAllocationHandle one, two, multicast;

	OK(cuMemCreate(&one, 2 * MIB, &on_host, 0));
	OK(cuMemCreate(&two, 2 * MIB, &on_host, 0));
	OK(cuMemRelease(one));
	OK(cuMulticastCreate(&multicast, &props));
	OK(cuMemRelease(multicast));
	EXPECT(cuMulticastCreate(NULL, &props) != CUDA_SUCCESS);
}

#define REFUSED(call, untouched)                         \
	do {                                             \
		RETURNS(CUDA_ERROR_OUT_OF_MEMORY, call); \
		EXPECT(untouched);                       \
	} while (0)

static void refused(void)
{
	CUdeviceptr_v1 old = 7;
	CUdeviceptr memory = 7;
	unsigned old_pitch = 9;
	size_t pitch = 9;

	REFUSED(cuMemAlloc(&old, 64 * MIB), old == 7);
	REFUSED(cuMemAllocPitch(&old, &old_pitch, 1 << 20, 64, 4), old == 7 && old_pitch == 9);
	REFUSED(cuMemAllocPitch_v2(&memory, &pitch, MIB, 64, 4), memory == 7 && pitch == 9);
	REFUSED(cuMemAllocManaged(&memory, 64 * MIB, CU_MEM_ATTACH_GLOBAL), memory == 7);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*use)(void);
	} parts[] = {{"linear", linear}, {"host", host}, {"contexts", contexts}, {"green", green},
		{"code", code}, {"graphs", graphs}, {"others", others}, {"refused", refused}};
	CUcontext context;

	OK(cuInit(0));
	OK(cuCtxCreate_v2(&context, 0, 0));
	for (int i = 1; i < argc; i++)
		for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++)
			if (strcmp(argv[i], parts[part].name) == 0)
				parts[part].use();
	return 0;
}

/*
 * kinds_ordered.c - memory that grows by the driver's will: the device's pool, a pool of one's own that
 * keeps what is freed, and graphs.
 */
#include "work.h"

static CUdeviceptr memory[PARTS];
static size_t held, part;
static CUmemoryPool own;
static CUgraph graph;
static CUgraphExec exec;

static CUmemPoolProps device_memory(void)
{
	return (CUmemPoolProps){.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
}

static void free_all(void)
{
	while (held > 0)
		OK(cuMemFreeAsync(memory[--held], NULL));
	OK(cuStreamSynchronize(NULL));
}

static unsigned int content(void)
{
	return content_of(memory[held - 1], part);
}

static void pool_give(void)
{
	CUmemoryPool pool;

	free_all();
	OK(cuDeviceGetDefaultMemPool(&pool, 0));
	OK(cuMemPoolTrimTo(pool, 0));
}

static CUresult pool_take(size_t bytes)
{
	CUresult result = CUDA_SUCCESS;

	part = bytes / PARTS;
	for (held = 0; held < PARTS; held++) {
		result = cuMemAllocAsync(&memory[held], part, NULL);
		if (result != CUDA_SUCCESS) {
			pool_give();
			return result;
		}
	}
	return cuStreamSynchronize(NULL);
}

static void own_give(void)
{
	free_all();
	OK(cuMemPoolTrimTo(own, 0));
	OK(cuMemPoolDestroy(own));
}

/* What was freed stays with the pool: half of it is free when figures are taken. */
static CUresult own_take(size_t bytes)
{
	CUmemPoolProps props = device_memory();
	cuuint64_t all = UINT64_MAX;

	OK(cuMemPoolCreate(&own, &props));
	OK(cuMemPoolSetAttribute(own, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &all));
	part = bytes / PARTS;
	for (held = 0; held < PARTS; held++) {
		CUresult result = cuMemAllocFromPoolAsync(&memory[held], part, own, NULL);

		if (result != CUDA_SUCCESS) {
			own_give();
			return result;
		}
	}
	while (held > PARTS / 2)
		OK(cuMemFreeAsync(memory[--held], NULL));
	return cuStreamSynchronize(NULL);
}

static void graph_give(void)
{
	free_all();
	if (exec != NULL)
		OK(cuGraphExecDestroy(exec));
	OK(cuGraphDestroy(graph));
	exec = NULL;
	OK(cuDeviceGraphMemTrim(0));
}

/* Its memory outlives the launch: no node frees it. */
static CUresult graph_take(size_t bytes)
{
	CUmemPoolProps props = device_memory();
	CUmemAccessDesc access = {props.location, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
	CUDA_MEM_ALLOC_NODE_PARAMS node = {.poolProps = props,
		.accessDescs = &access,
		.accessDescCount = 1,
		.bytesize = bytes};
	CUgraphNode added;
	CUresult result;

	OK(cuGraphCreate(&graph, 0));
	result = cuGraphAddMemAllocNode(&added, graph, NULL, 0, &node);
	if (result == CUDA_SUCCESS)
		result = cuGraphInstantiate(&exec, graph, 0);
	if (result == CUDA_SUCCESS)
		result = cuGraphLaunch(exec, NULL);
	if (result != CUDA_SUCCESS) {
		graph_give();
		return result;
	}
	memory[0] = node.dptr;
	part = bytes;
	held = 1;
	return cuStreamSynchronize(NULL);
}

const struct kind kinds_ordered[] = {
	{"pool", pool_take, pool_give, content},
	{"own-pool", own_take, own_give, content},
	{"graph", graph_take, graph_give, content},
	{NULL, NULL, NULL, NULL},
};

/*
 * worker.c - what a step of the differential fuzzer can be: taking and giving back memory of each sort.
 */
#include "diff.h"

#include "../sim/simcuda.h"
#include "compare.h"
#include <stdio.h>
#include <string.h>

#define DEPTHS 23

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)

/* Mostly small, sometimes large, now and then absurd. */
static size_t roll_bytes(struct dice *d)
{
	switch (dice_roll(d, 16)) {
	case 0:
		return dice_roll(d, 256 * MIB) + 1;
	case 1:
		return SIZE_MAX - dice_roll(d, 4096);
	case 2:
	case 3:
	case 4:
		return dice_roll(d, 16 * MIB) + 1;
	default:
		return dice_roll(d, 256 * KIB) + 1;
	}
}

static int use_device(struct worker *w, struct dice *d)
{
	int device = (int)dice_roll(d, (uint64_t)w->devices);

	cuCtxSetCurrent(w->contexts[device]);
	return device;
}

/* Counts a refusal, and whether it was one that the cap does not explain. Only for sorts whose charge
 * is what was asked for, and while nobody else allocates. */
static void note(struct worker *w, CUresult result, int device, size_t bytes, bool exact)
{
	if (result != CUDA_ERROR_OUT_OF_MEMORY)
		return;
	w->refused++;
	if (exact && w->options->threads == 1 && !w->options->failures && w->options->limit != 0 &&
		bytes < w->options->limit && compare_would_fit(device, bytes)) {
		w->wrongly_refused++;
		printf("refused although it fits: %zu bytes on device %d\n", bytes, device);
	}
}

static void fill(struct slot *s, CUresult result, int device, size_t bytes)
{
	s->used = result == CUDA_SUCCESS;
	s->device = device;
	s->bytes = bytes;
}

static void step_linear(struct worker *w, struct dice *d)
{
	struct slot *s = &w->linear[dice_roll(d, SLOTS)];
	int device = use_device(w, d);
	size_t bytes = roll_bytes(d), pitch;
	CUresult result;

	if (s->used) {
		cuCtxSetCurrent(w->contexts[s->device]);
		result = dice_roll(d, 8) == 0 ? cuMemFreeAsync(s->address, w->streams[s->device])
					      : cuMemFree(s->address);
		s->used = result != CUDA_SUCCESS;
		return;
	}
	switch (dice_roll(d, 4)) {
	case 0:
		result = cuMemAllocManaged(&s->address, bytes, CU_MEM_ATTACH_GLOBAL);
		note(w, result, device, bytes, true);
		break;
	case 1:
		result = cuMemAllocPitch(&s->address, &pitch, bytes % 5000, bytes % 300, 4);
		note(w, result, device, bytes, false);
		break;
	default:
		result = cuMemAlloc(&s->address, bytes);
		note(w, result, device, bytes, true);
	}
	fill(s, result, device, bytes);
}

static void step_pinned(struct worker *w, struct dice *d)
{
	struct slot *s = &w->pinned[dice_roll(d, SLOTS)];
	int device = use_device(w, d);
	size_t bytes = dice_roll(d, MIB) + 1;

	if (s->used) {
		cuCtxSetCurrent(w->contexts[s->device]);
		s->used = cuMemFreeHost(s->host) != CUDA_SUCCESS;
		return;
	}
	fill(s,
		dice_roll(d, 2) == 0 ? cuMemHostAlloc(&s->host, bytes, 0)
				     : cuMemAllocHost(&s->host, bytes),
		device, bytes);
}

static const CUarray_format formats[] = {CU_AD_FORMAT_UNSIGNED_INT8, CU_AD_FORMAT_SIGNED_INT16,
	CU_AD_FORMAT_HALF, CU_AD_FORMAT_FLOAT};

static CUDA_ARRAY3D_DESCRIPTOR roll_array(struct dice *d)
{
	CUDA_ARRAY3D_DESCRIPTOR a = {0};

	a.Width = dice_roll(d, 500) + 1;
	a.Height = dice_roll(d, 3) == 0 ? 0 : dice_roll(d, 300);
	a.Depth = dice_roll(d, 3) == 0 && a.Height != 0 ? dice_roll(d, 20) : 0;
	a.Format = formats[dice_roll(d, 4)];
	a.NumChannels = 1u << dice_roll(d, 3);
	return a;
}

static void step_array(struct worker *w, struct dice *d)
{
	struct slot *s = &w->arrays[dice_roll(d, SLOTS)];
	int device = use_device(w, d);
	CUDA_ARRAY3D_DESCRIPTOR a = roll_array(d);
	CUDA_ARRAY_DESCRIPTOR flat = {a.Width, a.Height, a.Format, a.NumChannels};

	if (s->used) {
		cuCtxSetCurrent(w->contexts[s->device]);
		s->used = cuArrayDestroy(s->array) != CUDA_SUCCESS;
		return;
	}
	fill(s,
		dice_roll(d, 2) == 0 ? cuArrayCreate(&s->array, &flat)
				     : cuArray3DCreate(&s->array, &a),
		device, 0);
}

static void step_mipmap(struct worker *w, struct dice *d)
{
	struct slot *s = &w->mipmaps[dice_roll(d, SLOTS)];
	int device = use_device(w, d);
	CUDA_ARRAY3D_DESCRIPTOR a = roll_array(d);

	if (s->used) {
		cuCtxSetCurrent(w->contexts[s->device]);
		s->used = cuMipmappedArrayDestroy(s->mipmap) != CUDA_SUCCESS;
		return;
	}
	fill(s, cuMipmappedArrayCreate(&s->mipmap, &a, (unsigned)dice_roll(d, 12)), device, 0);
}

static void step_pooled(struct worker *w, struct dice *d)
{
	struct slot *s = &w->pooled[dice_roll(d, SLOTS)];
	struct slot *pool = &w->pools[dice_roll(d, SLOTS)];
	int device = use_device(w, d);
	CUstream stream = dice_roll(d, 3) == 0 ? NULL : w->streams[device];
	size_t bytes = roll_bytes(d);

	if (s->used) {
		cuCtxSetCurrent(w->contexts[s->device]);
		s->used = (dice_roll(d, 4) == 0 ? cuMemFree(s->address)
						: cuMemFreeAsync(s->address,
							  w->streams[s->device])) != CUDA_SUCCESS;
		return;
	}
	fill(s,
		dice_roll(d, 2) == 0 && pool->used
			? cuMemAllocFromPoolAsync(&s->address, bytes, pool->pool, stream)
			: cuMemAllocAsync(&s->address, bytes, stream),
		device, bytes);
}

static void step_pool(struct worker *w, struct dice *d)
{
	struct slot *s = &w->pools[dice_roll(d, SLOTS)];
	int device = use_device(w, d);
	CUmemPoolProps props = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device}};
	cuuint64_t threshold = dice_roll(d, 2) == 0 ? 0 : UINT64_MAX;

	if (!s->used) {
		fill(s, cuMemPoolCreate(&s->pool, &props), device, 0);
		return;
	}
	switch (dice_roll(d, 4)) {
	case 0:
		s->used = cuMemPoolDestroy(s->pool) != CUDA_SUCCESS;
		break;
	case 1:
		cuMemPoolTrimTo(s->pool, dice_roll(d, 64 * MIB));
		break;
	case 2:
		cuMemPoolSetAttribute(s->pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &threshold);
		break;
	default:
		cuStreamSynchronize(w->streams[device]);
	}
}

static void step_handle(struct worker *w, struct dice *d)
{
	struct slot *s = &w->handles[dice_roll(d, SLOTS)];
	int device = use_device(w, d);
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device}};
	size_t bytes = (dice_roll(d, 8) + 1) * 2 * MIB;

	if (s->used) {
		s->used = cuMemRelease(s->handle) != CUDA_SUCCESS;
		return;
	}
	CUresult result = cuMemCreate(&s->handle, bytes, &prop, 0);

	note(w, result, device, bytes, true);
	fill(s, result, device, bytes);
}

static void map_handle(struct slot *m, const struct slot *h, struct dice *d)
{
	unsigned times = (unsigned)dice_roll(d, 3) + 1;

	/* The object several times in a row, unmapped by one call. */
	if (cuMemAddressReserve(&m->address, h->bytes * times, 0, 0, 0) != CUDA_SUCCESS)
		return;
	for (unsigned i = 0; i < times; i++)
		if (cuMemMap(m->address + i * h->bytes, h->bytes, 0, h->handle, 0) != CUDA_SUCCESS)
			times = i;
	fill(m, times > 0 ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN, h->device, h->bytes * times);
}

static void step_mapping(struct worker *w, struct dice *d)
{
	struct slot *m = &w->mappings[dice_roll(d, SLOTS)];
	struct slot *h = &w->handles[dice_roll(d, SLOTS)];
	CUmemGenericAllocationHandle again;

	use_device(w, d);
	if (!m->used) {
		if (h->used)
			map_handle(m, h, d);
		return;
	}
	if (dice_roll(d, 3) == 0) {
		/* One handle more, and back. */
		if (cuMemRetainAllocationHandle(&again, (void *)(uintptr_t)m->address) ==
			CUDA_SUCCESS)
			while (cuMemRelease(again) != CUDA_SUCCESS)
				;
		return;
	}
	m->used = cuMemUnmap(m->address, m->bytes) != CUDA_SUCCESS;
}

static CUresult make_exec(CUgraphExec *exec, int device, size_t bytes)
{
	CUDA_MEM_ALLOC_NODE_PARAMS alloc = {0};
	CUgraphNode taken, given;
	CUgraph graph;

	alloc.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
	alloc.poolProps.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
	alloc.poolProps.location.id = device;
	alloc.bytesize = bytes;
	if (cuGraphCreate(&graph, 0) != CUDA_SUCCESS)
		return CUDA_ERROR_UNKNOWN;
	CUresult result = cuGraphAddMemAllocNode(&taken, graph, NULL, 0, &alloc);

	if (result == CUDA_SUCCESS)
		result = cuGraphAddMemFreeNode(&given, graph, &taken, 1, alloc.dptr);
	if (result == CUDA_SUCCESS)
		result = cuGraphInstantiateWithFlags(exec, graph, 0);
	cuGraphDestroy(graph);
	return result;
}

static void step_graph(struct worker *w, struct dice *d)
{
	struct slot *s = &w->execs[dice_roll(d, SLOTS)];
	int device = use_device(w, d);

	if (!s->used) {
		fill(s, make_exec(&s->exec, device, dice_roll(d, 8 * MIB) + 1), device, 0);
		return;
	}
	cuCtxSetCurrent(w->contexts[s->device]);
	switch (dice_roll(d, 4)) {
	case 0:
		s->used = cuGraphExecDestroy(s->exec) != CUDA_SUCCESS;
		break;
	case 1:
		cuDeviceGraphMemTrim(s->device);
		break;
	default:
		cuGraphLaunch(s->exec, w->streams[s->device]);
		cuStreamSynchronize(w->streams[s->device]);
	}
}

/* Things that do not exist. */
static void step_hostile(struct worker *w, struct dice *d)
{
	use_device(w, d);
	switch (dice_roll(d, 4)) {
	case 0:
		cuMemFree(0);
		break;
	case 1:
		cuMemFree(0x123456789000);
		break;
	case 2:
		cuMemAlloc(NULL, 100);
		break;
	default:
		cuMemAlloc(&(CUdeviceptr){0}, 0);
	}
}

static void forget(struct slot *slots, int device)
{
	for (int i = 0; i < SLOTS; i++)
		if (slots[i].device == device)
			slots[i].used = false;
}

/* The context ends, and what lives in it. Executable graphs are given back first. */
static void step_context(struct worker *w, struct dice *d)
{
	int device = use_device(w, d);

	if (dice_roll(d, 40) != 0)
		return;
	for (int i = 0; i < SLOTS; i++)
		if (w->execs[i].used && w->execs[i].device == device)
			w->execs[i].used = cuGraphExecDestroy(w->execs[i].exec) != CUDA_SUCCESS;
	for (int i = 0; i < SLOTS; i++)
		if (w->pooled[i].used && w->pooled[i].device == device)
			w->pooled[i].used = cuMemFree(w->pooled[i].address) != CUDA_SUCCESS;
	cuStreamDestroy(w->streams[device]);
	if (cuCtxDestroy(w->contexts[device]) == CUDA_SUCCESS) {
		forget(w->linear, device);
		forget(w->pinned, device);
		forget(w->arrays, device);
		forget(w->mipmaps, device);
		while (cuCtxCreate_v2(&w->contexts[device], 0, device) != CUDA_SUCCESS)
			;
	}
	cuCtxSetCurrent(w->contexts[device]);
	cuStreamCreate(&w->streams[device], 0);
}

static const struct sort {
	const char *name;
	unsigned weight;
	void (*step)(struct worker *w, struct dice *d);
} sorts[] = {
	{"linear", 6, step_linear},
	{"pinned", 2, step_pinned},
	{"array", 3, step_array},
	{"mipmap", 2, step_mipmap},
	{"pool", 5, step_pooled},
	{"pool", 3, step_pool},
	{"vmm", 3, step_handle},
	{"vmm", 3, step_mapping},
	{"graph", 4, step_graph},
	{"hostile", 1, step_hostile},
	{"context", 1, step_context},
};

bool worker_init(struct worker *w, const struct options *options, unsigned number)
{
	memset(w, 0, sizeof(*w));
	w->options = options;
	w->number = number;
	if (cuInit(0) != CUDA_SUCCESS || cuDeviceGetCount(&w->devices) != CUDA_SUCCESS)
		return false;
	if (w->devices > DEVICES_MAX)
		w->devices = DEVICES_MAX;
	for (int device = 0; device < w->devices; device++)
		if (cuCtxCreate_v2(&w->contexts[device], 0, device) != CUDA_SUCCESS ||
			cuStreamCreate(&w->streams[device], 0) != CUDA_SUCCESS)
			return false;
	return true;
}

/* At depths of their own, so that one call has many stacks. */
__attribute__((noinline)) static void step_at_depth(
	struct worker *w, struct dice *d, const struct sort *sort, uint64_t depth)
{
	if (depth > 0)
		step_at_depth(w, d, sort, depth - 1);
	else
		sort->step(w, d);
	__asm__ volatile(""); /* neither is a jump */
}

void worker_step(struct worker *w, uint64_t step)
{
	const struct sort *sort;
	unsigned total = 0, at;
	struct dice d;

	dice_init(&d, w->options->seed, w->number, step);
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (w->options->only == NULL || strcmp(w->options->only, sorts[i].name) == 0)
			total += sorts[i].weight;
	at = (unsigned)dice_roll(&d, total);
	for (sort = sorts;; sort++) {
		if (w->options->only != NULL && strcmp(w->options->only, sort->name) != 0)
			continue;
		if (at < sort->weight)
			break;
		at -= sort->weight;
	}
	if (w->options->verbose)
		printf("step %llu: %s\n", (unsigned long long)step, sort->name);
	step_at_depth(w, &d, sort, step % DEPTHS);
}

bool worker_knows(const char *name)
{
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (strcmp(sorts[i].name, name) == 0)
			return true;
	return false;
}

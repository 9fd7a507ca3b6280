/*
 * graph.c - see graph.h.
 *
 * An executable with memory nodes has one ledger entry per device that its nodes lie on, under its
 * handle and the device's number: bytes is their sum, and nothing is charged for the entry itself.
 */
#include "graph.h"

#include "budget.h"
#include "context.h"
#include "device.h"
#include "driver.h"
#include "elastic.h"
#include "refusal.h"
#include <errno.h>
#include <sys/mman.h>

#define DEPTH_MAX 16 /* child graphs within child graphs */

struct sums {
	uint64_t bytes[RAC_MAX_DEVICES];
};

static void add_node(struct sums *sums, CUgraphNode node)
{
	CUDA_MEM_ALLOC_NODE_PARAMS params;

	if (rac_driver()->cuGraphMemAllocNodeGetParams(node, &params) != CUDA_SUCCESS)
		return;
	const CUmemLocation *location = &params.poolProps.location;

	if (location->type == CU_MEM_LOCATION_TYPE_DEVICE && location->id >= 0 &&
		location->id < RAC_MAX_DEVICES)
		sums->bytes[location->id] += params.bytesize;
}

static void add_graph(struct sums *sums, CUgraph graph, unsigned depth);

static void add_nodes(struct sums *sums, const CUgraphNode *nodes, size_t count, unsigned depth)
{
	const struct rac_driver *driver = rac_driver();
	CUgraphNodeType type;
	CUgraph child;

	for (size_t i = 0; i < count; i++) {
		if (driver->cuGraphNodeGetType(nodes[i], &type) != CUDA_SUCCESS)
			continue;
		if (type == CU_GRAPH_NODE_TYPE_MEM_ALLOC)
			add_node(sums, nodes[i]);
		else if (type == CU_GRAPH_NODE_TYPE_GRAPH &&
			driver->cuGraphChildGraphNodeGetGraph(nodes[i], &child) == CUDA_SUCCESS)
			add_graph(sums, child, depth + 1);
	}
}

/* The list of nodes can be long; it is mapped for the moment, not taken from the host's heap. */
static void add_graph(struct sums *sums, CUgraph graph, unsigned depth)
{
	const struct rac_driver *driver = rac_driver();
	size_t count = 0;
	int saved = errno;

	if (depth >= DEPTH_MAX || driver->cuGraphGetNodes(graph, NULL, &count) != CUDA_SUCCESS ||
		count == 0)
		return;
	size_t bytes = count * sizeof(CUgraphNode);
	CUgraphNode *nodes =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	errno = saved;
	if (nodes == MAP_FAILED)
		return;
	if (driver->cuGraphGetNodes(graph, nodes, &count) == CUDA_SUCCESS)
		add_nodes(sums, nodes, count, depth);
	munmap(nodes, bytes);
}

static bool read_reserved(void *context, uint64_t *reserved)
{
	const CUdevice *device = context;
	cuuint64_t value = 0;

	CUresult result = rac_driver()->cuDeviceGetGraphMemAttribute(
		*device, CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT, &value);

	*reserved = value;
	return rac_context_is_gone(result);
}

static struct rac_elastic_owner owner_of(CUdevice *device)
{
	return (struct rac_elastic_owner){(uint32_t)*device, RAC_KIND_GRAPH, read_reserved, device};
}

void rac_graph_refresh(struct rac_state *state, CUdevice device)
{
	struct rac_elastic_owner owner = owner_of(&device);

	if (rac_load_relaxed(&state->graphs_used) == 0 || !rac_device_prepare(state, device))
		return;
	rac_elastic_refresh(state, &state->graphs[device], &owner);
}

#define HANDLE_BITS 54 /* user addresses are shorter */

static uint64_t key_of(CUgraphExec exec, unsigned device)
{
	return (uint64_t)(uintptr_t)exec | (uint64_t)device << HANDLE_BITS;
}

/* The device of the lowest bit, which is taken away. */
static unsigned next_device(uint64_t *devices)
{
	unsigned device = (unsigned)__builtin_ctzll(*devices);

	*devices &= *devices - 1;
	return device;
}

static void remember(struct rac_state *state, CUgraphExec exec, unsigned device, uint64_t bytes)
{
	struct rac_entry entry = {
		.space = RAC_SPACE_EXEC,
		.value = key_of(exec, device),
		.bytes = bytes,
		.device = (uint8_t)device,
		.kind = RAC_KIND_BORROWED,
	};

	if (rac_ledger_insert(&state->ledger, &entry) != RAC_OK)
		rac_tracker_unrecorded(state->tracker);
	if ((rac_load_relaxed(&state->graph_devices) >> device & 1) == 0)
		rac_fetch_or_relaxed(&state->graph_devices, UINT64_C(1) << device);
}

void rac_graph_made(struct rac_state *state, CUgraphExec exec, CUgraph graph)
{
	struct sums sums = {0};

	if (rac_load_relaxed(&state->graphs_used) == 0)
		return;
	add_graph(&sums, graph, 0);
	for (unsigned device = 0; device < RAC_MAX_DEVICES; device++)
		if (sums.bytes[device] != 0) {
			remember(state, exec, device, sums.bytes[device]);
			rac_graph_refresh(state, (CUdevice)device);
		}
}

void rac_graph_end_begin(struct rac_state *state, struct rac_graph_run *was, CUgraphExec exec)
{
	uint64_t devices = rac_load_relaxed(&state->graph_devices);
	struct rac_ledger_taken taken;

	was->devices = 0;
	while (devices != 0) {
		unsigned device = next_device(&devices);

		if (rac_ledger_take(&state->ledger, RAC_SPACE_EXEC, key_of(exec, device), &taken) !=
			RAC_OK)
			continue;
		was->devices |= UINT64_C(1) << device;
		was->bytes[device] = taken.entry.bytes;
		rac_ledger_drop(&state->ledger, &taken);
	}
}

void rac_graph_end_finish(
	struct rac_state *state, const struct rac_graph_run *was, CUgraphExec exec, bool ended)
{
	uint64_t devices = was->devices;

	while (devices != 0) {
		unsigned device = next_device(&devices);

		if (!ended)
			remember(state, exec, device, was->bytes[device]);
		rac_graph_refresh(state, (CUdevice)device);
	}
}

/* What graphs of the device use at this moment: a launch may need its sum on top of it. */
static uint64_t used_now(CUdevice device)
{
	cuuint64_t value = 0;

	if (rac_driver()->cuDeviceGetGraphMemAttribute(
		    device, CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT, &value) != CUDA_SUCCESS)
		return 0;
	return value;
}

static enum rac_status use(
	struct rac_state *state, enum rac_hook hook, CUdevice device, uint64_t bytes)
{
	struct rac_elastic *account = &state->graphs[device];
	struct rac_elastic_owner owner = owner_of(&device);

	rac_untracked_granted(state, owner.device, bytes);
	enum rac_status status = rac_elastic_use(state, account, &owner, bytes, false);

	for (bool again = rac_device_may_allocate(state, owner.device);
		again && status == RAC_OOM;) {
		again = rac_budget_make_room(state, owner.device, bytes);
		status = rac_elastic_use(state, account, &owner, bytes, false);
	}
	if (status == RAC_OOM && rac_refusal_report(state, hook, owner.device, bytes))
		status = rac_elastic_use(state, account, &owner, bytes, true);
	return status;
}

bool rac_graph_run_begin(
	struct rac_state *state, struct rac_graph_run *run, enum rac_hook hook, CUgraphExec exec)
{
	uint64_t devices = rac_load_relaxed(&state->graph_devices);
	struct rac_entry entry;

	run->devices = 0;
	while (devices != 0) {
		unsigned device = next_device(&devices);

		if (rac_ledger_find(&state->ledger, RAC_SPACE_EXEC, key_of(exec, device), &entry) !=
				RAC_OK ||
			!rac_device_prepare(state, (CUdevice)device))
			continue;
		run->bytes[device] = entry.bytes + used_now((CUdevice)device);
		enum rac_status status = use(state, hook, (CUdevice)device, run->bytes[device]);

		if (status == RAC_OOM) {
			rac_graph_run_finish(state, run);
			return false;
		}
		if (status == RAC_OK)
			run->devices |= UINT64_C(1) << device;
	}
	return true;
}

void rac_graph_run_finish(struct rac_state *state, struct rac_graph_run *run)
{
	while (run->devices != 0) {
		unsigned device = next_device(&run->devices);

		/* From here on what the driver reserves counts, not the bound. */
		rac_elastic_unuse(&state->graphs[device], run->bytes[device]);
		rac_graph_refresh(state, (CUdevice)device);
	}
}

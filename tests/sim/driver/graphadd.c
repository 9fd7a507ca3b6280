/*
 * Adding nodes to graphs, by the function of each kind and by the general one; and cloning, since a child
 * graph is a clone unless it is moved.
 */
#include "graph.h"

/* Lock held. The graph and all dependencies must be there. */
static CUresult check_place(CUgraph graph, const CUgraphNode *dependencies, size_t count)
{
	if (!sim_object_find(graph, SIM_GRAPH) || (count && !dependencies))
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < count; i++) {
		const struct CUgraphNode_st *found = sim_object_find(dependencies[i], SIM_NODE);

		if (!found || found->graph != graph)
			return CUDA_ERROR_INVALID_VALUE;
	}
	return CUDA_SUCCESS;
}

static CUresult add_work(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, const struct sim_work *work)
{
	CUresult status;

	if (!node)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = check_place(graph, dependencies, count);
	if (status == CUDA_SUCCESS)
		status = sim_node_work(graph, count, work, node);
	sim_unlock();
	return status;
}

CUresult cuGraphAddEmptyNode(
	CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count)
{
	struct sim_work work = {.kind = SIM_WORK_NONE};

	SIM_ENTER(cuGraphAddEmptyNode);
	return add_work(node, graph, dependencies, count, &work);
}

CUresult cuGraphAddHostNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, const CUDA_HOST_NODE_PARAMS *parameters)
{
	struct sim_work work = {.kind = SIM_WORK_HOST};

	SIM_ENTER(cuGraphAddHostNode);
	if (!parameters || !parameters->fn)
		return CUDA_ERROR_INVALID_VALUE;
	work.function = parameters->fn;
	work.argument = parameters->userData;
	return add_work(node, graph, dependencies, count, &work);
}

CUresult cuGraphAddMemcpyNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, const CUDA_MEMCPY3D *copy, CUcontext ctx)
{
	struct sim_work work = {.kind = SIM_WORK_BOX};

	SIM_ENTER(cuGraphAddMemcpyNode);
	(void)ctx;
	if (!copy)
		return CUDA_ERROR_INVALID_VALUE;
	work.box = *copy;
	return add_work(node, graph, dependencies, count, &work);
}

static struct sim_work fill(CUdeviceptr target, size_t pitch, unsigned int value,
	unsigned int element, size_t width, size_t height)
{
	return (struct sim_work){.kind = SIM_WORK_FILL,
		.target = target,
		.pitch = pitch,
		.value = value,
		.width = element,
		.bytes = width,
		.rows = height};
}

CUresult cuGraphAddMemsetNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, const CUDA_MEMSET_NODE_PARAMS *p, CUcontext ctx)
{
	struct sim_work work;

	SIM_ENTER(cuGraphAddMemsetNode);
	(void)ctx;
	if (!p || (p->elementSize != 1 && p->elementSize != 2 && p->elementSize != 4))
		return CUDA_ERROR_INVALID_VALUE;
	work = fill(p->dst, p->pitch, p->value, p->elementSize, p->width, p->height);
	return add_work(node, graph, dependencies, count, &work);
}

/* Lock held. Memory nodes cannot be cloned. */
static CUresult clone(CUgraph *out, const struct CUgraph_st *graph)
{
	CUresult status;

	if (sim_graph_allocates(graph))
		return CUDA_ERROR_NOT_SUPPORTED;
	status = sim_graph_new(out);
	for (CUgraphNode node = graph->first; status == CUDA_SUCCESS && node; node = node->next) {
		CUgraphNode copy;

		status = sim_node_new(*out, node->type, node->dependencies, &copy);
		if (status != CUDA_SUCCESS)
			break;
		copy->work = node->work;
		if (node->child)
			status = clone(&copy->child, node->child);
		if (copy->child)
			copy->child->owned = true;
	}
	return status;
}

CUresult cuGraphClone(CUgraph *copy, CUgraph graph)
{
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuGraphClone);
	if (!copy)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	if (sim_object_find(graph, SIM_GRAPH))
		status = clone(copy, graph);
	sim_unlock();
	return status;
}

static CUresult add_child(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, CUgraph child, bool move)
{
	CUgraph inner = child;
	CUresult status;

	if (!node)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = check_place(graph, dependencies, count);
	if (!sim_object_find(child, SIM_GRAPH) || child == graph || child->owned)
		status = CUDA_ERROR_INVALID_VALUE;
	if (status == CUDA_SUCCESS && !move)
		status = clone(&inner, child);
	if (status == CUDA_SUCCESS)
		status = sim_node_new(graph, CU_GRAPH_NODE_TYPE_GRAPH, count, node);
	if (status == CUDA_SUCCESS) {
		inner->owned = true;
		(*node)->child = inner;
	}
	sim_unlock();
	return status;
}

CUresult cuGraphAddChildGraphNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, CUgraph child)
{
	SIM_ENTER(cuGraphAddChildGraphNode);
	return add_child(node, graph, dependencies, count, child, false);
}

static CUresult add_alloc(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, const CUmemPoolProps *properties, size_t bytes, CUdeviceptr *address)
{
	CUresult status;

	if (!node || !bytes || properties->allocType != CU_MEM_ALLOCATION_TYPE_PINNED ||
		properties->handleTypes != CU_MEM_HANDLE_TYPE_NONE ||
		properties->location.type != CU_MEM_LOCATION_TYPE_DEVICE)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(properties->location.id))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	status = check_place(graph, dependencies, count);
	if (status == CUDA_SUCCESS)
		status = sim_node_alloc(graph, count, properties->location.id, bytes, node);
	if (status == CUDA_SUCCESS)
		*address = (*node)->memory->space.address;
	sim_unlock();
	return status;
}

static CUresult add_free(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, CUdeviceptr address)
{
	CUresult status;

	if (!node)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = check_place(graph, dependencies, count);
	if (status == CUDA_SUCCESS)
		status = sim_node_free(graph, count, address, node);
	sim_unlock();
	return status;
}

CUresult cuGraphAddMemAllocNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, CUDA_MEM_ALLOC_NODE_PARAMS *p)
{
	SIM_REENTER(cuGraphAddMemAllocNode, (node, graph, dependencies, count, p));
	SIM_ENTER(cuGraphAddMemAllocNode);
	if (!p)
		return CUDA_ERROR_INVALID_VALUE;
	return add_alloc(node, graph, dependencies, count, &p->poolProps, p->bytesize, &p->dptr);
}

CUresult cuGraphAddMemFreeNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, CUdeviceptr address)
{
	SIM_ENTER(cuGraphAddMemFreeNode);
	return add_free(node, graph, dependencies, count, address);
}

static CUresult add_any(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, CUgraphNodeParams *p)
{
	struct sim_work work = {.kind = SIM_WORK_NONE};

	if (!p)
		return CUDA_ERROR_INVALID_VALUE;
	switch (p->type) {
	case CU_GRAPH_NODE_TYPE_MEM_ALLOC:
		return add_alloc(node, graph, dependencies, count, &p->alloc.poolProps,
			p->alloc.bytesize, &p->alloc.dptr);
	case CU_GRAPH_NODE_TYPE_MEM_FREE:
		return add_free(node, graph, dependencies, count, p->free.dptr);
	case CU_GRAPH_NODE_TYPE_GRAPH:
		return add_child(node, graph, dependencies, count, p->graph.graph,
			p->graph.ownership == CU_GRAPH_CHILD_GRAPH_OWNERSHIP_MOVE);
	case CU_GRAPH_NODE_TYPE_HOST:
		work.kind = SIM_WORK_HOST;
		work.function = p->host.fn;
		work.argument = p->host.userData;
		break;
	case CU_GRAPH_NODE_TYPE_MEMSET:
		work = fill(p->memset.dst, p->memset.pitch, p->memset.value, p->memset.elementSize,
			p->memset.width, p->memset.height);
		break;
	case CU_GRAPH_NODE_TYPE_MEMCPY:
		work.kind = SIM_WORK_BOX;
		work.box = p->memcpy.copyParams;
		break;
	case CU_GRAPH_NODE_TYPE_KERNEL:
		work.kind = SIM_WORK_KERNEL;
		break;
	case CU_GRAPH_NODE_TYPE_EMPTY:
		break;
	default:
		return CUDA_ERROR_NOT_SUPPORTED;
	}
	return add_work(node, graph, dependencies, count, &work);
}

CUresult cuGraphAddNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	size_t count, CUgraphNodeParams *parameters)
{
	SIM_REENTER(cuGraphAddNode, (node, graph, dependencies, count, parameters));
	SIM_ENTER(cuGraphAddNode);
	return add_any(node, graph, dependencies, count, parameters);
}

CUresult cuGraphAddNode_v2(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
	const CUgraphEdgeData *edges, size_t count, CUgraphNodeParams *parameters)
{
	SIM_REENTER(cuGraphAddNode_v2, (node, graph, dependencies, edges, count, parameters));
	SIM_ENTER(cuGraphAddNode_v2);
	return add_any(node, graph, dependencies, count, parameters);
}

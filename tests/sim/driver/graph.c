/*
 * Graphs and their nodes: making, copying, destroying, asking. How they run is in exec.c.
 */
#include "graph.h"

#include <stdlib.h>

CUresult sim_graph_new(CUgraph *out)
{
	struct CUgraph_st *graph = calloc(1, sizeof(*graph));

	if (!graph)
		return CUDA_ERROR_OUT_OF_MEMORY;
	graph->tail = &graph->first;
	sim_object_add(&graph->object, SIM_GRAPH, NULL, NULL);
	*out = graph;
	return CUDA_SUCCESS;
}

static void end_node(CUgraphNode node)
{
	if (node->memory)
		sim_graph_memory_drop(node->memory);
	if (node->child)
		sim_graph_end(node->child);
	sim_object_remove(&node->object);
	free(node);
}

void sim_graph_end(CUgraph graph)
{
	while (graph->first) {
		CUgraphNode node = graph->first;

		graph->first = node->next;
		end_node(node);
	}
	sim_object_remove(&graph->object);
	free(graph);
}

bool sim_graph_allocates(const struct CUgraph_st *graph)
{
	for (CUgraphNode node = graph->first; node; node = node->next) {
		if (node->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC ||
			node->type == CU_GRAPH_NODE_TYPE_MEM_FREE)
			return true;
		if (node->child && sim_graph_allocates(node->child))
			return true;
	}
	return false;
}

CUresult sim_node_new(CUgraph graph, CUgraphNodeType type, size_t dependencies, CUgraphNode *out)
{
	struct CUgraphNode_st *node = calloc(1, sizeof(*node));

	if (!node)
		return CUDA_ERROR_OUT_OF_MEMORY;
	node->type = type;
	node->graph = graph;
	node->dependencies = dependencies;
	*graph->tail = node;
	graph->tail = &node->next;
	graph->count++;
	sim_object_add(&node->object, SIM_NODE, NULL, NULL);
	*out = node;
	return CUDA_SUCCESS;
}

CUresult sim_node_alloc(
	CUgraph graph, size_t dependencies, int device, uint64_t bytes, CUgraphNode *out)
{
	struct sim_graph_memory *memory;
	CUresult status = sim_graph_memory_new(device, bytes, &memory);

	if (status != CUDA_SUCCESS)
		return status;
	status = sim_node_new(graph, CU_GRAPH_NODE_TYPE_MEM_ALLOC, dependencies, out);
	if (status != CUDA_SUCCESS)
		sim_graph_memory_drop(memory);
	else
		(*out)->memory = memory;
	return status;
}

CUresult sim_node_free(CUgraph graph, size_t dependencies, uint64_t address, CUgraphNode *out)
{
	struct sim_graph_memory *memory = sim_graph_memory_at(address);
	CUresult status;

	/* Only what a graph allocated, and once. */
	if (!memory || memory->freed_in_graph)
		return CUDA_ERROR_INVALID_VALUE;
	status = sim_node_new(graph, CU_GRAPH_NODE_TYPE_MEM_FREE, dependencies, out);
	if (status == CUDA_SUCCESS) {
		(*out)->address = address;
		memory->freed_in_graph = true;
	}
	return status;
}

static CUgraphNodeType type_of(const struct sim_work *work)
{
	switch (work->kind) {
	case SIM_WORK_COPY:
	case SIM_WORK_BOX:
		return CU_GRAPH_NODE_TYPE_MEMCPY;
	case SIM_WORK_FILL:
		return CU_GRAPH_NODE_TYPE_MEMSET;
	case SIM_WORK_HOST:
		return CU_GRAPH_NODE_TYPE_HOST;
	case SIM_WORK_KERNEL:
		return CU_GRAPH_NODE_TYPE_KERNEL;
	case SIM_WORK_NONE:
	default:
		return CU_GRAPH_NODE_TYPE_EMPTY;
	}
}

CUresult sim_node_work(
	CUgraph graph, size_t dependencies, const struct sim_work *work, CUgraphNode *out)
{
	CUresult status = sim_node_new(graph, type_of(work), dependencies, out);

	if (status == CUDA_SUCCESS)
		(*out)->work = *work;
	return status;
}

CUresult cuGraphCreate(CUgraph *graph, unsigned int flags)
{
	CUresult status;

	SIM_ENTER(cuGraphCreate);
	if (!graph || flags)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_graph_new(graph);
	sim_unlock();
	return status;
}

CUresult cuGraphDestroy(CUgraph graph)
{
	struct CUgraph_st *found;
	bool destroys;

	SIM_REENTER(cuGraphDestroy, (graph));
	SIM_ENTER(cuGraphDestroy);
	sim_lock();
	found = sim_object_find(graph, SIM_GRAPH);
	destroys = found && !found->owned;
	if (destroys)
		sim_graph_end(found);
	sim_unlock();
	return destroys ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphDestroyNode(CUgraphNode node)
{
	struct CUgraphNode_st *found, **link;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuGraphDestroyNode);
	sim_lock();
	found = sim_object_find(node, SIM_NODE);
	if (found &&
		(found->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC ||
			found->type == CU_GRAPH_NODE_TYPE_MEM_FREE)) {
		status = CUDA_ERROR_NOT_SUPPORTED;
	} else if (found) {
		link = &found->graph->first;
		while (*link != found)
			link = &(*link)->next;
		*link = found->next;
		if (found->graph->tail == &found->next)
			found->graph->tail = link;
		found->graph->count--;
		end_node(found);
		status = CUDA_SUCCESS;
	}
	sim_unlock();
	return status;
}

static CUresult list_nodes(CUgraph graph, CUgraphNode *nodes, size_t *count, bool roots)
{
	struct CUgraph_st *found;
	size_t all = 0;

	if (!count)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(graph, SIM_GRAPH);
	for (CUgraphNode node = found ? found->first : NULL; node; node = node->next) {
		if (roots && node->dependencies)
			continue;
		if (nodes && all < *count)
			nodes[all] = node;
		all++;
	}
	/* Without an array the number is asked; with one, what does not exist is cleared. */
	for (size_t i = all; found && nodes && i < *count; i++)
		nodes[i] = NULL;
	if (found && (!nodes || all < *count))
		*count = all;
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode *nodes, size_t *count)
{
	SIM_ENTER(cuGraphGetNodes);
	return list_nodes(graph, nodes, count, false);
}

CUresult cuGraphGetRootNodes(CUgraph graph, CUgraphNode *nodes, size_t *count)
{
	SIM_ENTER(cuGraphGetRootNodes);
	return list_nodes(graph, nodes, count, true);
}

CUresult cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType *type)
{
	struct CUgraphNode_st *found;

	SIM_ENTER(cuGraphNodeGetType);
	if (!type)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(node, SIM_NODE);
	if (found)
		*type = found->type;
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphMemAllocNodeGetParams(CUgraphNode node, CUDA_MEM_ALLOC_NODE_PARAMS *parameters)
{
	struct CUgraphNode_st *found;
	bool right;

	SIM_ENTER(cuGraphMemAllocNodeGetParams);
	if (!parameters)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(node, SIM_NODE);
	right = found && found->memory;
	if (right)
		*parameters = (CUDA_MEM_ALLOC_NODE_PARAMS){
			.poolProps = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
				.location = {CU_MEM_LOCATION_TYPE_DEVICE, found->memory->device}},
			.bytesize = found->memory->size,
			.dptr = found->memory->space.address};
	sim_unlock();
	return right ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphMemFreeNodeGetParams(CUgraphNode node, CUdeviceptr *address)
{
	struct CUgraphNode_st *found;
	bool right;

	SIM_ENTER(cuGraphMemFreeNodeGetParams);
	if (!address)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(node, SIM_NODE);
	right = found && found->type == CU_GRAPH_NODE_TYPE_MEM_FREE;
	if (right)
		*address = found->address;
	sim_unlock();
	return right ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphChildGraphNodeGetGraph(CUgraphNode node, CUgraph *graph)
{
	struct CUgraphNode_st *found;
	bool right;

	SIM_ENTER(cuGraphChildGraphNodeGetGraph);
	if (!graph)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(node, SIM_NODE);
	right = found && found->child;
	if (right)
		*graph = found->child;
	sim_unlock();
	return right ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

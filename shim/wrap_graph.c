/*
 * wrap_graph.c - wrappers of the functions by which graphs come to hold memory and give it back; the
 * arithmetic is in graph.c.
 */
#include "driver.h"
#include "graph.h"
#include "thread.h"

RAC_EXPORT CUresult cuGraphAddMemAllocNode(CUgraphNode *phGraphNode, CUgraph hGraph,
	const CUgraphNode *dependencies, size_t numDependencies,
	CUDA_MEM_ALLOC_NODE_PARAMS *nodeParams)
{
	if (rac_state_is_active())
		rac_graphs_note(rac_state());
	return rac_driver()->cuGraphAddMemAllocNode(
		phGraphNode, hGraph, dependencies, numDependencies, nodeParams);
}

static void note_node(const CUgraphNodeParams *params)
{
	if (params != NULL && params->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC && rac_state_is_active())
		rac_graphs_note(rac_state());
}

RAC_EXPORT CUresult cuGraphAddNode(CUgraphNode *phGraphNode, CUgraph hGraph,
	const CUgraphNode *dependencies, size_t numDependencies, CUgraphNodeParams *nodeParams)
{
	note_node(nodeParams);
	return rac_driver()->cuGraphAddNode(
		phGraphNode, hGraph, dependencies, numDependencies, nodeParams);
}

RAC_EXPORT CUresult cuGraphAddNode_v2(CUgraphNode *phGraphNode, CUgraph hGraph,
	const CUgraphNode *dependencies, const CUgraphEdgeData *dependencyData,
	size_t numDependencies, CUgraphNodeParams *nodeParams)
{
	note_node(nodeParams);
	return rac_driver()->cuGraphAddNode_v2(
		phGraphNode, hGraph, dependencies, dependencyData, numDependencies, nodeParams);
}

/* The flavours differ in their parameters only. */
#define INSTANTIATE(symbol, parameters, arguments)                         \
	RAC_EXPORT CUresult symbol parameters                              \
	{                                                                  \
		if (phGraphExec == NULL || !rac_enter())                   \
			return rac_driver()->symbol arguments;             \
		CUresult result = rac_driver()->symbol arguments;          \
                                                                           \
		if (result == CUDA_SUCCESS)                                \
			rac_graph_made(rac_state(), *phGraphExec, hGraph); \
		rac_leave();                                               \
		return result;                                             \
	}

INSTANTIATE(cuGraphInstantiate,
	(CUgraphExec * phGraphExec, CUgraph hGraph, CUgraphNode *phErrorNode, char *logBuffer,
		size_t bufferSize),
	(phGraphExec, hGraph, phErrorNode, logBuffer, bufferSize))
INSTANTIATE(cuGraphInstantiate_v2,
	(CUgraphExec * phGraphExec, CUgraph hGraph, CUgraphNode *phErrorNode, char *logBuffer,
		size_t bufferSize),
	(phGraphExec, hGraph, phErrorNode, logBuffer, bufferSize))
INSTANTIATE(cuGraphInstantiateWithFlags,
	(CUgraphExec * phGraphExec, CUgraph hGraph, unsigned long long flags),
	(phGraphExec, hGraph, flags))
INSTANTIATE(cuGraphInstantiateWithParams,
	(CUgraphExec * phGraphExec, CUgraph hGraph,
		CUDA_GRAPH_INSTANTIATE_PARAMS *instantiateParams),
	(phGraphExec, hGraph, instantiateParams))
INSTANTIATE(cuGraphInstantiateWithParams_ptsz,
	(CUgraphExec * phGraphExec, CUgraph hGraph,
		CUDA_GRAPH_INSTANTIATE_PARAMS *instantiateParams),
	(phGraphExec, hGraph, instantiateParams))
#undef INSTANTIATE

#define RUN(symbol)                                                                          \
	RAC_EXPORT CUresult symbol(CUgraphExec hGraphExec, CUstream hStream)                 \
	{                                                                                    \
		CUresult result = CUDA_ERROR_OUT_OF_MEMORY;                                  \
		struct rac_graph_run run;                                                    \
                                                                                             \
		if (!rac_enter())                                                            \
			return rac_driver()->symbol(hGraphExec, hStream);                    \
		if (rac_graph_run_begin(rac_state(), &run, RAC_HOOK_##symbol, hGraphExec)) { \
			result = rac_driver()->symbol(hGraphExec, hStream);                  \
			rac_graph_run_finish(rac_state(), &run);                             \
		}                                                                            \
		rac_leave();                                                                 \
		return result;                                                               \
	}

RUN(cuGraphUpload)
RUN(cuGraphUpload_ptsz)
RUN(cuGraphLaunch)
RUN(cuGraphLaunch_ptsz)
#undef RUN

RAC_EXPORT CUresult cuGraphExecDestroy(CUgraphExec hGraphExec)
{
	struct rac_graph_run was;

	if (!rac_enter())
		return rac_driver()->cuGraphExecDestroy(hGraphExec);
	rac_graph_end_begin(rac_state(), &was, hGraphExec);
	CUresult result = rac_driver()->cuGraphExecDestroy(hGraphExec);

	rac_graph_end_finish(rac_state(), &was, hGraphExec, result == CUDA_SUCCESS);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuDeviceGraphMemTrim(CUdevice device)
{
	if (!rac_enter())
		return rac_driver()->cuDeviceGraphMemTrim(device);
	CUresult result = rac_driver()->cuDeviceGraphMemTrim(device);

	rac_graph_refresh(rac_state(), device);
	rac_leave();
	return result;
}

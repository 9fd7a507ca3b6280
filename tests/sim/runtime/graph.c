/* Graphs and stream capture. Structures are the driver's under other names. */
#include "rt.h"

_Static_assert(sizeof(struct cudaMemAllocNodeParams) == sizeof(CUDA_MEM_ALLOC_NODE_PARAMS),
	"the same layout");
_Static_assert(sizeof(cudaGraphInstantiateParams) == sizeof(CUDA_GRAPH_INSTANTIATE_PARAMS),
	"the same layout");

RT_TWINS(cudaStreamBeginCapture, _ptsz, (cudaStream_t stream, enum cudaStreamCaptureMode mode),
	cuStreamBeginCapture_v2, (stream, (CUstreamCaptureMode)mode))
RT_TWINS(cudaStreamEndCapture, _ptsz, (cudaStream_t stream, cudaGraph_t *graph), cuStreamEndCapture,
	(stream, graph))
RT_TWINS(cudaStreamIsCapturing, _ptsz, (cudaStream_t stream, enum cudaStreamCaptureStatus *status),
	cuStreamIsCapturing, (stream, (CUstreamCaptureStatus *)(void *)status))

cudaError_t cudaThreadExchangeStreamCaptureMode(enum cudaStreamCaptureMode *mode)
{
	RT_DIRECT(cuThreadExchangeStreamCaptureMode, ((CUstreamCaptureMode *)(void *)mode));
}

cudaError_t cudaGraphCreate(cudaGraph_t *graph, unsigned int flags)
{
	RT_DIRECT(cuGraphCreate, (graph, flags));
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
	RT_DIRECT(cuGraphDestroy, (graph));
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
	RT_DIRECT(cuGraphGetNodes, (graph, nodes, count));
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, enum cudaGraphNodeType *type)
{
	RT_DIRECT(cuGraphNodeGetType, (node, (CUgraphNodeType *)(void *)type));
}

cudaError_t cudaGraphAddEmptyNode(
	cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies, size_t count)
{
	RT_DIRECT(cuGraphAddEmptyNode, (node, graph, dependencies, count));
}

cudaError_t cudaGraphAddMemAllocNode(cudaGraphNode_t *node, cudaGraph_t graph,
	const cudaGraphNode_t *dependencies, size_t count,
	struct cudaMemAllocNodeParams *parameters)
{
	RT_DIRECT(cuGraphAddMemAllocNode,
		(node, graph, dependencies, count,
			(CUDA_MEM_ALLOC_NODE_PARAMS *)(void *)parameters));
}

cudaError_t cudaGraphAddMemFreeNode(cudaGraphNode_t *node, cudaGraph_t graph,
	const cudaGraphNode_t *dependencies, size_t count, void *pointer)
{
	RT_DIRECT(cuGraphAddMemFreeNode, (node, graph, dependencies, count, rt_address(pointer)));
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags)
{
	RT_DIRECT(cuGraphInstantiateWithFlags, (exec, graph, flags));
}

cudaError_t cudaGraphInstantiateWithFlags(
	cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags)
{
	RT_DIRECT(cuGraphInstantiateWithFlags, (exec, graph, flags));
}

RT_TWINS(cudaGraphInstantiateWithParams, _ptsz,
	(cudaGraphExec_t * exec, cudaGraph_t graph, cudaGraphInstantiateParams *parameters),
	cuGraphInstantiateWithParams,
	(exec, graph, (CUDA_GRAPH_INSTANTIATE_PARAMS *)(void *)parameters))
RT_TWINS(cudaGraphUpload, _ptsz, (cudaGraphExec_t exec, cudaStream_t stream), cuGraphUpload,
	(exec, stream))
RT_TWINS(cudaGraphLaunch, _ptsz, (cudaGraphExec_t exec, cudaStream_t stream), cuGraphLaunch,
	(exec, stream))

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
	RT_DIRECT(cuGraphExecDestroy, (exec));
}

cudaError_t cudaDeviceGraphMemTrim(int device)
{
	RT_DIRECT(cuDeviceGraphMemTrim, (device));
}

cudaError_t cudaDeviceGetGraphMemAttribute(
	int device, enum cudaGraphMemAttributeType attribute, void *value)
{
	RT_DIRECT(cuDeviceGetGraphMemAttribute, (device, (CUgraphMem_attribute)attribute, value));
}

cudaError_t cudaDeviceSetGraphMemAttribute(
	int device, enum cudaGraphMemAttributeType attribute, void *value)
{
	RT_DIRECT(cuDeviceSetGraphMemAttribute, (device, (CUgraphMem_attribute)attribute, value));
}

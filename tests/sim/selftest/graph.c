/* Graph memory and stream capture. */
#include "selftest.h"

static uint64_t reserved(void)
{
	cuuint64_t value;

	OK(cuDeviceGetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT, &value));
	CHECK_EQUAL(value, simcuda_kind_bytes(0, SIMCUDA_GRAPH));
	return value;
}

static CUdeviceptr add_alloc(CUgraph graph, uint64_t bytes, CUgraphNode *node)
{
	CUDA_MEM_ALLOC_NODE_PARAMS p = {.poolProps = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
						.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}},
		.bytesize = bytes};

	OK(cuGraphAddMemAllocNode(node, graph, NULL, 0, &p));
	CHECK(p.dptr);
	return p.dptr;
}

TEST(graph_memory_is_reserved_at_the_first_launch_and_kept)
{
	CUgraph graph;
	CUgraphNode alloc, release;
	CUgraphExec exec;
	CUdeviceptr address;
	CUstream stream;

	begin();
	OK(cuStreamCreate(&stream, 0));
	OK(cuGraphCreate(&graph, 0));
	address = add_alloc(graph, 3 * MIB, &alloc);
	OK(cuGraphAddMemFreeNode(&release, graph, &alloc, 1, address));
	CHECK_EQUAL(0, reserved());
	OK(cuGraphInstantiate(&exec, graph, 0));
	CHECK_EQUAL(0, reserved());
	OK(cuGraphLaunch(exec, stream));
	CHECK_EQUAL(4 * MIB, reserved());
	CHECK_EQUAL(0, simcuda_graph_used(0));
	OK(cuGraphLaunch(exec, stream));
	CHECK_EQUAL(4 * MIB, reserved());
	OK(cuGraphExecDestroy(exec));
	OK(cuGraphDestroy(graph));
	CHECK_EQUAL(4 * MIB, reserved());
	OK(cuDeviceGraphMemTrim(0));
	CHECK_EQUAL(0, reserved());
}

TEST(an_upload_reserves_too)
{
	CUgraph graph;
	CUgraphNode alloc;
	CUgraphExec exec;
	CUstream stream;
	CUDA_GRAPH_INSTANTIATE_PARAMS p = {.flags = CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD};

	begin();
	OK(cuStreamCreate(&stream, 0));
	OK(cuGraphCreate(&graph, 0));
	add_alloc(graph, 2 * MIB, &alloc);
	OK(cuGraphInstantiate(&exec, graph, 0));
	OK(cuGraphUpload(exec, stream));
	CHECK_EQUAL(2 * MIB, reserved());
	CHECK_EQUAL(CUDA_ERROR_NOT_SUPPORTED, cuGraphInstantiate(&exec, graph, 0));
	OK(cuDeviceGraphMemTrim(0));
	OK(cuGraphExecDestroy(exec));
	p.hUploadStream = stream;
	OK(cuGraphInstantiateWithParams(&exec, graph, &p));
	CHECK_EQUAL(2 * MIB, reserved());
}

TEST(what_a_graph_leaves_allocated_must_be_freed_before_the_next_launch)
{
	CUgraph graph;
	CUgraphNode node;
	CUgraphExec exec;
	CUdeviceptr address;
	CUstream stream;
	char back;

	begin();
	OK(cuStreamCreate(&stream, 0));
	OK(cuGraphCreate(&graph, 0));
	address = add_alloc(graph, MIB, &node);
	OK(cuGraphInstantiate(&exec, graph, 0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemsetD8(address, 1, 1));
	OK(cuGraphLaunch(exec, stream));
	OK(cuMemsetD8(address, 9, MIB));
	OK(cuMemcpyDtoH(&back, address + MIB - 1, 1));
	CHECK_EQUAL(9, back);
	CHECK_EQUAL(MIB, simcuda_graph_used(0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuGraphLaunch(exec, stream));
	OK(cuDeviceGraphMemTrim(0));
	CHECK_EQUAL(2 * MIB, reserved());
	OK(cuMemFreeAsync(address, stream));
	OK(cuGraphLaunch(exec, stream));
	OK(cuMemFree(address));
	OK(cuGraphExecDestroy(exec));
	OK(cuGraphInstantiate(&exec, graph, CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH));
	OK(cuGraphLaunch(exec, stream));
	OK(cuGraphLaunch(exec, stream));
	CHECK_EQUAL(MIB, simcuda_graph_used(0));
}

TEST(graphs_of_one_stream_share_memory)
{
	CUgraph graph[2];
	CUgraphNode alloc, release;
	CUgraphExec exec[2];
	CUstream first, second;

	begin();
	OK(cuStreamCreate(&first, 0));
	OK(cuStreamCreate(&second, 0));
	for (int i = 0; i < 2; i++) {
		CUdeviceptr address;

		OK(cuGraphCreate(&graph[i], 0));
		address = add_alloc(graph[i], 4 * MIB, &alloc);
		OK(cuGraphAddMemFreeNode(&release, graph[i], &alloc, 1, address));
		OK(cuGraphInstantiate(&exec[i], graph[i], 0));
		OK(cuGraphLaunch(exec[i], first));
	}
	CHECK_EQUAL(4 * MIB, reserved());
	OK(cuGraphLaunch(exec[1], second));
	CHECK_EQUAL(8 * MIB, reserved());
}

TEST(captured_allocations_belong_to_the_graph)
{
	CUstream stream;
	CUgraph graph;
	CUgraphExec exec;
	CUdeviceptr a, b;
	CUstreamCaptureStatus status;
	size_t count = 0;
	char back;

	begin();
	OK(cuMemAlloc(&b, 16));
	OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
	OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
	OK(cuMemAllocAsync(&a, 5 * MIB, stream));
	OK(cuMemsetD8Async(a, 6, 5 * MIB, stream));
	OK(cuMemcpyDtoDAsync(b, a + 100, 16, stream));
	OK(cuStreamIsCapturing(stream, &status));
	CHECK_EQUAL(CU_STREAM_CAPTURE_STATUS_ACTIVE, status);
	OK(cuMemFreeAsync(a, stream));
	OK(cuStreamEndCapture(stream, &graph));
	CHECK_EQUAL(0, simcuda_kind_bytes(0, SIMCUDA_POOL));
	OK(cuGraphGetNodes(graph, NULL, &count));
	CHECK_EQUAL(4, count);
	OK(cuGraphInstantiate(&exec, graph, 0));
	OK(cuGraphLaunch(exec, stream));
	CHECK_EQUAL(6 * MIB, reserved());
	OK(cuMemcpyDtoH(&back, b + 15, 1));
	CHECK_EQUAL(6, back);
}

TEST(unsafe_calls_end_a_capture_unless_relaxed)
{
	CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
	CUstream stream;
	CUgraph graph;
	CUdeviceptr a;

	begin();
	OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
	OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
	OK(cuThreadExchangeStreamCaptureMode(&mode));
	CHECK_EQUAL(CU_STREAM_CAPTURE_MODE_GLOBAL, mode);
	OK(cuMemAlloc(&a, 16));
	OK(cuThreadExchangeStreamCaptureMode(&mode));
	CHECK_EQUAL(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, cuMemAlloc(&a, 16));
	CHECK_EQUAL(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuMemsetD8Async(a, 0, 16, stream));
	CHECK_EQUAL(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(stream, &graph));
	CHECK(!graph);
	OK(cuMemAlloc(&a, 16));
}

TEST(the_legacy_stream_conflicts_with_a_blocking_capture)
{
	CUstreamCaptureStatus status;
	CUstream stream;
	CUdeviceptr a;
	CUgraph graph;

	begin();
	OK(cuStreamCreate(&stream, 0));
	OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
	CHECK_EQUAL(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, cuStreamIsCapturing(NULL, &status));
	CHECK_EQUAL(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, cuMemAllocAsync(&a, 16, NULL));
	CHECK_EQUAL(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(stream, &graph));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

TEST(a_capture_spreads_through_events)
{
	CUstream first, second;
	CUevent fork, join;
	CUgraph graph;
	CUdeviceptr a;
	size_t count = 0;

	begin();
	OK(cuMemAlloc(&a, 16));
	OK(cuStreamCreate(&first, CU_STREAM_NON_BLOCKING));
	OK(cuStreamCreate(&second, CU_STREAM_NON_BLOCKING));
	OK(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING));
	OK(cuEventCreate(&join, CU_EVENT_DISABLE_TIMING));
	OK(cuStreamBeginCapture(first, CU_STREAM_CAPTURE_MODE_GLOBAL));
	OK(cuEventRecord(fork, first));
	OK(cuStreamWaitEvent(second, fork, 0));
	OK(cuMemsetD8Async(a, 1, 16, second));
	CHECK_EQUAL(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, cuStreamEndCapture(second, &graph));
	OK(cuEventRecord(join, second));
	OK(cuStreamWaitEvent(first, join, 0));
	OK(cuStreamEndCapture(first, &graph));
	OK(cuGraphGetNodes(graph, NULL, &count));
	CHECK_EQUAL(1, count);
	OK(cuStreamSynchronize(second));
}

TEST(children_with_memory_can_only_be_moved)
{
	CUgraph parent, child;
	CUgraphNode node;
	CUgraphExec exec;
	CUgraphNodeParams p = {.type = CU_GRAPH_NODE_TYPE_GRAPH};
	CUDA_MEM_ALLOC_NODE_PARAMS params;

	begin();
	OK(cuGraphCreate(&parent, 0));
	OK(cuGraphCreate(&child, 0));
	add_alloc(child, MIB, &node);
	OK(cuGraphMemAllocNodeGetParams(node, &params));
	CHECK_EQUAL(MIB, params.bytesize);
	CHECK(cuGraphAddChildGraphNode(&node, parent, NULL, 0, child) != CUDA_SUCCESS);
	p.graph.graph = child;
	p.graph.ownership = CU_GRAPH_CHILD_GRAPH_OWNERSHIP_MOVE;
	OK(cuGraphAddNode(&node, parent, NULL, NULL, 0, &p));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuGraphDestroy(child));
	OK(cuGraphInstantiate(&exec, parent, 0));
	OK(cuGraphLaunch(exec, NULL));
	CHECK_EQUAL(2 * MIB, reserved());
}

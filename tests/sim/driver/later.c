/* Placeholders for kinds of memory that the simulator does not model yet. */
#include "sim.h"

CUresult sim_array_box(CUarray array, uint64_t *start, uint64_t *row, uint64_t *slice)
{
	(void)array;
	(void)start;
	(void)row;
	(void)slice;
	return CUDA_ERROR_INVALID_HANDLE;
}

CUresult sim_capture(CUstream stream, const struct sim_work *work, bool *recorded)
{
	(void)stream;
	(void)work;
	*recorded = false;
	return CUDA_SUCCESS;
}

CUresult sim_capture_forbids(CUstream stream)
{
	(void)stream;
	return CUDA_SUCCESS;
}

CUresult sim_capture_join(CUstream stream, struct CUgraph_st *graph)
{
	(void)stream;
	(void)graph;
	return CUDA_SUCCESS;
}

struct CUgraph_st *sim_capture_graph(CUstream stream)
{
	(void)stream;
	return NULL;
}

void sim_synchronized(int device)
{
	(void)device;
}

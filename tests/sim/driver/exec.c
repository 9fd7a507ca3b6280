/*
 * Executable graphs: a list of steps made from a graph and its children, run at the launch. Memory of the
 * graph's allocations is reserved by the first upload or launch in a stream.
 */
#include "graph.h"

#include <stdlib.h>

struct step {
	CUgraphNodeType type;
	struct sim_work work;
	struct sim_graph_memory *memory;
	uint64_t address;
};

struct CUgraphExec_st {
	struct sim_object object;
	unsigned long long flags;
	struct step *steps;
	size_t count;
	bool allocates;
	uint64_t footprint[SIM_DEVICES]; /* the most that is allocated together while it runs */
};

static size_t steps_in(const struct CUgraph_st *graph)
{
	size_t count = 0;

	for (CUgraphNode node = graph->first; node; node = node->next)
		count += node->child ? steps_in(node->child) : 1;
	return count;
}

static void flatten(struct CUgraphExec_st *exec, const struct CUgraph_st *graph)
{
	for (CUgraphNode node = graph->first; node; node = node->next) {
		if (node->child) {
			flatten(exec, node->child);
			continue;
		}
		exec->steps[exec->count++] = (struct step){.type = node->type,
			.work = node->work,
			.memory = node->memory,
			.address = node->address};
		if (node->memory)
			node->memory->users++;
	}
}

static void measure(struct CUgraphExec_st *exec)
{
	uint64_t now[SIM_DEVICES] = {0};

	for (size_t i = 0; i < exec->count; i++) {
		const struct step *step = &exec->steps[i];

		if (step->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC) {
			int device = step->memory->device;

			now[device] += step->memory->size;
			if (now[device] > exec->footprint[device])
				exec->footprint[device] = now[device];
		} else if (step->type == CU_GRAPH_NODE_TYPE_MEM_FREE) {
			const struct sim_graph_memory *memory = sim_graph_memory_at(step->address);

			/* What another graph allocated does not count here. */
			if (memory && now[memory->device] >= memory->size)
				now[memory->device] -= memory->size;
		}
	}
}

/* Lock held. */
static CUresult instantiate_locked(CUgraphExec *out, CUgraph graph, unsigned long long flags)
{
	struct CUgraphExec_st *exec;

	if (!sim_object_find(graph, SIM_GRAPH) || graph->owned)
		return CUDA_ERROR_INVALID_VALUE;
	/* Of a graph that allocates there can be one executable at a time. */
	if (sim_graph_allocates(graph) && sim_object_find(graph->exec, SIM_EXEC))
		return CUDA_ERROR_NOT_SUPPORTED;
	exec = calloc(1, sizeof(*exec));
	if (exec)
		exec->steps = calloc(steps_in(graph) + 1, sizeof(*exec->steps));
	if (!exec || !exec->steps) {
		free(exec);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	exec->flags = flags;
	exec->allocates = sim_graph_allocates(graph);
	flatten(exec, graph);
	measure(exec);
	sim_object_add(&exec->object, SIM_EXEC, NULL, NULL);
	graph->exec = exec;
	*out = exec;
	return CUDA_SUCCESS;
}

static CUresult reserve(const struct CUgraphExec_st *exec, CUstream stream)
{
	CUresult status = CUDA_SUCCESS;

	for (int device = 0; status == CUDA_SUCCESS && device < SIM_DEVICES; device++) {
		if (exec->footprint[device])
			status = sim_arena_prepare(device, stream, exec->footprint[device]);
	}
	return status;
}

static void end_exec(struct CUgraphExec_st *exec)
{
	for (size_t i = 0; i < exec->count; i++) {
		if (exec->steps[i].memory)
			sim_graph_memory_drop(exec->steps[i].memory);
	}
	sim_object_remove(&exec->object);
	free(exec->steps);
	free(exec);
}

static CUresult instantiate(
	CUgraphExec *out, CUgraph graph, unsigned long long flags, CUstream stream)
{
	CUgraphExec exec;
	CUresult status;

	if (!out || flags > 15)
		return CUDA_ERROR_INVALID_VALUE;
	sim_pause();
	sim_lock();
	status = instantiate_locked(&exec, graph, flags);
	if (status == CUDA_SUCCESS && flags & CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD) {
		status = reserve(exec, stream);
		if (status != CUDA_SUCCESS)
			end_exec(exec);
	}
	if (status == CUDA_SUCCESS)
		*out = exec;
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuGraphInstantiate(
	CUgraphExec *exec, CUgraph graph, CUgraphNode *error_node, char *log, size_t size)
{
	SIM_REENTER(cuGraphInstantiate, (exec, graph, error_node, log, size));
	SIM_ENTER(cuGraphInstantiate);
	if (log && size)
		log[0] = 0;
	return instantiate(exec, graph, 0, CU_STREAM_LEGACY);
}

CUresult cuGraphInstantiate_v2(
	CUgraphExec *exec, CUgraph graph, CUgraphNode *error_node, char *log, size_t size)
{
	SIM_REENTER(cuGraphInstantiate_v2, (exec, graph, error_node, log, size));
	SIM_ENTER(cuGraphInstantiate_v2);
	if (log && size)
		log[0] = 0;
	return instantiate(exec, graph, 0, CU_STREAM_LEGACY);
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph, unsigned long long flags)
{
	SIM_REENTER(cuGraphInstantiateWithFlags, (exec, graph, flags));
	SIM_ENTER(cuGraphInstantiateWithFlags);
	/* Uploading needs a stream, which only the form with parameters names. */
	if (flags & CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD)
		return CUDA_ERROR_INVALID_VALUE;
	return instantiate(exec, graph, flags, CU_STREAM_LEGACY);
}

static CUresult with_parameters(
	CUgraphExec *exec, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS *p, CUstream default_stream)
{
	CUresult status;

	if (!p)
		return CUDA_ERROR_INVALID_VALUE;
	status = instantiate(
		exec, graph, p->flags, p->hUploadStream ? p->hUploadStream : default_stream);
	p->hErrNode_out = NULL;
	p->result_out = status == CUDA_SUCCESS ? CUDA_GRAPH_INSTANTIATE_SUCCESS
					       : CUDA_GRAPH_INSTANTIATE_ERROR;
	return status;
}

SIM_TWINS(cuGraphInstantiateWithParams, _ptsz,
	(CUgraphExec * exec, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS *parameters),
	with_parameters(exec, graph, parameters, sim_default))

static CUresult upload(CUgraphExec exec, CUstream stream)
{
	struct CUgraphExec_st *found;
	CUcontext ctx;
	CUresult status;

	sim_pause();
	sim_lock();
	status = sim_stream_context(stream, &ctx);
	found = sim_object_find(exec, SIM_EXEC);
	if (status == CUDA_SUCCESS && !found)
		status = CUDA_ERROR_INVALID_VALUE;
	if (status == CUDA_SUCCESS)
		status = sim_capture_forbids(stream);
	if (status == CUDA_SUCCESS)
		status = reserve(found, stream);
	sim_unlock();
	sim_pause();
	return status;
}

SIM_TWINS(cuGraphUpload, _ptsz, (CUgraphExec exec, CUstream stream),
	upload(exec, stream ? stream : sim_default))

/* What the last launch left allocated must be freed before the next, or is freed by it. Lock held. */
static CUresult clear_previous(const struct CUgraphExec_st *exec)
{
	for (size_t i = 0; i < exec->count; i++) {
		struct sim_graph_memory *memory = exec->steps[i].memory;

		if (!memory || !memory->live)
			continue;
		if (!(exec->flags & CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH))
			return CUDA_ERROR_INVALID_VALUE;
		sim_graph_memory_free(memory->live);
	}
	return CUDA_SUCCESS;
}

static CUresult free_step(uint64_t address)
{
	struct sim_range *range = sim_range_find(sim_memory, address);

	if (!range || range->memory != SIM_GRAPHED)
		return CUDA_ERROR_INVALID_VALUE;
	sim_graph_memory_free(range);
	return CUDA_SUCCESS;
}

static CUresult run_step(const struct step *step, CUstream stream)
{
	CUresult status;

	if (step->type != CU_GRAPH_NODE_TYPE_MEM_ALLOC && step->type != CU_GRAPH_NODE_TYPE_MEM_FREE)
		return sim_work_do(&step->work);
	sim_lock();
	status = step->memory ? sim_graph_memory_take(step->memory, stream)
			      : free_step(step->address);
	sim_unlock();
	return status;
}

static CUresult launch(CUgraphExec exec, CUstream stream)
{
	struct CUgraphExec_st *found;
	CUcontext ctx;
	CUresult status;

	sim_pause();
	sim_lock();
	status = sim_stream_context(stream, &ctx);
	found = sim_object_find(exec, SIM_EXEC);
	if (status == CUDA_SUCCESS && !found)
		status = CUDA_ERROR_INVALID_VALUE;
	if (status == CUDA_SUCCESS)
		status = sim_capture_forbids(stream);
	if (status == CUDA_SUCCESS)
		status = clear_previous(found);
	if (status == CUDA_SUCCESS)
		status = reserve(found, stream);
	sim_unlock();
	for (size_t i = 0; status == CUDA_SUCCESS && i < found->count; i++)
		status = run_step(&found->steps[i], stream);
	sim_pause();
	return status;
}

SIM_TWINS(cuGraphLaunch, _ptsz, (CUgraphExec exec, CUstream stream),
	launch(exec, stream ? stream : sim_default))

CUresult cuGraphExecDestroy(CUgraphExec exec)
{
	struct CUgraphExec_st *found;

	SIM_REENTER(cuGraphExecDestroy, (exec));
	SIM_ENTER(cuGraphExecDestroy);
	sim_lock();
	found = sim_object_find(exec, SIM_EXEC);
	if (found)
		end_exec(found);
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphExecGetFlags(CUgraphExec exec, cuuint64_t *flags)
{
	struct CUgraphExec_st *found;

	SIM_ENTER(cuGraphExecGetFlags);
	if (!flags)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(exec, SIM_EXEC);
	if (found)
		*flags = found->flags;
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

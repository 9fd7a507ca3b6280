/*
 * graph.h - memory that graphs hold: how much an executable graph may come to need, and what each
 * device reserves for graphs.
 *
 * A graph's memory nodes take nothing when they are added; the device's account for graphs grows when
 * the executable is uploaded or launched, and falls when it is trimmed. The sum of the nodes bounds
 * from above what a launch can take: nodes may share memory.
 */
#ifndef RAC_GRAPH_H
#define RAC_GRAPH_H

#include "cuda_abi.h"
#include "hooks.h"
#include "state.h"

/* A graph has been given memory nodes: from now on graphs are looked at when instantiated. */
static inline void rac_graphs_note(struct rac_state *state)
{
	if (rac_load_relaxed(&state->graphs_used) == 0)
		rac_store_relaxed(&state->graphs_used, 1);
}

/* Remembers what an executable may need, after it was made from the graph. */
void rac_graph_made(struct rac_state *state, CUgraphExec exec, CUgraph graph);

/* Around its end: forgets it before the driver may give the handle out again, and remembers it anew
 * where the driver refused. */
struct rac_graph_run;
void rac_graph_end_begin(struct rac_state *state, struct rac_graph_run *was, CUgraphExec exec);
void rac_graph_end_finish(
	struct rac_state *state, const struct rac_graph_run *was, CUgraphExec exec, bool ended);

/* What an upload or launch may need, by device. */
struct rac_graph_run {
	uint64_t devices; /* one bit each; 0: it holds no memory, nothing to do */
	uint64_t bytes[RAC_MAX_DEVICES];
};

/* Around an upload or launch. False: the cap of some device refuses it, and it was said. */
bool rac_graph_run_begin(
	struct rac_state *state, struct rac_graph_run *run, enum rac_hook hook, CUgraphExec exec);
void rac_graph_run_finish(struct rac_state *state, struct rac_graph_run *run);

/* Reads anew what a device reserves for graphs. */
void rac_graph_refresh(struct rac_state *state, CUdevice device);

#endif

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
void rac_graph_unmade(struct rac_state *state, CUgraphExec exec);

struct rac_graph_run {
	bool holds_memory; /* false: nothing to do */
	CUdevice device;
	uint64_t bytes; /* added to the account's use for the time of the call */
};

/* Around an upload or launch. False: the cap refuses it, and it was said. */
bool rac_graph_run_begin(
	struct rac_state *state, struct rac_graph_run *run, enum rac_hook hook, CUgraphExec exec);
void rac_graph_run_finish(struct rac_state *state, const struct rac_graph_run *run);

/* Reads anew what a device reserves for graphs. */
void rac_graph_refresh(struct rac_state *state, CUdevice device);

#endif

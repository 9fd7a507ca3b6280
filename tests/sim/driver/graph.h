/*
 * Graphs inside the simulated driver: nodes in order of creation, which is an order in which they can run since
 * a node names its dependencies when it is made. Lock held for all functions.
 */
#ifndef SIM_GRAPH_H
#define SIM_GRAPH_H

#include "sim.h"

struct CUgraphNode_st {
	struct sim_object object;
	struct CUgraphNode_st *next;
	struct CUgraph_st *graph;
	CUgraphNodeType type;
	size_t dependencies;
	struct sim_work work;            /* of copies, fills, host functions, kernels */
	struct sim_graph_memory *memory; /* of an allocation */
	uint64_t address;                /* of a free */
	struct CUgraph_st *child;
};

struct CUgraph_st {
	struct sim_object object;
	struct CUgraphNode_st *first, **tail;
	size_t count;
	bool owned;       /* by a node of another graph */
	CUgraphExec exec; /* the last one made from it */
};

CUresult sim_graph_new(CUgraph *out);
void sim_graph_end(CUgraph graph);
/* Whether it or a child allocates or frees. */
bool sim_graph_allocates(const struct CUgraph_st *graph);
CUresult sim_node_new(CUgraph graph, CUgraphNodeType type, size_t dependencies, CUgraphNode *out);
CUresult sim_node_alloc(
	CUgraph graph, size_t dependencies, int device, uint64_t bytes, CUgraphNode *out);
CUresult sim_node_free(CUgraph graph, size_t dependencies, uint64_t address, CUgraphNode *out);
CUresult sim_node_work(
	CUgraph graph, size_t dependencies, const struct sim_work *work, CUgraphNode *out);

/*
 * One allocation of a graph: an address for as long as the node or an executable graph exists, memory
 * from the launch that allocates it to its free.
 */
struct sim_graph_memory {
	struct sim_graph_memory *next;
	unsigned int users;
	uint64_t size;
	int device;
	struct sim_space space;
	struct sim_range *live;
	struct sim_arena *arena; /* that backs it while it is live */
	bool freed_in_graph;
};

CUresult sim_graph_memory_new(int device, uint64_t size, struct sim_graph_memory **out);
void sim_graph_memory_drop(struct sim_graph_memory *memory);
struct sim_graph_memory *sim_graph_memory_at(uint64_t address);
/* Makes a device reserve at least `bytes` for what a stream launches, beside what is still live there. */
CUresult sim_arena_prepare(int device, CUstream stream, uint64_t bytes);
CUresult sim_graph_memory_take(struct sim_graph_memory *memory, CUstream stream);

#endif

/*
 * diff.h - the differential fuzzer: random sequences of CUDA calls, after each of which the ledger has to
 * equal what the simulated devices really hold.
 *
 * The program is linked with the shim's own objects, so that it calls the wrappers as a preloaded
 * program does and can look at the shim's state beside the simulator's truth. What step i does
 * depends on the seed and on i alone, not on the steps before it: leaving steps out changes no other
 * step, which is what makes shrinking a failing sequence possible.
 */
#ifndef DIFF_H
#define DIFF_H

#include <cuda.h>
#include <stdbool.h>
#include <stdint.h>

#define SLOTS       24 /* live things of one sort a worker keeps at most */
#define DEVICES_MAX 4

struct options {
	uint64_t seed;
	uint64_t steps;
	uint64_t seconds; /* 0: as many steps as asked for */
	unsigned threads;
	uint64_t limit;   /* bytes per device, 0: none */
	bool failures;    /* inject driver failures */
	const char *only; /* the name of the one sort of memory to use, NULL: all */
	bool verbose;     /* print each step */
};

/* One live thing. Which field holds it depends on its sort; bytes is what was asked for. */
struct slot {
	union {
		CUdeviceptr address;
		void *host;
		CUarray array;
		CUmipmappedArray mipmap;
		CUmemoryPool pool;
		CUmemGenericAllocationHandle handle;
		CUgraphExec exec;
	};
	bool used;
	int device;
	size_t bytes;
};

/* What one thread holds: an array of slots per sort. */
struct worker {
	const struct options *options;
	unsigned number;
	int devices;
	CUcontext contexts[DEVICES_MAX];
	CUstream streams[DEVICES_MAX];
	struct slot linear[SLOTS], pinned[SLOTS], arrays[SLOTS], mipmaps[SLOTS], pooled[SLOTS],
		pools[SLOTS], handles[SLOTS], mappings[SLOTS], execs[SLOTS];
	uint64_t refused, wrongly_refused;
};

/* A stream of random numbers for one step. */
struct dice {
	uint64_t state;
};

void dice_init(struct dice *d, uint64_t seed, uint64_t worker, uint64_t step);
uint64_t dice_roll(struct dice *d, uint64_t sides);

/* Makes the worker's contexts; false: the driver does not work. */
bool worker_init(struct worker *w, const struct options *options, unsigned number);
void worker_step(struct worker *w, uint64_t step);

/* Whether there is a sort of memory of that name. */
bool worker_knows(const char *name);

/* Runs one sequence in this process; only_steps, if not NULL, says which. Returns the failing step + 1,
 * or 0. */
uint64_t run_sequence(const struct options *options, const bool *only_steps);

/* Finds a short sub-sequence that still fails, by running candidates in children. */
void shrink(const struct options *options, uint64_t failing_step);

#endif

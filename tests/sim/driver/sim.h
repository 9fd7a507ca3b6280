/*
 * Shared state and helpers of the simulated driver. Everything here except the call counters is guarded
 * by the one lock of sim_lock(); functions that need it held say so. Exported functions themselves live
 * beside the thing that they concern and begin with SIM_ENTER.
 */
#ifndef SIM_H
#define SIM_H

#define __CUDA_API_VERSION_INTERNAL
#pragma GCC visibility push(default)
#include <cuda.h>

#include "../simcuda.h"
#pragma GCC visibility pop

#include <stdbool.h>

#define SIM_DEVICES 16
#define SIM_MIB     (1ULL << 20)

enum sim_call {
#define SIM_FN(symbol, name, version, flags, parameters) SIM_CALL_##symbol,
#include "simabi/driver.def"
	SIM_CALLS
};

/* ---- configuration (config.c), read once ---- */

struct sim_config {
	int cards;                    /* that the machine has; of divided ones each part */
	int parts;                    /* SIMCUDA_PARTS: of each GPU */
	int order[SIM_DEVICES];       /* in which CUDA counts them: SIMCUDA_FASTEST */
	int devices;                  /* that the program sees */
	int physical[SIM_DEVICES];    /* their index before CUDA_VISIBLE_DEVICES */
	uint64_t memory[SIM_DEVICES]; /* by physical index */
	bool round;                   /* SIMCUDA_ROUND: 512 B below 1 MiB, 2 MiB from there */
	bool managed_oversubscribes;  /* SIMCUDA_MANAGED=oversubscribe: takes no device memory */
	bool reenter;                 /* SIMCUDA_REENTER */
	uint64_t context_bytes;       /* SIMCUDA_CONTEXT_BYTES */
	uint64_t module_bytes;        /* SIMCUDA_MODULE_BYTES */
	uint64_t pool_chunk;          /* SIMCUDA_POOL_CHUNK */
	uint64_t graph_chunk;         /* SIMCUDA_GRAPH_CHUNK */
	uint64_t array_row;           /* SIMCUDA_ARRAY_ROW: rows are padded to multiples of it */
	uint64_t reserved;            /* SIMCUDA_RESERVED: what NVML has beyond the memory */
	uint64_t group_limit; /* SIMCUDA_GROUP_LIMIT: what NVML says of each cgroup; 0: none */
	bool unified;         /* SIMCUDA_UNIFIED: NVML does not know the memory */
	uint64_t reap_ns;     /* SIMCUDA_REAP_MS */
	const char *shared;   /* SIMCUDA_SHARED */
	const char *truth;    /* SIMCUDA_TRUTH */
	const char *books;    /* SIMCUDA_BOOKS */
};

const struct sim_config *sim_config(void);
/* Of the GPU that a card is, or is a part of; and of the part. */
void sim_uuid(int card, CUuuid *uuid);
void sim_part_uuid(int card, CUuuid *uuid);
#define SIM_UUID_TEXT 41
void sim_uuid_text(const char *prefix, const CUuuid *uuid, char text[SIM_UUID_TEXT]);
bool sim_parse_size(const char *text, const char **end, uint64_t *bytes);

/* ---- entering a call (call.c) ---- */

void sim_lock(void);
void sim_unlock(void);
CUresult sim_enter(enum sim_call call, bool needs_init);
void sim_pause(void);
void *sim_reenter(const char *symbol);
void sim_reentered(void);
bool sim_is_started(void);
CUresult sim_start(unsigned int flags);
void sim_finish(void);
uint64_t sim_call_count(enum sim_call call);
const char *sim_call_name(enum sim_call call);
extern bool sim_finished;

#define SIM_ENTER(function)                                                 \
	do {                                                                \
		CUresult sim_status = sim_enter(SIM_CALL_##function, true); \
		if (sim_status != CUDA_SUCCESS)                             \
			return sim_status;                                  \
	} while (0)

#define SIM_ENTER_EARLY(function)                                            \
	do {                                                                 \
		CUresult sim_status = sim_enter(SIM_CALL_##function, false); \
		if (sim_status != CUDA_SUCCESS)                              \
			return sim_status;                                   \
	} while (0)

/* With SIMCUDA_REENTER the first entry of a thread goes out again through the global scope, as a driver
 * built without -Bsymbolic does; the inner call does the work. */
#define SIM_REENTER(function, arguments)                           \
	do {                                                       \
		__typeof__(function) *sim_again;                   \
		*(void **)&sim_again = sim_reenter(#function);     \
		if (sim_again) {                                   \
			CUresult sim_status = sim_again arguments; \
			sim_reentered();                           \
			return sim_status;                         \
		}                                                  \
	} while (0)

/* Defines a function that takes a stream and its per-thread flavour; `call` may use sim_default, the
 * stream that 0 means. */
#define SIM_TWINS(function, suffix, parameters, call)              \
	CUresult function parameters                               \
	{                                                          \
		const CUstream sim_default = CU_STREAM_LEGACY;     \
		(void)sim_default;                                 \
		SIM_ENTER(function);                               \
		return call;                                       \
	}                                                          \
	CUresult function##suffix parameters                       \
	{                                                          \
		const CUstream sim_default = CU_STREAM_PER_THREAD; \
		(void)sim_default;                                 \
		SIM_ENTER(function##suffix);                       \
		return call;                                       \
	}

/* ---- objects and their handles (object.c) ---- */

enum sim_type {
	SIM_CONTEXT,
	SIM_GREEN,
	SIM_STREAM,
	SIM_EVENT,
	SIM_MODULE,
	SIM_LIBRARY,
	SIM_FUNCTION,
	SIM_ARRAY,
	SIM_MIPMAP,
	SIM_POOL,
	SIM_VMM,
	SIM_GRAPH,
	SIM_NODE,
	SIM_EXEC,
	SIM_EXTERNAL,
	SIM_RESOURCE,
	SIM_MEMORY
};

/* First member of whatever a handle points to. An object with a context is destroyed with it. */
struct sim_object {
	enum sim_type type;
	struct CUctx_st *ctx;
	void (*destroy)(struct sim_object *object);
	struct sim_object *next, *previous; /* in the context */
	struct sim_object *chain;           /* in the table of handles */
	/* For the walk over live memory, where the object and no address range holds it. */
	uint64_t held, sequence;
	int held_on;
};

/* All of these: lock held. The handle is the object's address. */
void sim_object_add(struct sim_object *object, enum sim_type type, struct CUctx_st *ctx,
	void (*destroy)(struct sim_object *));
void sim_object_remove(struct sim_object *object);
void *sim_object_find(const void *handle, enum sim_type type);
void sim_object_walk(
	enum sim_type type, void (*visit)(struct sim_object *, void *), void *argument);

/* Charges an object's memory to arrays or VMM and notes it for the walk, and takes both back. */
CUresult sim_object_hold(
	struct sim_object *object, enum simcuda_kind kind, int device, uint64_t bytes);
void sim_object_drop(struct sim_object *object, enum simcuda_kind kind);

/* ---- contexts (context.c, primary.c) ---- */

struct CUctx_st {
	struct sim_object object;
	struct sim_object *owned;
	int device;
	bool primary, active;
	unsigned int flags, attached;
	uint64_t generation; /* distinguishes contexts that got the same address */
	unsigned long long id;
	size_t limits[CU_LIMIT_MAX];
	uint64_t overhead; /* charged for the context itself */
	CUfunc_cache cache;
	CUsharedconfig banks;
	struct CUgreenCtx_st *green;
	struct CUctx_st *alias; /* of a green context: the primary one, which owns everything */
};

CUresult sim_context_new(int device, unsigned int flags, struct CUctx_st *reuse, CUcontext *out);
void sim_context_end(CUcontext ctx);
CUresult sim_context_current(CUcontext *ctx); /* 201 without one, 709 for a destroyed one */
CUresult sim_context_check(CUcontext ctx);
CUresult sim_device_check(CUdevice device);
CUresult sim_primary_retain(int device, CUcontext *ctx);
CUresult sim_primary_release(int device);
CUresult sim_context_push(CUcontext ctx);

/* ---- what devices hold (board.c) ---- */

struct sim_account {
	uint64_t bytes, peak, count;
};

struct sim_card {
	struct sim_account kind[SIMCUDA_KINDS];
	struct sim_account live;
	uint64_t physical, physical_peak, pool_used, graph_used;
};

/* Takes device memory if it is there: 0 or CUDA_ERROR_OUT_OF_MEMORY. Lock held. */
CUresult sim_charge(int device, enum simcuda_kind kind, uint64_t bytes);
void sim_uncharge(int device, enum simcuda_kind kind, uint64_t bytes);
/* As above for memory that grows and shrinks without being another allocation. */
CUresult sim_charge_more(int device, enum simcuda_kind kind, uint64_t bytes);
void sim_uncharge_some(int device, enum simcuda_kind kind, uint64_t bytes);
/* Changes how many allocations a kind has, for those whose bytes are charged in larger pieces. */
void sim_count(int device, enum simcuda_kind kind, int change);
void sim_pin(int64_t bytes, int count);
void sim_board_open(void);
struct board_export;
void sim_board_publish(const struct board_export *entry);
void sim_board_withdraw(uint64_t inode);
bool sim_board_find(uint64_t inode, struct board_export *entry);
uint64_t sim_device_left(int device);
uint64_t sim_device_used(int device);
uint64_t sim_device_peak(int device);
struct sim_card *sim_card(int device);
extern struct sim_account sim_pinned;

/* ---- address space (space.c, range.c) ---- */

enum sim_memory {
	SIM_LINEAR,
	SIM_MANAGED,
	SIM_HOST,
	SIM_REGISTERED,
	SIM_POOLED,
	SIM_GRAPHED,
	SIM_MAPPED,
	SIM_IMPORTED,
	SIM_EXTERNAL_BUFFER,
	SIM_ARRAYED, /* the bytes of an array, which the program has no address of */
	SIM_GLOBAL   /* of a module, and part of its bytes */
};

struct sim_space {
	uint64_t address;
	char *host;
	uint64_t extent;
};

/* Addresses that a program may use, and where their bytes really are. */
struct sim_range {
	struct sim_object object; /* type SIM_MEMORY, for the context that owns it */
	uint64_t start, size;
	char *host;
	enum sim_memory memory;
	int device;             /* -1: host */
	void *owner;            /* pool, VMM object, graph allocation, external memory */
	void *part;             /* of a pool's chunk */
	struct sim_space space; /* what it was cut from; extent 0: memory of someone else */
	uint64_t sequence;
	unsigned int flags;
	bool touched;
	struct sim_range *left, *right;
	uint32_t priority;
};

/* Address space with memory behind it, given back last in, first out. Lock held. */
bool sim_space_take(uint64_t size, bool low, struct sim_space *space);
void sim_space_give(const struct sim_space *space, bool touched);
int sim_space_file(const char *host, uint64_t *offset);

void sim_range_insert(struct sim_range **root, struct sim_range *range);
void sim_range_remove(struct sim_range **root, struct sim_range *range);
struct sim_range *sim_range_find(struct sim_range *root, uint64_t address);
bool sim_range_overlaps(struct sim_range *root, uint64_t start, uint64_t size);
int sim_range_walk(
	struct sim_range *root, int (*visit)(struct sim_range *, void *), void *argument);
extern struct sim_range *sim_memory;

/* ---- linear memory (memory.c) ---- */

struct sim_range *sim_memory_new(
	enum sim_memory memory, int device, uint64_t size, CUcontext ctx, bool low);
void sim_memory_end(struct sim_range *range);
CUresult sim_free(uint64_t address);
CUresult sim_free_range(struct sim_range *range);
/* SIMCUDA_KINDS for what no account holds by itself. */
enum simcuda_kind sim_memory_kind(const struct sim_range *range);
extern uint64_t sim_sequence, sim_unknown_frees;

/* ---- streams (stream.c) ---- */

struct CUstream_st {
	struct sim_object object;
	unsigned int flags;
	int priority;
	unsigned long long id;
	struct CUgreenCtx_st *green;
	CUstreamCaptureStatus capture;
	struct CUgraph_st *capturing;
	bool joined;   /* capture began in another stream and came here through an event */
	bool borrowed; /* the graph is the program's own */
	CUstreamCaptureMode mode;
	unsigned long long capture_id, thread;
	CUgraphNode last;
};

/* The context that a stream handle belongs to; the built-in streams belong to the current one. */
CUresult sim_stream_context(CUstream stream, CUcontext *ctx);
struct CUstream_st *sim_stream_find(CUstream stream);
/* Work on the device is done: pools may give memory back. Lock held. */
void sim_synchronized(int device);

CUresult sim_stream_new(CUcontext ctx, unsigned int flags, int priority, CUstream *out);

/* One piece of work for a stream or a node of a graph. */
enum sim_work_kind {
	SIM_WORK_NONE,
	SIM_WORK_COPY,
	SIM_WORK_FILL,
	SIM_WORK_BOX,
	SIM_WORK_HOST,
	SIM_WORK_KERNEL
};

struct sim_work {
	enum sim_work_kind kind;
	uint64_t target, source, bytes, pitch, rows;
	unsigned int value, width;
	bool to_device, from_device;
	CUDA_MEMCPY3D box;
	CUhostFn function;
	void *argument;
};

CUresult sim_work_do(const struct sim_work *work);
CUresult sim_stream_run(CUstream stream, const struct sim_work *work);
CUresult sim_copy(
	uint64_t target, bool target_device, uint64_t source, bool source_device, uint64_t bytes);
CUresult sim_copy_box(const CUDA_MEMCPY3D *copy);
CUresult sim_fill(uint64_t target, unsigned int value, unsigned int width, uint64_t count);
CUresult sim_fill_2d(uint64_t target, uint64_t pitch, unsigned int value, unsigned int width,
	uint64_t columns, uint64_t rows);
CUresult sim_array_box(CUarray array, uint64_t *start, uint64_t *row, uint64_t *slice);

/* ---- capture (capture.c); lock held ---- */

/* Records the work if the stream captures. */
CUresult sim_capture(CUstream stream, const struct sim_work *work, bool *recorded);
/* An error where the stream captures and the call may not be made then. */
CUresult sim_capture_forbids(CUstream stream);
/* An error where the thread may not make calls that could disturb a capture, such as cuMemAlloc. */
CUresult sim_capture_unsafe(void);
/* Records an allocation or a free if the stream captures. */
CUresult sim_capture_alloc(
	CUstream stream, int device, uint64_t bytes, uint64_t *address, bool *recorded);
CUresult sim_capture_free(CUstream stream, uint64_t address, bool *recorded);
void sim_capture_abandon(struct CUstream_st *stream);
CUresult sim_capture_join(CUstream stream, struct CUgraph_st *graph);
struct CUgraph_st *sim_capture_graph(CUstream stream);

/* ---- faults and truth (fault.c, truth.c) ---- */

CUresult sim_fault(enum sim_call call);
void sim_fault_start(void);
uint64_t sim_delay(void);
void sim_truth_write(void);

#include "kinds.h"

#endif

/*
 * The truth interface of the simulated driver: what the simulated devices really hold, what was called,
 * and how to make calls fail. Exported by the simulator's libcuda.so.1 only; a program finds these with
 * dlsym, a test links them. All functions may be called from any thread at any time, also before cuInit
 * and after the program's end, and count as no CUDA call.
 *
 * `device` is the program's own ordinal. Bytes are what the program asked for (pitched memory and arrays:
 * what they occupy; pools and graphs: what they reserve) unless the name says physical, which adds what
 * the driver rounds (SIMCUDA_ROUND), contexts and modules. Each figure is exact: it is kept under the
 * same lock that hands out the memory.
 */
#ifndef SIMCUDA_H
#define SIMCUDA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum simcuda_kind {
	SIMCUDA_DEVICE, /* linear and pitched */
	SIMCUDA_MANAGED,
	SIMCUDA_ARRAY,
	SIMCUDA_VMM,
	SIMCUDA_POOL,
	SIMCUDA_GRAPH,
	SIMCUDA_CONTEXT, /* from here on not part of the live figures */
	SIMCUDA_MODULE,
	SIMCUDA_LINGERING, /* VMM memory without handle and mapping that an export, import or bind keeps */
	SIMCUDA_KINDS,
	SIMCUDA_TRACKED = SIMCUDA_CONTEXT
};

struct simcuda_allocation {
	uint64_t key; /* device address, or the handle of an array or VMM object */
	uint64_t bytes;
	uint64_t sequence; /* grows with each allocation of the process */
	int device;        /* -1: host memory */
	enum simcuda_kind kind;
};

/* What SIMCUDA_BOOKS names holds of each device, kept under the same lock. Who is killed in the middle may
 * leave the last event in some of the words only. */
struct simcuda_book {
	volatile uint64_t live_bytes, peak_bytes, live_count;
};

int simcuda_device_count(void);
uint64_t simcuda_capacity(int device);

/* This process, the kinds below SIMCUDA_TRACKED together. */
uint64_t simcuda_live_bytes(int device);
uint64_t simcuda_live_count(int device);
uint64_t simcuda_peak_bytes(int device);

/* This process, one kind; 0 for a device or kind that does not exist. */
uint64_t simcuda_kind_bytes(int device, enum simcuda_kind kind);
uint64_t simcuda_kind_count(int device, enum simcuda_kind kind);
uint64_t simcuda_kind_peak(int device, enum simcuda_kind kind);

/* What the device holds for this process, and for all processes that share it: with what dead ones held
 * and the driver has not freed yet (SIMCUDA_REAP_MS). */
uint64_t simcuda_physical_bytes(int device);
uint64_t simcuda_physical_peak(int device);
uint64_t simcuda_device_bytes(int device);
uint64_t simcuda_device_peak(int device);

/* Bytes that pools and graphs have handed out, as opposed to what they reserve. */
uint64_t simcuda_pool_used(int device);
uint64_t simcuda_graph_used(int device);

/* As simcuda_physical_bytes, by the card's index before CUDA_VISIBLE_DEVICES. */
uint64_t simcuda_physical_bytes_of(int index);

/* Page-locked host memory of this process, allocated and registered. */
uint64_t simcuda_pinned_bytes(void);
uint64_t simcuda_pinned_count(void);
uint64_t simcuda_pinned_peak(void);

/* Sets every peak to its current value. */
void simcuda_reset_peak(void);

/* Calls visit for each live allocation until it returns non-zero, and returns that: addresses in their order,
 * then arrays and VMM objects in none. What a pool or graph has handed out is visited, not what it
 * reserves. visit must call neither CUDA nor this interface. */
int simcuda_walk(int (*visit)(const struct simcuda_allocation *, void *), void *argument);

/*
 * Replaces the failure rules: "function:when=code" separated by commas, where when is a number n (the
 * n-th call from now), "*" (each call) or "%k" (each k-th call), and code the CUresult returned instead
 * of doing anything. NULL or "" removes all rules. Returns 0, or -1 with the rules unchanged where the
 * text does not parse. SIMCUDA_FAIL sets the rules at start.
 */
int simcuda_fail(const char *text);

/* Time that each function that takes or gives memory waits before and after its work. */
void simcuda_delay(uint64_t nanoseconds);

/* Calls of one exported function, and of all, since the start of the process. */
uint64_t simcuda_calls(const char *function);
uint64_t simcuda_calls_total(void);

/* Frees and unmaps of something that the driver did not know. */
uint64_t simcuda_unknown_frees(void);

#ifdef __cplusplus
}
#endif

#endif

/*
 * rac_track.h - the tracker: how many bytes of each kind each device holds, how many it ever held
 * at once, and whether a further request fits its limit. It does not know addresses (see ledger.h)
 * and does not know CUDA.
 *
 * Life of an allocation:
 *
 *	struct rac_reservation r;
 *
 *	if (rac_tracker_reserve(t, device, bytes, &r) != RAC_OK)
 *		...				refuse; nothing changed
 *	if (the driver gave the memory)
 *		rac_tracker_commit(t, &r, RAC_KIND_DEVICE);
 *	else
 *		rac_tracker_cancel(t, &r);
 *	...
 *	the driver took the memory back
 *	rac_tracker_release(t, device, RAC_KIND_DEVICE, bytes);
 *
 * Units are bytes; all integers are unsigned and 64 bits wide. A device is an ordinal in
 * [0, RAC_MAX_DEVICES). The tracker lives in memory that the caller hands in and owns; it holds no
 * pointer, so the same bytes may be mapped by several processes and read after their writer died.
 * Every function may be called by any number of threads at once, never waits and never allocates.
 * A tracker has no global state; a program may have several.
 */
#ifndef RAC_TRACK_H
#define RAC_TRACK_H

#include "rac_status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RAC_MAX_DEVICES     64
#define RAC_DEVICE_NAME_MAX 96 /* bytes, ending NUL included */
#define RAC_GROUP_NAME_MAX  65 /* of those who share a limit, NUL included */
#define RAC_UUID_TEXT_MAX   48 /* "GPU-" or "MIG-", 36 characters, NUL */
#define RAC_NO_LIMIT        UINT64_C(0)
/* No device grants more in one request. Larger ones are not counted while they are under way: they
 * would bring the sum near 2^64 and stand in the way of others. */
#define RAC_REQUEST_MAX (UINT64_C(1) << 56)

enum rac_kind {
#define RAC_KIND(id, name, covers) RAC_KIND_##id,
#include "kinds.def"
#undef RAC_KIND
	RAC_KIND_COUNT
};

/* Kinds of ledger entries whose bytes are in no device's account; they go on where enum rac_kind ends. */
#define RAC_KIND_PINNED   14 /* host memory */
#define RAC_KIND_BORROWED 15 /* memory that somebody else owns, and what is not memory */

/* "device", "managed", ...; NULL for a value outside the enum. Static storage. */
const char *rac_kind_name(enum rac_kind kind);

struct rac_tracker;

struct rac_reservation {
	uint32_t device;
	uint64_t bytes;
	uint64_t charged_after; /* what the device was charged with once this was reserved */
};

struct rac_counts {
	uint64_t live_bytes, peak_bytes;
	uint64_t allocations, frees; /* calls that succeeded */
};

struct rac_device_snapshot {
	uint32_t ordinal;
	char uuid[RAC_UUID_TEXT_MAX];
	char name[RAC_DEVICE_NAME_MAX];
	uint64_t total_bytes;   /* physical memory, 0: not known */
	uint64_t limit_bytes;   /* RAC_NO_LIMIT: none */
	uint64_t charged_bytes; /* live and in flight */
	uint64_t beyond_bytes; /* see rac_tracker_set_beyond; both together are held to the limit */
	uint64_t live_bytes;   /* sum of the kinds */
	uint64_t peak_bytes;
	uint64_t allocations, frees;
	uint64_t refused, refused_bytes; /* requests that the limit refused */
	uint64_t largest_bytes;          /* the largest single request that succeeded */
	uint64_t over_bytes;             /* by how much the limit was ever passed */
	uint64_t driver_failures;
	struct rac_counts kinds[RAC_KIND_COUNT];
};

/* Bytes that a tracker needs, and the alignment of the memory in bytes. */
size_t rac_tracker_bytes(void);
size_t rac_tracker_alignment(void);

/*
 * Makes a tracker in `bytes` bytes of zeroed memory. Returns NULL when memory is NULL, too small or
 * not aligned. There is no destroy: hand the memory back when nobody uses the tracker any more.
 */
struct rac_tracker *rac_tracker_init(void *memory, size_t bytes);

/*
 * Sets the limit of a device; RAC_NO_LIMIT removes it. The limit is inclusive. A limit below what
 * is charged now refuses growth until enough is released; nothing is taken away.
 * RAC_INVALID: no such device.
 */
enum rac_status rac_tracker_set_limit(struct rac_tracker *t, uint32_t device, uint64_t limit);

/*
 * Sets how many bytes count against the limit that are in no other figure here: what else the process is
 * charged with, where a limit covers that. Where they pass the limit, over_bytes is raised and growth is
 * refused. RAC_INVALID: no such device.
 */
enum rac_status rac_tracker_set_beyond(struct rac_tracker *t, uint32_t device, uint64_t bytes);

/* Names the device in snapshots. Strings are cut to fit. Call it once per device, before others can
 * take snapshots of it. RAC_INVALID: no such device. */
enum rac_status rac_tracker_describe(struct rac_tracker *t, uint32_t device, const char *uuid,
	const char *name, uint64_t total_bytes);

/*
 * Reserves bytes if beyond + charged + bytes <= limit, in one atomic step: no two threads can both take the
 * last bytes, and a request that fits is not refused because of one that does not.
 * RAC_OOM: it does not fit (counted in refused and refused_bytes); *r then says in charged_after
 * what the device was charged with, and nothing else changed. RAC_INVALID: no such device.
 * RAC_OVERFLOW: there is no limit, and the request is above RAC_REQUEST_MAX or the sum does not fit 64
 * bits; nothing changed.
 * A request of 0 bytes always succeeds. *r is to be given to commit or cancel exactly once.
 */
enum rac_status rac_tracker_reserve(
	struct rac_tracker *t, uint32_t device, uint64_t bytes, struct rac_reservation *r);

/* As rac_tracker_reserve, but counts no refusal: for who goes on to try something else. */
enum rac_status rac_tracker_try_reserve(
	struct rac_tracker *t, uint32_t device, uint64_t bytes, struct rac_reservation *r);

/* As rac_tracker_reserve, but takes the bytes even past the limit and then raises over_bytes.
 * RAC_OVERFLOW: the sum does not fit 64 bits; nothing changed. */
enum rac_status rac_tracker_reserve_past_limit(
	struct rac_tracker *t, uint32_t device, uint64_t bytes, struct rac_reservation *r);

/*
 * Corrects a reservation to the size that the driver really took. Shrinking always succeeds.
 * RAC_OOM: growing would pass the limit; the reservation is as before. The second form grows past the limit
 * and raises over_bytes.
 */
enum rac_status rac_tracker_adjust_past_limit(
	struct rac_tracker *t, struct rac_reservation *r, uint64_t new_bytes);
enum rac_status rac_tracker_adjust(
	struct rac_tracker *t, struct rac_reservation *r, uint64_t new_bytes);

/* Turns a reservation into live bytes of a kind, raises the peaks and counts a call. */
void rac_tracker_commit(struct rac_tracker *t, const struct rac_reservation *r, enum rac_kind kind);

/* Gives a reservation back. It raises no peak; one that another thread commits meanwhile may include
 * it, since it was charged at that moment. */
void rac_tracker_cancel(struct rac_tracker *t, const struct rac_reservation *r);

/* Gives live bytes back, after the driver has. Releasing more than is live is counted in
 * rac_tracker_mismatches and leaves the counters at 0. Returns by how much the charge fell. */
uint64_t rac_tracker_release(
	struct rac_tracker *t, uint32_t device, enum rac_kind kind, uint64_t bytes);

/*
 * Words of one thread alone to count its calls on a device in, which is faster than where all threads
 * count; NULL when there are none left. A thread may have one for each device; it is not given back.
 */
struct rac_lane;

struct rac_lane *rac_tracker_lane(struct rac_tracker *t, uint32_t device);

/*
 * Bytes and calls apart. note_allocation and note_free count a call and no bytes; the lane is one that
 * the calling thread got for this device, or NULL. hold and let_go are commit and release of bytes
 * without a call; between them they may come in any order, so what is let go is not compared with what
 * is held. The bytes of let_go must have been reserved.
 */
void rac_tracker_note_allocation(struct rac_tracker *t, struct rac_lane *lane, uint32_t device,
	enum rac_kind kind, uint64_t bytes);
void rac_tracker_note_free(
	struct rac_tracker *t, struct rac_lane *lane, uint32_t device, enum rac_kind kind);
void rac_tracker_hold(struct rac_tracker *t, const struct rac_reservation *r, enum rac_kind kind);
void rac_tracker_let_go(struct rac_tracker *t, uint32_t device, enum rac_kind kind, uint64_t bytes);

/*
 * For memory that a driver grows and shrinks by itself (pools, graphs): its charge is moved with reserve
 * and cancel. grow counts bytes of it as live and raises the peaks, shrink takes them off; the charge
 * must cover them all the while. grow returns the charge that it took for the peak.
 */
uint64_t rac_tracker_grow(
	struct rac_tracker *t, uint32_t device, enum rac_kind kind, uint64_t bytes);
void rac_tracker_shrink(struct rac_tracker *t, uint32_t device, enum rac_kind kind, uint64_t bytes);

/* Raises over_bytes: for who compares with the limit more than this tracker is charged with. */
void rac_tracker_note_overshoot(struct rac_tracker *t, uint32_t device, uint64_t over_bytes);

/* Counts a refusal that no function here counted. */
void rac_tracker_refuse(struct rac_tracker *t, uint32_t device, uint64_t bytes);

/* Counts a call that the driver itself failed. */
void rac_tracker_driver_failed(struct rac_tracker *t, uint32_t device);

/* Host memory that is pinned for a device; it has no limit. add returns how much there is then. */
uint64_t rac_tracker_host_add(struct rac_tracker *t, uint64_t bytes);
void rac_tracker_host_remove(struct rac_tracker *t, uint64_t bytes);

/* Counts a free of something that was never recorded, and an allocation that could not be. */
void rac_tracker_unknown_free(struct rac_tracker *t);
void rac_tracker_unrecorded(struct rac_tracker *t);

/*
 * Starts a phase: peaks of a device (its kinds included) fall to what is charged now and rise again
 * from there. Totals go on counting. Live bytes are never forgotten.
 */
void rac_tracker_mark(struct rac_tracker *t, uint32_t device);

/* True when `bytes` more would fit now. Always true without a limit. Advice only: another thread
 * may take the room first; to be sure, reserve. */
bool rac_tracker_would_fit(const struct rac_tracker *t, uint32_t device, uint64_t bytes);

/* Each is exact at some instant during the call. */
uint64_t rac_tracker_charged(const struct rac_tracker *t, uint32_t device);
uint64_t rac_tracker_beyond(const struct rac_tracker *t, uint32_t device);
uint64_t rac_tracker_limit(const struct rac_tracker *t, uint32_t device);

/* How often the peak of a device was raised or started anew; of any other number, that of the pinned
 * host memory. A figure noted for the present number was noted since the peak. */
uint64_t rac_tracker_peak_number(const struct rac_tracker *t, uint32_t device);

/*
 * Copies one device's figures. Each field is exact at some instant during the call, the set of them
 * is not one instant; peak_bytes >= live_bytes and frees <= allocations always hold.
 * RAC_UNKNOWN: the device was never described or used. RAC_INVALID: no such device.
 */
enum rac_status rac_tracker_snapshot(
	const struct rac_tracker *t, uint32_t device, struct rac_device_snapshot *out);

void rac_tracker_host_snapshot(const struct rac_tracker *t, struct rac_counts *out);
uint64_t rac_tracker_unknown_frees(const struct rac_tracker *t);
uint64_t rac_tracker_unrecorded_count(const struct rac_tracker *t);
uint64_t rac_tracker_mismatches(const struct rac_tracker *t);

#ifdef __cplusplus
}
#endif
#endif

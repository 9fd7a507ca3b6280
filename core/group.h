/*
 * group.h - a budget that several processes share: the sum of what each of them charges, compared with
 * one cap, in memory that all of them map. Which processes there are, whether they are alive and where
 * the memory lies is the caller's affair; here is arithmetic only.
 *
 * Each process has a seat, which holds what the process charges. A call adds to a seat and to the sum in
 * one atomic step, so a process that is killed, at whatever instruction, leaves a sum that is that of the
 * seats: what its seat holds is found there and given back by whoever notices (rac_group_vacate).
 *
 * Units are bytes, all integers are unsigned and 64 bits wide. No call waits, allocates or makes a system
 * call. take, give and the questions may be called by any number of threads and processes at once; the
 * calls about seats ask for a lock that the caller has, see each.
 */
#ifndef RAC_GROUP_H
#define RAC_GROUP_H

#include "atomics.h"
#include "rac_status.h"
#include <stddef.h>

#define RAC_GROUP_SEATS   512
#define RAC_GROUP_RECORDS 8

struct rac_group;

/* A process's access to its seat, in memory of its own that its threads share. */
struct rac_group_member {
	struct rac_group *group;
	uint32_t seat;
	rac_atomic_u32 claimed; /* one bit each: a thread writes this record of the seat */
};

/* Who sits in a seat; the numbers mean nothing here. */
struct rac_group_owner {
	uint64_t pid;     /* never 0 */
	uint64_t started; /* tells a pid from the same one, given out again */
	uint64_t space;   /* what the pid is a number of */
};

size_t rac_group_bytes(void);

/* Makes a group without members of memory that may hold anything. Nobody else may use it meanwhile. */
void rac_group_format(struct rac_group *group);

/* Whether the memory is a group: RAC_OK; RAC_UNKNOWN: it is all new, zeroed; RAC_INVALID: it is
 * something else, such as the group of another version. */
enum rac_status rac_group_check(const struct rac_group *group);

/* False: the seats do not add up to the sum, so something else has written here. True also where others
 * change it so fast that there was no moment to look. */
bool rac_group_is_sound(struct rac_group *group);

/* The cap that the members agreed on; it has no effect here. */
uint64_t rac_group_cap(const struct rac_group *group);
void rac_group_set_cap(struct rac_group *group, uint64_t cap);

/*
 * Charges bytes to the member's seat if sum + bytes <= cap; with RAC_NO_LIMIT for the cap whatever the
 * sum is. *sum is the sum then, or the one that left no room.
 * RAC_OOM: it does not fit. RAC_OVERFLOW: there is no cap, and the request is above RAC_REQUEST_MAX or the
 * sum does not fit 64 bits. RAC_FULL: as many threads of this process as a seat has records are in a
 * call; try again. In all three nothing changed.
 */
enum rac_status rac_group_take(
	struct rac_group_member *m, uint64_t bytes, uint64_t cap, uint64_t *sum);

/* Gives bytes of the member's seat back, at most what it holds. RAC_FULL as above. */
enum rac_status rac_group_give(struct rac_group_member *m, uint64_t bytes);

/* The sum, and what one seat holds of it, each exact at some instant during the call. */
uint64_t rac_group_sum(const struct rac_group *group);
uint64_t rac_group_held(const struct rac_group *group, uint32_t seat);

/* Seats from here on were never taken. */
uint32_t rac_group_seats_used(const struct rac_group *group);

/* Who sits there; false: nobody. */
bool rac_group_owner(const struct rac_group *group, uint32_t seat, struct rac_group_owner *owner);

/* The moment since which the owner is known to be gone, in the caller's own measure; 0: it is not. A new
 * owner begins with 0. */
uint64_t rac_group_gone_since(const struct rac_group *group, uint32_t seat);

/*
 * These three need the caller to be the only one that has the seat: by a lock that the kernel takes back
 * when its holder dies, for it may die at any instruction here, too.
 */
void rac_group_set_gone_since(struct rac_group *group, uint32_t seat, uint64_t moment);

/* Takes a seat that is free or whose owner is gone and held nothing any more. */
void rac_group_sit(struct rac_group_member *m, struct rac_group *group, uint32_t seat,
	const struct rac_group_owner *owner);

/* Gives all back that the seat holds, whose owner is gone for good, and frees it. Returns the bytes. */
uint64_t rac_group_vacate(struct rac_group *group, uint32_t seat);

#endif

/*
 * group_parts.h - the layout of a group's memory; private to its files.
 *
 * All words are 64 bits wide and there are no pointers, since processes map it where they like. Whatever
 * a word holds, the numbers of a seat and a record taken out of it are within bounds.
 */
#ifndef RAC_GROUP_PARTS_H
#define RAC_GROUP_PARTS_H

#include "group.h"

#define GROUP_MAGIC  UINT64_C(0x0a0d505247434152) /* "RACGRP\r\n" on a little-endian machine */
#define GROUP_LAYOUT (UINT64_C(1) << 32 | RAC_GROUP_SEATS << 16 | RAC_GROUP_RECORDS)

#define RECORD_BITS 3
#define SEAT_BITS   9

_Static_assert(
	RAC_GROUP_RECORDS == 1 << RECORD_BITS && RAC_GROUP_SEATS == 1 << SEAT_BITS, "head layout");

struct group_record {
	rac_atomic_u64 sum, held;
};

struct group_seat {
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 last; /* the head of the seat's latest operation */
	rac_atomic_u64 pid;                           /* 0: nobody sits here */
	rac_atomic_u64 started, space;
	rac_atomic_u64 gone_since;
	_Alignas(RAC_CACHE_LINE) struct group_record records[RAC_GROUP_RECORDS];
};

struct rac_group {
	rac_atomic_u64 magic, layout;
	rac_atomic_u64 cap;
	rac_atomic_u64 seats_used;
	_Alignas(RAC_CACHE_LINE) rac_atomic_u64 head;
	struct group_seat seats[RAC_GROUP_SEATS];
};

static inline uint32_t head_record(uint64_t head)
{
	return (uint32_t)(head & (RAC_GROUP_RECORDS - 1));
}

static inline uint32_t head_seat(uint64_t head)
{
	return (uint32_t)(head >> RECORD_BITS & (RAC_GROUP_SEATS - 1));
}

static inline uint64_t head_version(uint64_t head)
{
	return head >> (RECORD_BITS + SEAT_BITS);
}

static inline uint64_t head_after(uint64_t head, uint32_t seat, uint32_t record)
{
	return (head_version(head) + 1) << (RECORD_BITS + SEAT_BITS) |
		(uint64_t)seat << RECORD_BITS | record;
}

/* Makes the operation that the head names known to its seat; any number may do it at once. */
void rac_group_finish(struct rac_group *g, uint64_t head);

#endif

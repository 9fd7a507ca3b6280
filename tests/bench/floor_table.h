/*
 * floor_table.h - the least table that several threads can use: fixed, open addressing, compare-and-swap
 * inserts. It never grows and tells nobody what is in it. One for each program that includes it.
 *
 * It must not be slow on purpose: linear probing over address and size side by side (mostly one line a
 * look), a hash of one multiplication, at most 60 % full, huge pages asked for. A freed place keeps a
 * mark that the next insert on its way takes; only what is there is ever looked for, so marks lengthen
 * no search.
 */
#ifndef FLOOR_TABLE_H
#define FLOOR_TABLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define EMPTY UINT64_C(0)
#define FREED UINT64_C(1)

struct slot {
	_Atomic uint64_t address;
	uint64_t bytes;
};

static struct slot *slots;
static uint64_t mask;

/* For so many entries. */
static void floor_table_make(uint64_t live)
{
	uint64_t places = 1024;

	while (places * 6 / 10 < live + 64)
		places *= 2;
	slots = mmap(NULL, places * sizeof(*slots), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(slots, places * sizeof(*slots), MADV_HUGEPAGE);
	mask = places - 1;
}

static uint64_t home_of(uint64_t address)
{
	return (address * UINT64_C(0x9e3779b97f4a7c15)) >> 20 & mask;
}

static void floor_table_insert(uint64_t address, uint64_t bytes)
{
	for (uint64_t i = home_of(address);; i = (i + 1) & mask) {
		uint64_t seen = atomic_load_explicit(&slots[i].address, memory_order_relaxed);

		/* Bit 63 keeps others off until the size is there. */
		if (seen > FREED ||
			!atomic_compare_exchange_strong_explicit(&slots[i].address, &seen,
				UINT64_C(1) << 63, memory_order_acquire, memory_order_relaxed))
			continue;
		slots[i].bytes = bytes;
		atomic_store_explicit(&slots[i].address, address, memory_order_release);
		return;
	}
}

static uint64_t floor_table_erase(uint64_t address)
{
	for (uint64_t i = home_of(address);; i = (i + 1) & mask) {
		uint64_t seen = atomic_load_explicit(&slots[i].address, memory_order_acquire);

		if (seen == EMPTY)
			return 0;
		if (seen != address)
			continue;
		uint64_t bytes = slots[i].bytes;

		atomic_store_explicit(&slots[i].address, FREED, memory_order_release);
		return bytes;
	}
}

#endif

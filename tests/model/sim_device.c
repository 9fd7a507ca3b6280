/*
 * sim_device.c - see sim_device.h.
 */
#include "sim_device.h"

#include <string.h>

#define PLACES     8
#define REQUESTS   16
#define ADDRESS(i) (((uint64_t)(i) + 1) << 21)

static struct {
	uint64_t capacity;
	bool is_held[PLACES];
	struct {
		uint64_t bytes;
		unsigned place;
		bool is_held;
		struct model_event freed;
		uint32_t before; /* allocations whose free happens before this one */
	} allocations[REQUESTS];
	unsigned count;
} device;

static struct {
	uint64_t bytes, charged_after;
	enum { ASKED, GRANTED, REFUSED, RETURNED } state;
	struct model_event returned;
	uint32_t before; /* requests that are known to be over when this one was made */
	uint32_t beside; /* requests made before this one was refused */
} book[REQUESTS];
static unsigned requests;

void device_begin(uint64_t capacity)
{
	memset(&device, 0, sizeof(device));
	memset(book, 0, sizeof(book));
	requests = 0;
	device.capacity = capacity;
}

uint64_t device_held(void)
{
	uint64_t held = 0;

	for (unsigned i = 0; i < device.count; i++)
		held += device.allocations[i].is_held ? device.allocations[i].bytes : 0;
	return held;
}

/* The most that allocations up to the last can hold at once that are all beside one another, and beside
 * those in `others`: of no two of them happens one's free before the other's allocation. */
static uint64_t most_at_once(unsigned last, uint32_t others)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < last; i++) {
		bool beside = true;

		for (unsigned k = i; k < device.count; k++)
			if ((others >> k & 1) != 0 && (device.allocations[k].before >> i & 1) != 0)
				beside = false;
		if (!beside)
			continue;
		uint64_t sum = device.allocations[i].bytes + most_at_once(i, others | 1u << i);

		if (sum > most)
			most = sum;
	}
	return most;
}

static unsigned note_allocation(uint64_t bytes)
{
	unsigned this = device.count;
	uint32_t before = 0;

	model_claim(this < REQUESTS, "more allocations than the device notes");
	for (unsigned i = 0; i < this; i++)
		if (!device.allocations[i].is_held && model_happened(device.allocations[i].freed))
			before |= 1u << i;
	device.allocations[this].bytes = bytes;
	device.allocations[this].before = before;
	device.allocations[this].is_held = true;
	device.count++;
	return this;
}

uint64_t device_allocate(uint64_t bytes)
{
	model_step(&device, false, MODEL_WHERE);
	unsigned this = note_allocation(bytes);

	if (device.capacity > 0 && !model_is_looking()) {
		model_claim(device_held() <= device.capacity,
			"the device is to hold %d bytes, %d are "
			"allowed",
			(int)device_held(), (int)device.capacity);
		model_claim(bytes + most_at_once(this, 1u << this) <= device.capacity,
			"a call was let in by a free that does not happen before it");
	}
	for (unsigned i = 0; i < PLACES; i++)
		if (!device.is_held[i]) {
			device.is_held[i] = true;
			device.allocations[this].place = i;
			return ADDRESS(i);
		}
	model_fail(MODEL_WHERE, "the scenario allocates more often than the device has places");
}

void device_free(uint64_t address)
{
	model_step(&device, false, MODEL_WHERE);
	for (unsigned i = 0; i < device.count; i++)
		if (device.allocations[i].is_held &&
			ADDRESS(device.allocations[i].place) == address) {
			device.allocations[i].is_held = false;
			device.allocations[i].freed = model_happen();
			device.is_held[device.allocations[i].place] = false;
			return;
		}
	model_fail(MODEL_WHERE, "what is freed is not held");
}

unsigned book_ask(uint64_t bytes)
{
	model_claim(requests < REQUESTS, "more requests than the book has lines");
	book[requests].bytes = bytes;
	for (unsigned i = 0; i < requests; i++)
		if (book[i].state == REFUSED ||
			(book[i].state == RETURNED && model_happened(book[i].returned)))
			book[requests].before |= 1u << i;
	return requests++;
}

void book_granted(unsigned request, uint64_t charged_after)
{
	book[request].state = GRANTED;
	book[request].charged_after = charged_after;
}

void book_refused(unsigned request)
{
	book[request].state = REFUSED;
	book[request].beside = ((1u << requests) - 1) & ~book[request].before & ~(1u << request);
}

void book_returned(unsigned request)
{
	book[request].state = RETURNED;
	book[request].returned = model_happen();
}

uint64_t book_check(uint64_t cap)
{
	uint64_t highest = 0;

	for (unsigned i = 0; i < requests; i++) {
		uint64_t beside = 0;

		if (book[i].charged_after > highest)
			highest = book[i].charged_after;
		if (book[i].state != REFUSED)
			continue;
		for (unsigned k = 0; k < requests; k++)
			if ((book[i].beside >> k & 1) != 0 && book[k].state != REFUSED)
				beside += book[k].bytes;
		model_claim(beside + book[i].bytes > cap,
			"a request of %d bytes was refused that fits beside %d under %d",
			(int)book[i].bytes, (int)beside, (int)cap);
	}
	return highest;
}

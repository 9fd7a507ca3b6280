/*
 * The truth interface: reads the simulator's books for tests. It changes nothing but peaks.
 */
#include "sim.h"

#include <string.h>

static bool known(int device)
{
	return device >= 0 && device < sim_config()->devices;
}

/* Reads one figure under the lock. */
static uint64_t locked(const uint64_t *figure)
{
	uint64_t value;

	sim_lock();
	value = *figure;
	sim_unlock();
	return value;
}

static uint64_t of_card(int device, size_t offset)
{
	if (!known(device))
		return 0;
	return locked((const uint64_t *)(const void *)((const char *)sim_card(device) + offset));
}

static uint64_t of_kind(int device, enum simcuda_kind kind, size_t offset)
{
	if ((unsigned int)kind >= SIMCUDA_KINDS)
		return 0;
	return of_card(device,
		offsetof(struct sim_card, kind) + (size_t)kind * sizeof(struct sim_account) +
			offset);
}

int simcuda_device_count(void)
{
	return sim_config()->devices;
}

uint64_t simcuda_capacity(int device)
{
	return known(device) ? sim_config()->memory[sim_config()->physical[device]] : 0;
}

uint64_t simcuda_live_bytes(int device)
{
	return of_card(device, offsetof(struct sim_card, live.bytes));
}

uint64_t simcuda_live_count(int device)
{
	return of_card(device, offsetof(struct sim_card, live.count));
}

uint64_t simcuda_peak_bytes(int device)
{
	return of_card(device, offsetof(struct sim_card, live.peak));
}

uint64_t simcuda_kind_bytes(int device, enum simcuda_kind kind)
{
	return of_kind(device, kind, offsetof(struct sim_account, bytes));
}

uint64_t simcuda_kind_count(int device, enum simcuda_kind kind)
{
	return of_kind(device, kind, offsetof(struct sim_account, count));
}

uint64_t simcuda_kind_peak(int device, enum simcuda_kind kind)
{
	return of_kind(device, kind, offsetof(struct sim_account, peak));
}

uint64_t simcuda_physical_bytes(int device)
{
	sim_lock();
	sim_vmm_collect();
	sim_unlock();
	return of_card(device, offsetof(struct sim_card, physical));
}

uint64_t simcuda_physical_bytes_of(int index)
{
	/* A question of NVML's must not decide early which devices are visible. */
	if (!sim_is_started())
		return 0;
	for (int i = 0; i < sim_config()->devices; i++) {
		if (sim_config()->physical[i] == index)
			return simcuda_physical_bytes(i);
	}
	return 0;
}

uint64_t simcuda_physical_peak(int device)
{
	return of_card(device, offsetof(struct sim_card, physical_peak));
}

uint64_t simcuda_pool_used(int device)
{
	return of_card(device, offsetof(struct sim_card, pool_used));
}

uint64_t simcuda_graph_used(int device)
{
	return of_card(device, offsetof(struct sim_card, graph_used));
}

uint64_t simcuda_device_bytes(int device)
{
	return known(device) ? sim_device_used(device) : 0;
}

uint64_t simcuda_device_peak(int device)
{
	return known(device) ? sim_device_peak(device) : 0;
}

uint64_t simcuda_pinned_bytes(void)
{
	return locked(&sim_pinned.bytes);
}

uint64_t simcuda_pinned_count(void)
{
	return locked(&sim_pinned.count);
}

uint64_t simcuda_pinned_peak(void)
{
	return locked(&sim_pinned.peak);
}

uint64_t simcuda_unknown_frees(void)
{
	return locked(&sim_unknown_frees);
}

void simcuda_reset_peak(void)
{
	sim_lock();
	for (int i = 0; i < sim_config()->devices; i++) {
		struct sim_card *card = sim_card(i);

		for (int kind = 0; kind < SIMCUDA_KINDS; kind++)
			card->kind[kind].peak = card->kind[kind].bytes;
		card->live.peak = card->live.bytes;
		card->physical_peak = card->physical;
	}
	sim_pinned.peak = sim_pinned.bytes;
	sim_unlock();
}

struct walk {
	int (*visit)(const struct simcuda_allocation *, void *);
	void *argument;
	int result;
};

static int visit_range(struct sim_range *range, void *argument)
{
	const struct walk *walk = argument;
	struct simcuda_allocation allocation = {.key = range->start,
		.bytes = range->size,
		.sequence = range->sequence,
		.device = range->device,
		.kind = sim_memory_kind(range)};

	if (allocation.kind == SIMCUDA_KINDS)
		return 0;
	return walk->visit(&allocation, walk->argument);
}

/* Objects without an address of their own. */
static void visit_object(struct sim_object *object, void *argument)
{
	struct walk *walk = argument;
	struct simcuda_allocation allocation = {.key = (uint64_t)(uintptr_t)object,
		.bytes = object->held,
		.sequence = object->sequence,
		.device = object->held_on,
		.kind = object->type == SIM_VMM ? SIMCUDA_VMM : SIMCUDA_ARRAY};

	if (object->held && !walk->result)
		walk->result = walk->visit(&allocation, walk->argument);
}

int simcuda_walk(int (*visit)(const struct simcuda_allocation *, void *), void *argument)
{
	struct walk walk = {visit, argument, 0};

	sim_lock();
	walk.result = sim_range_walk(sim_memory, visit_range, &walk);
	sim_object_walk(SIM_ARRAY, visit_object, &walk);
	sim_object_walk(SIM_MIPMAP, visit_object, &walk);
	sim_object_walk(SIM_VMM, visit_object, &walk);
	sim_unlock();
	return walk.result;
}

uint64_t simcuda_calls(const char *function)
{
	for (int i = 0; i < SIM_CALLS; i++) {
		if (strcmp(sim_call_name((enum sim_call)i), function) == 0)
			return sim_call_count((enum sim_call)i);
	}
	return 0;
}

uint64_t simcuda_calls_total(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < SIM_CALLS; i++)
		sum += sim_call_count((enum sim_call)i);
	return sum;
}

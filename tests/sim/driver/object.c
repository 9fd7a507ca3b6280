/*
 * The table of live handles: which addresses are objects, of which type, and which context destroys them.
 * Looking up a stale or invented handle is safe and finds nothing. Lock held throughout.
 */
#include "sim.h"

#include <stdlib.h>

#define BUCKETS 65536

static struct sim_object *table[BUCKETS];

static unsigned int bucket(const void *handle)
{
	uint64_t mixed = ((uint64_t)(uintptr_t)handle >> 4) * 0x9e3779b97f4a7c15ULL;

	return (unsigned int)(mixed >> 48) % BUCKETS;
}

void sim_object_add(struct sim_object *object, enum sim_type type, struct CUctx_st *ctx,
	void (*destroy)(struct sim_object *))
{
	unsigned int at = bucket(object);

	object->type = type;
	object->ctx = ctx;
	object->destroy = destroy;
	object->previous = object->next = NULL;
	object->chain = table[at];
	table[at] = object;
	if (!ctx)
		return;
	object->next = ctx->owned;
	if (ctx->owned)
		ctx->owned->previous = object;
	ctx->owned = object;
}

void sim_object_remove(struct sim_object *object)
{
	struct sim_object **link = &table[bucket(object)];

	while (*link != object)
		link = &(*link)->chain;
	*link = object->chain;
	if (object->next)
		object->next->previous = object->previous;
	if (object->previous)
		object->previous->next = object->next;
	else if (object->ctx)
		object->ctx->owned = object->next;
}

void *sim_object_find(const void *handle, enum sim_type type)
{
	struct sim_object *object = table[bucket(handle)];

	while (object && (const void *)object != handle)
		object = object->chain;
	return object && object->type == type ? object : NULL;
}

void sim_object_walk(enum sim_type type, void (*visit)(struct sim_object *, void *), void *argument)
{
	for (unsigned int i = 0; i < BUCKETS; i++) {
		struct sim_object *next;

		for (struct sim_object *object = table[i]; object; object = next) {
			next = object->chain;
			if (object->type == type)
				visit(object, argument);
		}
	}
}

CUresult sim_object_hold(
	struct sim_object *object, enum simcuda_kind kind, int device, uint64_t bytes)
{
	CUresult status = sim_charge(device, kind, bytes);

	if (status == CUDA_SUCCESS) {
		object->held = bytes;
		object->held_on = device;
		object->sequence = ++sim_sequence;
	}
	return status;
}

void sim_object_drop(struct sim_object *object, enum simcuda_kind kind)
{
	if (object->held)
		sim_uncharge(object->held_on, kind, object->held);
	object->held = 0;
}

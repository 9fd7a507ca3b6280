/*
 * reach.c - see reach.h.
 */
#include "reach.h"

#include <string.h>

static uint64_t bit_of(size_t position)
{
	return UINT64_C(1) << position % 64;
}

bool rac_reach_holds(const struct rac_reach *reach, const struct rac_object *object)
{
	return object->position < RAC_REACH_OBJECTS &&
		(reach->objects[object->position / 64] & bit_of(object->position)) != 0;
}

struct closing {
	struct rac_reach *reach;
	bool grew;
	const char *needed;
};

/* As the loader tells whether what is needed is loaded: by the name in the object, or else by the one
 * that it was found under. */
static bool is_named(const struct rac_object *object, const char *name)
{
	const char *slash = strrchr(object->path, '/');

	return strcmp(object->soname, name) == 0 || strcmp(object->path, name) == 0 ||
		(slash != NULL && strcmp(slash + 1, name) == 0);
}

static bool add_needed(void *context, const struct rac_object *object)
{
	struct closing *closing = context;

	if (object->position >= RAC_REACH_OBJECTS || !is_named(object, closing->needed))
		return true;
	if (!rac_reach_holds(closing->reach, object)) {
		closing->reach->objects[object->position / 64] |= bit_of(object->position);
		closing->grew = true;
	}
	return false;
}

static bool add_what_it_needs(void *context, const struct rac_object *object)
{
	struct closing *closing = context;

	if (!rac_reach_holds(closing->reach, object))
		return true;
	for (const ElfW(Dyn) *d = object->dynamic; d != NULL && d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_NEEDED && object->strings != NULL) {
			closing->needed = object->strings + d->d_un.d_val;
			rac_object_each(add_needed, closing);
		}
	return true;
}

static bool add_from_first(void *context, const struct rac_object *object)
{
	struct rac_reach *reach = context;

	if (object->position >= reach->first && object->position < RAC_REACH_OBJECTS)
		reach->objects[object->position / 64] |= bit_of(object->position);
	return true;
}

void rac_reach_from(struct rac_reach *reach, size_t first)
{
	struct closing closing = {.reach = reach};

	*reach = (struct rac_reach){.first = first};
	rac_object_each(add_from_first, reach);
	do {
		closing.grew = false;
		rac_object_each(add_what_it_needs, &closing);
	} while (closing.grew);
}

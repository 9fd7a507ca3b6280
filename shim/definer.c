/*
 * definer.c - see definer.h.
 *
 * The loader searches the objects that the program was started with, in load order, and then those
 * that the caller was opened with. Which these are only the loader knows, and asking it takes its lock,
 * under which other threads run constructors. So among what was opened later the caller's own function
 * comes first, then one of the very version that the caller asks for (runtimes name theirs after
 * themselves), then any.
 */
#include "definer.h"

#include "at_start.h"
#include "elf_references.h"
#include <stdatomic.h>
#include <string.h>

enum rank { NOBODY, ANY, SAME_VERSION, OWN, AT_START };

RAC_AT_START_DATA static _Atomic size_t objects_at_start;

struct search {
	const struct rac_object *caller;
	const char *version; /* that the caller asks for; NULL: any */
	struct rac_wanted *wanted;
	int count;
	bool past_ourselves;
};

RAC_AT_START_CODE void rac_definer_note_start(size_t objects)
{
	/* Relaxed: written once, before there are threads. */
	atomic_store_explicit(&objects_at_start, objects, memory_order_relaxed);
}

bool rac_definer_is_at_start(const struct rac_object *object)
{
	return object->position < atomic_load_explicit(&objects_at_start, memory_order_relaxed);
}

static enum rank rank_of(
	const struct search *search, const struct rac_object *object, uint32_t symbol)
{
	const char *version = rac_object_defined_version(object, symbol);
	bool same =
		version != NULL && search->version != NULL && strcmp(version, search->version) == 0;
	bool other = version != NULL && search->version != NULL && !same;

	if (rac_definer_is_at_start(object))
		return other ? ANY : AT_START;
	if (search->caller != NULL && search->caller->base == object->base)
		return OWN;
	return same ? SAME_VERSION : ANY;
}

static bool visit_object(void *context, const struct rac_object *object)
{
	struct search *search = context;

	if (!search->past_ourselves) {
		search->past_ourselves = rac_object_is_ours(object);
		return true;
	}
	for (int i = 0; i < search->count; i++) {
		struct rac_wanted *wanted = &search->wanted[i];
		uint32_t symbol;
		uintptr_t function =
			rac_object_function_hashed(object, wanted->name, wanted->hash, &symbol);

		if (function == 0)
			continue;
		enum rank rank = rank_of(search, object, symbol);

		/* An object that is being relocated asks from nowhere: it came last. */
		if ((int)rank > wanted->rank ||
			(search->caller == NULL && rank == ANY && wanted->rank == ANY)) {
			wanted->function = function;
			wanted->rank = (int)rank;
		}
	}
	return true;
}

static bool note_version(
	void *context, const struct rac_object *object, const struct rac_reference *reference)
{
	struct search *search = context;

	for (int i = 0; i < search->count && search->version == NULL; i++)
		if (strcmp(reference->name, search->wanted[i].name) == 0)
			search->version = rac_object_asked_version(object, reference->symbol);
	return search->version == NULL;
}

void rac_definers_find(const struct rac_object *caller, struct rac_wanted *wanted, int count)
{
	struct search search = {.caller = caller, .wanted = wanted, .count = count};

	for (int i = 0; i < count; i++) {
		wanted[i].function = 0;
		wanted[i].hash = rac_symbol_hash(wanted[i].name);
		wanted[i].rank = NOBODY;
	}
	if (caller != NULL)
		rac_object_each_reference(caller, true, note_version, &search);
	rac_object_each(visit_object, &search);
}

uintptr_t rac_definer_find(const struct rac_object *caller, const char *name)
{
	struct rac_wanted wanted = {.name = name};

	rac_definers_find(caller, &wanted, 1);
	return wanted.function;
}

struct holder {
	uintptr_t address;
	bool at_start;
};

static bool find_holder(void *context, const struct rac_object *object)
{
	struct holder *holder = context;

	if (!rac_object_holds(object, holder->address))
		return true;
	holder->at_start = rac_definer_is_at_start(object);
	return false;
}

bool rac_definer_was_at_start(const void *address)
{
	struct holder holder = {(uintptr_t)address, true};

	rac_object_each(find_holder, &holder);
	return holder.at_start;
}

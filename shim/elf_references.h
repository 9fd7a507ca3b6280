/*
 * elf_references.h - what loaded objects ask of others: the slots that the loader filled for them, and
 * the versions they asked for.
 */
#ifndef RAC_ELF_REFERENCES_H
#define RAC_ELF_REFERENCES_H

#include "elf_symbols.h"

/* One slot of an object, as the loader left it. */
struct rac_reference {
	uintptr_t *slot;
	uintptr_t addend; /* the slot holds the symbol's address plus this */
	uint32_t symbol;  /* in the object's symbol table */
	const char *name;
	bool weak; /* may stay empty */
};

/*
 * Calls visit for each slot of the object that names a symbol and leads into our own code, until it
 * returns false. With calls: also for the slots that are only called through, which are most.
 */
void rac_object_each_reference(const struct rac_object *object, bool calls,
	bool (*visit)(void *context, const struct rac_object *object,
		const struct rac_reference *reference),
	void *context);

enum rac_asking { RAC_ASKS_NOT, RAC_ASKS_WEAKLY, RAC_ASKS };

/* Whether the object asks others for a symbol, bound or not yet. */
enum rac_asking rac_object_asks(const struct rac_object *object, const char *name);

/* Puts another value into a slot, which the loader may have protected against writing by now. */
void rac_reference_set(
	const struct rac_object *object, const struct rac_reference *reference, uintptr_t value);

/* The version of a symbol that the object asks of others; NULL: any. */
const char *rac_object_asked_version(const struct rac_object *object, uint32_t symbol);

/* The version under which the object defines a symbol; NULL: none. */
const char *rac_object_defined_version(const struct rac_object *object, uint32_t symbol);

#endif

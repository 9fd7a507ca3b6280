/*
 * definer.h - who besides us defines a function: what a reference would lead to if we were not there.
 */
#ifndef RAC_DEFINER_H
#define RAC_DEFINER_H

#include "elf_symbols.h"

struct rac_wanted {
	const char *name;
	uintptr_t function; /* 0: nobody behind us defines it */
	uint32_t hash;      /* these two are definer.c's own */
	int rank;
};

/* Notes how many objects the program was started with: their definitions are in the scope of all. */
void rac_definer_note_start(size_t objects);

/*
 * Finds each function among the objects behind us in load order, for a reference from `caller`; NULL:
 * from anywhere. Takes no lock but, for reading its list, the one that dl_iterate_phdr takes; leaves
 * dlerror alone.
 */
void rac_definers_find(const struct rac_object *caller, struct rac_wanted *wanted, int count);

/* The same for one function. */
uintptr_t rac_definer_find(const struct rac_object *caller, const char *name);

/* Whether the program was started with that object. */
bool rac_definer_is_at_start(const struct rac_object *object);

/* The same for the object that holds this address; for what no object holds the loader takes the program
 * itself. */
bool rac_definer_was_at_start(const void *address);

#endif

/*
 * reach.h - where the loader searches for what an object asks for that is being opened.
 */
#ifndef RAC_REACH_H
#define RAC_REACH_H

#include "elf_symbols.h"

/* A set of objects, by their place in load order. Those beyond are never in it. */
#define RAC_REACH_OBJECTS 4096
struct rac_reach {
	size_t first;
	uint64_t objects[RAC_REACH_OBJECTS / 64];
};

/* The objects from place `first` on, and all that they need. */
void rac_reach_from(struct rac_reach *reach, size_t first);

bool rac_reach_holds(const struct rac_reach *reach, const struct rac_object *object);

#endif

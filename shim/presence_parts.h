/*
 * presence_parts.h - what the parts of presence.h share.
 */
#ifndef RAC_PRESENCE_PARTS_H
#define RAC_PRESENCE_PARTS_H

#include "elf_symbols.h"
#include "hooks.h"
#include <string.h>

/* Of the names that we export and of those that lead to us: we export nothing else that begins so. */
static inline bool rac_presence_is_hook(const char *name)
{
	return (name[0] == 'c' && name[1] == 'u') || strncmp(name, "nvml", 4) == 0;
}

/* What programs call of ours, as rac.h says: who refers to it means us. */
static inline bool rac_presence_is_own(const char *name)
{
	return strncmp(name, "rac_", 4) == 0;
}

static inline enum rac_hook_library rac_presence_library(const char *name)
{
	if (name[0] == 'n')
		return RAC_HOOK_OF_NVML;
	return strncmp(name, "cuda", 4) == 0 ? RAC_HOOK_OF_RUNTIME : RAC_HOOK_OF_DRIVER;
}

/* Whether a function is the real one when this object defines it: runtimes have many names. */
static inline bool rac_presence_is_of(
	const struct rac_object *object, enum rac_hook_library library)
{
	switch (library) {
	case RAC_HOOK_OF_DRIVER:
		return strcmp(object->soname, "libcuda.so.1") == 0;
	case RAC_HOOK_OF_NVML:
		return strcmp(object->soname, "libnvidia-ml.so.1") == 0;
	default:
		return true;
	}
}

/* presence_ask.c: this thread begins to open an object; it is past that. */
void rac_presence_note_opening(bool global);
void rac_presence_note_opened(void);

/* presence_ask.c: what a reference to an export is to be bound to. */
void *rac_presence_decide(const char *name, void *wrapper);

/* presence_ask.c: whether the program was started with the library that the function belongs to, and with
 * a version that has it. */
bool rac_presence_is_at_start(const char *name);

#endif

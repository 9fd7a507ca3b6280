/*
 * python_read.h - reads the interpreter's memory, for the parts of python_frames.h: with system calls
 * that cannot fault until it is proven that things are where they should be, directly since.
 */
#ifndef RAC_PYTHON_READ_H
#define RAC_PYTHON_READ_H

#include "python_frames.h"
#include "safe_read.h"
#include <string.h>

static inline bool rac_python_read(
	struct rac_python_interpreter *in, void *to, uintptr_t from, size_t n)
{
	/* Relaxed: a thread that does not see it yet only takes longer. */
	if (__builtin_expect(rac_load_relaxed(&in->proven) == 0, 0))
		return rac_safe_read(to, from, n);
	memcpy(to, (const void *)from, n);
	return true;
}

static inline uintptr_t rac_python_pointer(struct rac_python_interpreter *in, uintptr_t from)
{
	uintptr_t value = 0;

	return rac_python_read(in, &value, from, sizeof(value)) ? value : 0;
}

/* The slow half of rac_python_is: compares the type's name. */
bool rac_python_is_named(
	struct rac_python_interpreter *in, uintptr_t type, const char *name, rac_atomic_u64 *known);

/* Whether an object is of the built-in type of that name. The type's address is kept in *known. */
static inline bool rac_python_is(struct rac_python_interpreter *in, uintptr_t object,
	const char *name, rac_atomic_u64 *known)
{
	uintptr_t type;

	if (object == 0 || object % sizeof(object) != 0)
		return false;
	type = rac_python_pointer(in, object + in->layout.object_type);
	/* Relaxed: an address; all who learn it learn the same. */
	if (__builtin_expect(type == rac_load_relaxed(known) && type != 0, 1))
		return true;
	return rac_python_is_named(in, type, name, known);
}

/* The same for what a code object holds, of which the interpreter made sure. */
static inline bool rac_python_holds(struct rac_python_interpreter *in, uintptr_t object,
	const char *name, rac_atomic_u64 *known)
{
	/* Relaxed: as in rac_python_read. */
	return rac_load_relaxed(&in->proven) != 0 ? object != 0
						  : rac_python_is(in, object, name, known);
}

/* A hash of a text object's length and content, and of a bytes object's: the content's ends only.
 * 0: it is none. */
uint64_t rac_python_text_hash(struct rac_python_interpreter *in, uintptr_t object);
uint64_t rac_python_bytes_hash(struct rac_python_interpreter *in, uintptr_t object);

#endif

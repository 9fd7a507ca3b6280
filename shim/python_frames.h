/*
 * python_frames.h - the Python functions that the calling thread is in, read from the interpreter's own
 * structures without its lock; turning them into stored frames is the caller's.
 *
 * While a thread is inside C nobody else takes its frames away: each keeps its code, and the code its
 * names. So a thread may read its own without the global lock, which it must not take here: a thread that
 * holds it may be waiting for a lock of the one that allocates. Nothing of the interpreter is called but
 * functions that return a pointer.
 *
 * The first frames are read with system calls that cannot fault, until what was found proves that the
 * interpreter is laid out as it should be. An interpreter that is being shut down is left alone.
 *
 * Operations and what they may run with: everything with everything, from any thread. What rac_python_walk
 * found is for the same thread, and until it goes back into the interpreter.
 */
#ifndef RAC_PYTHON_FRAMES_H
#define RAC_PYTHON_FRAMES_H

#include "code_modules.h"
#include "python_layout.h"
#include <stddef.h>

#define RAC_PYTHON_INTERPRETERS 4 /* told apart in one process, over time */

struct rac_python_interpreter {
	struct rac_python_layout layout;
	uint32_t version;
	bool known;
	uint16_t module; /* its number, where that holds nothing else; else RAC_MODULE_UNKNOWN */
	rac_atomic_u32 proven; /* read without system calls */
	rac_atomic_u64 code_type, text_type, bytes_type;
};

/* What one process knows about interpreters. Treat as opaque; made by rac_python_init. */
struct rac_python {
	struct rac_code_modules *modules;
	uint32_t capacity;
	rac_atomic_u32 used;
	struct rac_python_interpreter interpreters[RAC_PYTHON_INTERPRETERS];
	rac_atomic_u32 looked_at[]; /* by number of module: see python_frames.c */
};

/* Bytes that go with so many modules. */
size_t rac_python_bytes(uint32_t modules);

/* Starts with zeroed memory of as many bytes as the above says for the table's modules, aligned to 64. */
struct rac_python *rac_python_init(void *memory, struct rac_code_modules *modules);

struct rac_python_frame {
	uint64_t key; /* the same for the same place in the same function, whatever its addresses */
	uintptr_t code;
	int64_t instruction; /* bytes from the start of the function's */
	/*
	 * Where on the native stack the interpreter's function lies that was entered for this frame and
	 * those before it, back to the one that has such a place; 0: it goes on in the next one.
	 */
	uintptr_t entry;
};

/*
 * The calling thread's Python frames, innermost first, at most `most`. `native` are its native frames as
 * rac_unwind gave them: without an interpreter among them there are none. *in says for
 * rac_python_text and rac_python_line where they were read. Returns how many.
 */
unsigned rac_python_walk(struct rac_python *p, const uint64_t *native, unsigned native_count,
	struct rac_python_frame *out, unsigned most, struct rac_python_interpreter **in);

enum rac_python_text { RAC_PYTHON_FUNCTION, RAC_PYTHON_FILE };

/*
 * The name of a frame's function, with those of what it is defined in from 3.11 on, or of its file, in
 * UTF-8, without NUL; a file name's bytes that are none as they are. Returns its bytes, at most
 * `most`: longer ones are cut, never within a character. "?" where it cannot be read.
 */
size_t rac_python_text(struct rac_python_interpreter *in, const struct rac_python_frame *frame,
	enum rac_python_text which, char *to, size_t most);

/* The line that a frame is at. 0: it is at none. */
uint32_t rac_python_line(struct rac_python_interpreter *in, const struct rac_python_frame *frame);

/* Whether an interpreter was met that is not known here; *version as in python_layout.h. */
bool rac_python_is_unknown(struct rac_python *p, uint32_t *version);

#endif

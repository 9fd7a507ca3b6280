/*
 * work.h - the steps that each program of the check on a GPU goes through, and what one kind of memory
 * brings to them; who starts the programs and compares figures is tests/gpu/program.py.
 */
#ifndef GPU_WORK_H
#define GPU_WORK_H

#include "../apps/check.h"

#include <cuda.h>
#include <string.h>

#define PARTS 8 /* a request is made in so many calls where the kind allows it */

/* One kind of memory. `take` gets a multiple of 16 MiB and leaves nothing behind where it is refused. */
struct kind {
	const char *name;
	CUresult (*take)(size_t bytes);
	void (*give)(void);
	unsigned int (*content)(void); /* of what was taken, written and read back; may be NULL */
};

extern const struct kind kinds_plain[], kinds_ordered[],
	kinds_shared[]; /* each ends with no name */

/* The second process of the kind "ipc": holds what it opened until its stdin ends. */
void kinds_shared_hold(const char *handle_text);

/* Where who watches from outside takes figures: prints a line and waits for one, if it asked for that. */
static inline void mark(const char *name)
{
	if (getenv("GPU_CHECK_MARKS") == NULL)
		return;
	printf("mark %s\n", name);
	fflush(stdout);
	if (getchar() != '\n')
		FAIL("nobody watches any more");
}

/* What is at the end of some memory after that was filled. */
static inline unsigned int content_of(CUdeviceptr memory, size_t bytes)
{
	unsigned int word = 0;
	size_t filled = bytes < 1 << 20 ? bytes : 1 << 20;

	OK(cuMemsetD32(memory + bytes - filled, 0x5eed0001, filled / 4));
	OK(cuMemcpyDtoH(&word, memory + bytes - 4, 4));
	return word;
}

#endif

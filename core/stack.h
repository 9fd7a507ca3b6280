/*
 * stack.h - how the frames of a call stack are stored in an arena. Who captures them is the shim's
 * business, who names their functions the command's.
 *
 * A stack at a place is a word with the number of frames and then two words a frame, innermost first:
 *
 *	native	language:4 unused:44 module:16	address of the call in memory; 0 where the module is 0,
 *						unknown
 *	python	language:4 unused:28 line:32	function:32 file:32, places of text in the arena
 *
 * Text at a place is a word with its length in bytes and then the bytes, ended by NUL.
 */
#ifndef RAC_STACK_H
#define RAC_STACK_H

#include "arena.h"

#define RAC_STACK_FRAMES_MAX 256
#define RAC_TEXT_BYTES_MAX   1024

enum rac_language { RAC_LANGUAGE_NATIVE, RAC_LANGUAGE_PYTHON };

struct rac_frame {
	enum rac_language language;
	uint16_t module; /* native */
	uint64_t offset;
	uint32_t line; /* python; 0: unknown */
	uint32_t function, file;
};

/* Stores n frames, at most RAC_STACK_FRAMES_MAX. 0: none, or no room. */
uint64_t rac_stack_put(struct rac_arena *a, const struct rac_frame *frames, size_t n);

/* Room for as many, of which each is filled by rac_stack_set before anybody is told the place. */
uint64_t rac_stack_reserve(struct rac_arena *a, size_t n, uint64_t **words);
void rac_stack_set(uint64_t *words, size_t i, const struct rac_frame *frame);

/* Stores text, cut to RAC_TEXT_BYTES_MAX. 0: no room, or beyond what 32 bits can name. */
uint32_t rac_stack_put_text(struct rac_arena *a, const char *bytes, size_t n);

/* The number of frames of the stack at a place and its words; 0: there is none. The arena may be a
 * copy of foreign bytes. */
size_t rac_stack_frames(const struct rac_arena *a, uint64_t place, const uint64_t **words);

/* The text at a place; NULL: there is none, or it does not end where it should. */
const char *rac_stack_text(const struct rac_arena *a, uint64_t place);

/* Frame i of the stack whose words these are. */
void rac_stack_frame(const uint64_t *words, size_t i, struct rac_frame *out);

#endif

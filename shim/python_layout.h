/*
 * python_layout.h - where CPython keeps what a call stack is read from: finds an interpreter among the
 * modules and tells its version; reads no frames.
 *
 * From 3.13 on the interpreter says it itself, in a table at the start of its runtime state. Before, the
 * layout was the same in all releases of a minor version: those are closed now. Builds without the global
 * lock, and versions that are not known here, have no layout.
 */
#ifndef RAC_PYTHON_LAYOUT_H
#define RAC_PYTHON_LAYOUT_H

#include "elf_image.h"

/* Offsets in the interpreter's structures. Those that a version does not have are 0. */
struct rac_python_layout {
	unsigned minor; /* of 3.10 to 3.14 */
	uint16_t thread_frame, thread_cframe;
	uint16_t cframe_frame, cframe_previous;
	uint16_t frame_previous, frame_code, frame_instruction, frame_owner, frame_is_entry;
	uint16_t code_file, code_name, code_line, code_lines, code_bytes;
	uint16_t object_type, type_name;
	uint16_t text_length, text_state, text_ascii, text_other;
	uint16_t bytes_length, bytes_start;
	uintptr_t finalizing; /* address of a pointer that is set when the interpreter ends */
	int (*is_finalizing)(void);
	/* The calling thread's state: of the interpreter that it is in, where that can be told, and of the
	 * one that it was first in. */
	void *(*current)(void);
	void *(*first)(void);
};

enum rac_python_found {
	RAC_PYTHON_NONE,    /* not an interpreter */
	RAC_PYTHON_KNOWN,   /* *out holds its layout */
	RAC_PYTHON_UNKNOWN, /* an interpreter without a layout here */
};

/* *version is as the interpreter has it: 0x030c01f0 is 3.12.1; 0 where it cannot be told. */
enum rac_python_found rac_python_layout(
	const struct rac_image *image, struct rac_python_layout *out, uint32_t *version);

#endif

/*
 * elf_image.h - reads what the headers of a loaded ELF file say, from memory, whoever may unload it
 * meanwhile and whatever the bytes are; it asks the dynamic loader nothing.
 */
#ifndef RAC_ELF_IMAGE_H
#define RAC_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAC_IMAGE_BUILD_ID_MAX 32

struct rac_image {
	uintptr_t header;               /* where the file's first byte lies */
	uintptr_t base;                 /* add to an address in the file's headers */
	uintptr_t start, end;           /* of all loaded segments */
	uintptr_t code_start, code_end; /* of those that may run */
	uintptr_t eh_frame_hdr;         /* 0: no unwind tables */
	size_t eh_frame_hdr_bytes;
	uintptr_t dynamic; /* 0: none */
	size_t dynamic_bytes;
	uint64_t fingerprint; /* of what never changes while it is loaded: see rac_image_is_there */
	uint32_t build_id_bytes;
	uint8_t build_id[RAC_IMAGE_BUILD_ID_MAX];
};

/* The image whose first byte lies at `header`. False: there is no ELF file of this machine's kind. */
bool rac_image_read(struct rac_image *out, uintptr_t header);

/* The program itself, whose headers the kernel handed over; needs no /proc. */
bool rac_image_read_program(struct rac_image *out);

/* Whether the same image still lies where it was read: its headers and the beginning of its unwind
 * tables are what they were. Two system calls. */
bool rac_image_is_there(const struct rac_image *image);

/*
 * The address of a symbol that the image itself defines, of any type, looked up in its GNU hash table;
 * 0: it defines none, or has no such table. *bytes is its size where not NULL.
 */
uintptr_t rac_image_symbol(const struct rac_image *image, const char *name, size_t *bytes);

static inline bool rac_image_runs(const struct rac_image *image, uintptr_t address)
{
	return address >= image->code_start && address < image->code_end;
}

#endif

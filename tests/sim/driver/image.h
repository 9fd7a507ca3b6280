/*
 * What a module's image defines: its kernels and its global variables. Read from PTX (image_ptx.c) and from
 * cubins (image_elf.c); of any other image nothing is known, so that every kernel's name is taken for one of its.
 */
#ifndef SIM_IMAGE_H
#define SIM_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_symbol {
	char *name;
	bool kernel;
	/* Of a global: its size, and what it holds at first; NULL: zeros. */
	uint64_t bytes;
	char *initial;
};

struct sim_image {
	unsigned int users;
	bool opaque;
	size_t count;
	struct sim_symbol *symbols;
};

/* NULL where no memory is to be had. The image belongs to who asked for it. */
struct sim_image *sim_image_read(const void *data);
struct sim_image *sim_image_load(const char *path);
struct sim_image *sim_image_use(struct sim_image *image);
void sim_image_drop(struct sim_image *image);

bool sim_image_has_kernel(const struct sim_image *image, const char *name);

/* For the readers: an entry that takes the name's bytes; NULL where no memory is to be had. */
struct sim_symbol *sim_image_add(struct sim_image *image, const char *name, size_t length);
bool sim_image_read_ptx(struct sim_image *image, const char *text);
bool sim_image_read_elf(struct sim_image *image, const char *data);
bool sim_image_is_ptx(const char *text);
bool sim_image_is_elf(const char *data);

#endif

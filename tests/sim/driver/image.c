/*
 * See image.h: the list of what an image defines, and which reader an image is for.
 */
#include "image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_symbol *sim_image_add(struct sim_image *image, const char *name, size_t length)
{
	struct sim_symbol *grown =
		realloc(image->symbols, (image->count + 1) * sizeof(*image->symbols));
	struct sim_symbol *added;

	if (!grown)
		return NULL;
	image->symbols = grown;
	added = &grown[image->count];
	*added = (struct sim_symbol){.name = strndup(name, length)};
	if (!added->name)
		return NULL;
	image->count++;
	return added;
}

struct sim_image *sim_image_read(const void *data)
{
	struct sim_image *image = calloc(1, sizeof(*image));
	bool read = true;

	if (!image)
		return NULL;
	image->users = 1;
	if (sim_image_is_ptx(data))
		read = sim_image_read_ptx(image, data);
	else if (sim_image_is_elf(data))
		read = sim_image_read_elf(image, data);
	else
		image->opaque = true;
	if (read)
		return image;
	sim_image_drop(image);
	return NULL;
}

struct sim_image *sim_image_load(const char *path)
{
	struct sim_image *image = NULL;
	FILE *file = fopen(path, "rb");
	char *data = NULL;
	long size;

	if (file && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
		/* PTX ends in a NUL, also where its file does not. */
		data = calloc((size_t)size + 1, 1);
		rewind(file);
		if (data && fread(data, 1, (size_t)size, file) == (size_t)size)
			image = sim_image_read(data);
	}
	if (file)
		fclose(file);
	free(data);
	return image;
}

struct sim_image *sim_image_use(struct sim_image *image)
{
	image->users++;
	return image;
}

void sim_image_drop(struct sim_image *image)
{
	if (--image->users)
		return;
	for (size_t i = 0; i < image->count; i++) {
		free(image->symbols[i].name);
		free(image->symbols[i].initial);
	}
	free(image->symbols);
	free(image);
}

bool sim_image_has_kernel(const struct sim_image *image, const char *name)
{
	for (size_t i = 0; i < image->count; i++) {
		if (image->symbols[i].kernel && strcmp(image->symbols[i].name, name) == 0)
			return true;
	}
	return image->opaque;
}

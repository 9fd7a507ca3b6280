/*
 * maps.h - says what is mapped at an address, as /proc/self/maps tells it; what a mapped file holds is
 * not looked at.
 */
#ifndef RAC_MAPS_H
#define RAC_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#define RAC_MAPS_PATH_MAX 1024

struct rac_mapping {
	uintptr_t start, end;
	bool is_executable;
	/* Where the start of the same file is mapped, below or here; for memory that is no file's, where the
	 * last file before it begins, since code may have been moved to memory in place. 0: nowhere. */
	uintptr_t image;
	/* Of the file, or of the file that `image` is the start of; not ended by NUL. A file that was
	 * deleted keeps its old name. A longer path is cut. */
	uint32_t path_bytes;
	char path[RAC_MAPS_PATH_MAX];
};

enum rac_maps_result {
	RAC_MAPS_FOUND,
	RAC_MAPS_FREE,      /* nothing is mapped there */
	RAC_MAPS_UNREADABLE /* /proc is not there, or no descriptor was left */
};

/*
 * Looks an address up. System calls alone: no lock, no allocation, no descriptor left, errno kept. Takes
 * about a microsecond for each mapping of the process below the address.
 */
enum rac_maps_result rac_maps_find(uintptr_t address, struct rac_mapping *out);

/*
 * Calls visit for each piece of private memory that can be read and written, upwards, until it returns false; `path`, in
 * *room, is of the file that it belongs to, as the zeroed data of a module lies directly behind the rest. False: the list
 * cannot be read, or not to its end.
 */
bool rac_maps_each_private(struct rac_mapping *room,
	bool (*visit)(void *context, const struct rac_mapping *mapping), void *context);

#endif

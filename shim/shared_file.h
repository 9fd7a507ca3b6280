/*
 * shared_file.h - files that this process maps and others may read: space that is really there, mapped,
 * and the same file found again by its name. Names are file_name.h's business, contents core's.
 *
 * A page of a shared mapping whose file has no space for it raises SIGBUS when it is touched, so nothing
 * is mapped that was not reserved first. What no one can prevent is that somebody with the right to do so
 * truncates the file.
 */
#ifndef RAC_SHARED_FILE_H
#define RAC_SHARED_FILE_H

#include <stdbool.h>
#include <stdint.h>

#define RAC_FILE_NAME_MAX 4096

/* Which file a name stood for. */
struct rac_shared_file {
	uint32_t device_major, device_minor;
	uint64_t inode;
};

/* False: it is no plain file, or nothing is to be learnt of it. */
bool rac_shared_file_identify(int fd, struct rac_shared_file *out);

/*
 * Reserves space for `bytes` bytes from `offset` on, which read as zeros, and maps them; both are
 * multiples of a page. NULL: errno says why, and the file may have grown. No SIGXFSZ reaches the host.
 */
void *rac_shared_file_map(int fd, uint64_t offset, uint64_t bytes);

/* Opens a file by its name if it is still the same, for reading and writing. -1 with ESTALE: it is not. */
int rac_shared_file_reopen(const char *path, const struct rac_shared_file *file);

/* Whether the name stands for the file. */
bool rac_shared_file_is(const char *path, const struct rac_shared_file *file);

/* Removes the name if it still stands for the file. */
void rac_shared_file_unlink(const char *path, const struct rac_shared_file *file);

/* Gives space back that is mapped nowhere. */
void rac_shared_file_punch(int fd, uint64_t offset, uint64_t bytes);

#endif

/*
 * file_status.h - asks the kernel about a file. Not by stat and fstat, which are symbols of glibc 2.33 where
 * they are not inline functions; and not every C library has statx.
 */
#ifndef RAC_FILE_STATUS_H
#define RAC_FILE_STATUS_H

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern __typeof__(statx) statx __attribute__((weak));

/* As statx, errno included. */
static inline int rac_file_status(
	int folder, const char *path, int flags, unsigned mask, struct statx *out)
{
	/* glibc's can do without a kernel that has it. */
	if (statx != NULL)
		return statx(folder, path, flags, mask, out);
	return (int)syscall(SYS_statx, folder, path, flags, mask, out);
}

#endif

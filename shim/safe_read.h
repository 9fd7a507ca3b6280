/*
 * safe_read.h - reads memory of this process that may not be there: no fault, no signal, errno kept.
 */
#ifndef RAC_SAFE_READ_H
#define RAC_SAFE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The finest page that any machine has: nothing smaller than this is mapped or protected. */
#define RAC_SAFE_PAGE 4096u

/*
 * Copies n bytes. False: some of them cannot be read; then *to holds anything. A system call or two, and
 * safe whatever other threads unmap meanwhile, except where the kernel refuses process_vm_readv: there
 * each page is probed first and then read.
 */
bool rac_safe_read(void *to, uintptr_t from, size_t n);

/* How many of `pages` pages can be read, from the one that holds the address upwards to the first that
 * cannot. */
size_t rac_safe_pages(uintptr_t address, size_t pages);

#endif

/*
 * process_identity.h - tells this process from all others, also later and from elsewhere, for records that
 * others read; what it is called and runs is process_info.h's.
 */
#ifndef RAC_PROCESS_IDENTITY_H
#define RAC_PROCESS_IDENTITY_H

#include "record.h"
#include <sys/types.h>

/* What the buffer holds of a file of /proc, and a NUL; returns how much that is. */
size_t rac_process_read(const char *path, char *text, size_t capacity);

/* When the kernel started a process, this one where pid is 0, in clock ticks since the machine started;
 * 0: not known. */
uint64_t rac_process_start_ticks(pid_t pid);

/* Fills in what tells the process and its record from others, as far as /proc says. errno is kept. */
void rac_process_identify(struct rac_record_header *out);

#endif

/*
 * process_stat.h - reads files of /proc: what the kernel says of a process in /proc/PID/stat, and which pid
 * namespace this one is in.
 */
#ifndef RAC_PROCESS_STAT_H
#define RAC_PROCESS_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rac_process_stat {
	char state;       /* as ps shows it: R, S, Z, ... */
	bool exiting;     /* its first thread is on its way out */
	uint64_t threads; /* 1 also for a dead process that waits to be collected */
	uint64_t started; /* clock ticks since boot: with the pid, one process and no other */
};

enum rac_process_known { RAC_PROCESS_THERE, RAC_PROCESS_ABSENT, RAC_PROCESS_UNKNOWN };

/* What the buffer holds of a file of /proc, and a NUL; returns how much that is. errno is kept. */
size_t rac_process_read(const char *path, char *text, size_t capacity);

/* Pids are those of this process's namespace, 0 is this process. Fills *out where the process is there. */
enum rac_process_known rac_process_stat_read(uint64_t pid, struct rac_process_stat *out);

/* When the kernel started it, in ticks as above; 0: not known. */
uint64_t rac_process_start_ticks(uint64_t pid);

/* The number of our pid namespace; 0 where it is not known or /proc is that of another one. */
uint64_t rac_process_namespace(void);

#endif

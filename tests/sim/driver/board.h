/*
 * What all processes on the simulated devices share: who holds how much, and which memory has been exported.
 * The layout of the file that SIMCUDA_SHARED names, written by the driver and read by libnvidia-ml.
 */
#ifndef SIM_BOARD_H
#define SIM_BOARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define BOARD_MAGIC   0x53494d4341524433ULL
#define BOARD_SLOTS   256
#define BOARD_DEVICES 16
#define BOARD_EXPORTS 1024

/* One process; pid 0 is free. */
struct board_slot {
	int64_t pid;
	uint64_t started;              /* in clock ticks since boot: tells a recycled pid */
	uint64_t alive_at;             /* nanoseconds; its last sign of life */
	uint64_t bytes[BOARD_DEVICES]; /* by physical index */
};

/* Memory that another process may map: a file of the exporter, known by the inode of what it handed out. */
struct board_export {
	uint64_t inode; /* 0: free */
	int64_t pid;
	int32_t file;
	int32_t device; /* physical index; -1: host */
	uint64_t offset, size, id;
};

struct board {
	uint64_t magic;
	pthread_mutex_t lock;
	struct board_slot slots[BOARD_SLOTS];
	struct board_export exports[BOARD_EXPORTS];
	uint64_t peak[BOARD_DEVICES]; /* the most that all held at once */
};

/* Start time of a living process, 0 for one that is gone or only waits to be collected. */
uint64_t board_start_time(int64_t pid);

/* Nanoseconds, the same in all processes. */
uint64_t board_now(void);

/* Frees what dead processes held whose last sign of life is so long ago. The board's lock is held. */
void board_collect(struct board *board, const struct board_slot *mine, uint64_t reap_ns);

/* Maps the file, making and formatting it if need be; NULL with a message in *problem where that fails. */
struct board *board_map(const char *path, const char **problem);

void board_lock(struct board *board);
void board_unlock(struct board *board);

#endif

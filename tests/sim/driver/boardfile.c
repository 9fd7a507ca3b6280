/*
 * The shared board as a file: mapping and formatting it, its lock, and clearing what dead processes held. It
 * knows nothing of kinds of memory; libnvidia-ml is built from it too.
 */
#include "board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

void board_lock(struct board *board)
{
	if (pthread_mutex_lock(&board->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&board->lock);
}

void board_unlock(struct board *board)
{
	pthread_mutex_unlock(&board->lock);
}

uint64_t board_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t board_start_time(int64_t pid)
{
	char path[64], text[1024], state;
	unsigned long long started = 0;
	const char *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	at = strrchr(text, ')');
	if (!at || sscanf(at + 1, " %c", &state) != 1 || state == 'Z' || state == 'X')
		return 0;
	/* Field 22; the state is field 3. */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		sscanf(at, "%llu", &started);
	return started;
}

static void bury(struct board *board, struct board_slot *slot)
{
	for (unsigned int i = 0; i < BOARD_EXPORTS; i++) {
		if (board->exports[i].pid == slot->pid)
			board->exports[i].inode = 0;
	}
	memset(slot, 0, sizeof(*slot));
}

void board_collect(struct board *board, const struct board_slot *mine, uint64_t reap_ns)
{
	for (unsigned int i = 0; i < BOARD_SLOTS; i++) {
		struct board_slot *slot = &board->slots[i];

		if (!slot->pid)
			continue;
		if (slot == mine || board_start_time(slot->pid) == slot->started)
			slot->alive_at = board_now();
		else if (board_now() - slot->alive_at >= reap_ns)
			bury(board, slot);
	}
}

static void format(struct board *fresh)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&fresh->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	fresh->magic = BOARD_MAGIC;
}

struct board *board_map(const char *path, const char **problem)
{
	struct board *board = NULL;
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (file < 0) {
		*problem = "cannot be opened";
		return NULL;
	}
	/* The first one in formats; the others wait for it. */
	flock(file, LOCK_EX);
	if (ftruncate(file, sizeof(*board)) == 0)
		board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (!board || (void *)board == MAP_FAILED) {
		*problem = "cannot be sized and mapped";
		board = NULL;
	} else if (board->magic != BOARD_MAGIC) {
		format(board);
	}
	flock(file, LOCK_UN);
	close(file);
	return board;
}

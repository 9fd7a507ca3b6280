/*
 * The books of the simulated devices: what this process holds by kind, with peaks, and what all processes
 * hold together against the capacity. With SIMCUDA_SHARED the second part lies in a file that all processes
 * map; what a dead process held comes back a little after its death, as on a real device. Kinds are charged
 * by what the caller says, never by what the shim might think.
 */
#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x53494d4341524431ULL
#define SLOTS 256

/* One process; pid 0 is free. */
struct slot {
	int64_t pid;
	uint64_t started;    /* in clock ticks since boot: tells a recycled pid */
	uint64_t dead_since; /* nanoseconds; 0: not noticed yet */
	uint64_t bytes[SIM_DEVICES];
};

struct board {
	uint64_t magic;
	pthread_mutex_t lock;
	struct slot slots[SLOTS];
};

static struct board private_board = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct board *board = &private_board;
static struct slot *mine = &private_board.slots[0];
static struct sim_card cards[SIM_DEVICES];
struct sim_account sim_pinned;

static void board_lock(void)
{
	if (pthread_mutex_lock(&board->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&board->lock);
}

static void board_unlock(void)
{
	pthread_mutex_unlock(&board->lock);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Start time of a living process, 0 for one that is gone or only waits to be collected. */
static uint64_t start_time(int64_t pid)
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

/* Board locked. */
static void collect_dead(void)
{
	if (board == &private_board)
		return;
	for (unsigned int i = 0; i < SLOTS; i++) {
		struct slot *slot = &board->slots[i];

		if (!slot->pid || slot == mine || start_time(slot->pid) == slot->started)
			continue;
		if (!slot->dead_since)
			slot->dead_since = now();
		else if (now() - slot->dead_since >= sim_config()->reap_ns)
			memset(slot, 0, sizeof(*slot));
	}
}

static void board_format(struct board *fresh)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&fresh->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	fresh->magic = MAGIC;
}

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "simcuda: SIMCUDA_SHARED=%s: %s: %s\n", sim_config()->shared, what, strerror(errno));
	_Exit(99);
}

static void claim_slot(void)
{
	board_lock();
	collect_dead();
	for (unsigned int i = 0; i < SLOTS; i++) {
		if (board->slots[i].pid)
			continue;
		mine = &board->slots[i];
		memset(mine, 0, sizeof(*mine));
		mine->pid = getpid();
		mine->started = start_time(mine->pid);
		break;
	}
	board_unlock();
	if (mine == &private_board.slots[0])
		give_up("all places for processes are taken");
}

void sim_board_open(void)
{
	const char *path = sim_config()->shared;
	struct board *shared;
	int file;

	if (!path || board != &private_board)
		return;
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (file < 0)
		give_up("cannot be opened");
	flock(file, LOCK_EX);
	if (ftruncate(file, sizeof(struct board)))
		give_up("cannot be sized");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (shared == MAP_FAILED)
		give_up("cannot be mapped");
	if (shared->magic != MAGIC)
		board_format(shared);
	flock(file, LOCK_UN);
	close(file);
	board = shared;
	claim_slot();
}

void sim_board_close(void)
{
	if (board == &private_board)
		return;
	board_lock();
	memset(mine, 0, sizeof(*mine));
	board_unlock();
}

struct sim_card *sim_card(int device)
{
	return &cards[device];
}

static uint64_t capacity(int device)
{
	return sim_config()->memory[sim_config()->physical[device]];
}

static uint64_t *my_bytes(int device)
{
	return &mine->bytes[sim_config()->physical[device]];
}

static uint64_t all_bytes(int device)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < SLOTS; i++)
		sum += board->slots[i].bytes[sim_config()->physical[device]];
	return sum;
}

uint64_t sim_device_used(int device)
{
	uint64_t used;

	board_lock();
	collect_dead();
	used = all_bytes(device);
	board_unlock();
	return used;
}

uint64_t sim_device_left(int device)
{
	uint64_t used = sim_device_used(device);

	return used < capacity(device) ? capacity(device) - used : 0;
}

static uint64_t physical(enum simcuda_kind kind, uint64_t bytes)
{
	uint64_t unit;

	if (kind == SIMCUDA_MANAGED && sim_config()->managed_oversubscribes)
		return 0;
	if (!sim_config()->round || kind > SIMCUDA_ARRAY)
		return bytes;
	unit = bytes < SIM_MIB ? 512 : 2 * SIM_MIB;
	return (bytes + unit - 1) / unit * unit;
}

static bool take_physical(int device, uint64_t bytes)
{
	struct sim_card *card = &cards[device];
	bool fits;

	board_lock();
	fits = bytes <= capacity(device) && all_bytes(device) <= capacity(device) - bytes;
	if (!fits && bytes <= capacity(device)) {
		collect_dead();
		fits = all_bytes(device) <= capacity(device) - bytes;
	}
	if (fits)
		*my_bytes(device) += bytes;
	board_unlock();
	if (!fits)
		return false;
	card->physical += bytes;
	if (card->physical > card->physical_peak)
		card->physical_peak = card->physical;
	return true;
}

static void add(struct sim_account *account, uint64_t bytes, unsigned int count)
{
	account->bytes += bytes;
	account->count += count;
	if (account->bytes > account->peak)
		account->peak = account->bytes;
}

static CUresult charge(int device, enum simcuda_kind kind, uint64_t bytes, unsigned int count)
{
	struct sim_card *card = &cards[device];

	/* Sizes beyond this would overflow in rounding; managed memory may pass the capacity. */
	if (bytes > 1ULL << 46 || !take_physical(device, physical(kind, bytes)))
		return CUDA_ERROR_OUT_OF_MEMORY;
	add(&card->kind[kind], bytes, count);
	if (kind < SIMCUDA_TRACKED)
		add(&card->live, bytes, count);
	return CUDA_SUCCESS;
}

static void uncharge(int device, enum simcuda_kind kind, uint64_t bytes, unsigned int count)
{
	struct sim_card *card = &cards[device];
	uint64_t held = physical(kind, bytes);

	board_lock();
	*my_bytes(device) -= held;
	board_unlock();
	card->physical -= held;
	card->kind[kind].bytes -= bytes;
	card->kind[kind].count -= count;
	if (kind < SIMCUDA_TRACKED) {
		card->live.bytes -= bytes;
		card->live.count -= count;
	}
}

CUresult sim_charge(int device, enum simcuda_kind kind, uint64_t bytes)
{
	return charge(device, kind, bytes, 1);
}

void sim_uncharge(int device, enum simcuda_kind kind, uint64_t bytes)
{
	uncharge(device, kind, bytes, 1);
}

CUresult sim_charge_more(int device, enum simcuda_kind kind, uint64_t bytes)
{
	return charge(device, kind, bytes, 0);
}

void sim_uncharge_some(int device, enum simcuda_kind kind, uint64_t bytes)
{
	uncharge(device, kind, bytes, 0);
}

void sim_pin(int64_t bytes, int count)
{
	sim_pinned.bytes += (uint64_t)bytes;
	sim_pinned.count += (uint64_t)(int64_t)count;
	if (sim_pinned.bytes > sim_pinned.peak)
		sim_pinned.peak = sim_pinned.bytes;
}

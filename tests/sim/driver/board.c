/*
 * The books of the simulated devices: what this process holds by kind, with peaks, and what all processes
 * hold together against the capacity. With SIMCUDA_SHARED the second part lies in a file that all processes
 * map; what a dead process held comes back a little after its death, as on a real device. Kinds are charged
 * by what the caller says, never by what the shim might think.
 */
#include "sim.h"

#include "board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS BOARD_SLOTS

static struct board private_board = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct board *board = &private_board;
static struct board_slot *mine = &private_board.slots[0];
static struct sim_card cards[SIM_DEVICES];
struct sim_account sim_pinned;
static struct simcuda_book private_books[SIM_DEVICES];
static struct simcuda_book *books = private_books;

static void lock(void)
{
	board_lock(board);
}

static void unlock(void)
{
	board_unlock(board);
}

static void collect_dead(void)
{
	if (board != &private_board)
		board_collect(board, mine, sim_config()->reap_ns);
}

static _Noreturn void give_up(const char *name, const char *value, const char *what)
{
	fprintf(stderr, "simcuda: %s=%s: %s: %s\n", name, value, what, strerror(errno));
	_Exit(99);
}

static void claim_slot(void)
{
	lock();
	collect_dead();
	for (unsigned int i = 0; i < SLOTS; i++) {
		if (board->slots[i].pid)
			continue;
		mine = &board->slots[i];
		memset(mine, 0, sizeof(*mine));
		mine->alive_at = board_now();
		mine->pid = getpid();
		mine->started = board_start_time(mine->pid);
		break;
	}
	unlock();
	if (mine == &private_board.slots[0])
		give_up("SIMCUDA_SHARED", sim_config()->shared,
			"all places for processes are taken");
}

static void open_books(void)
{
	const char *path = sim_config()->books;
	int file;
	void *mapped = MAP_FAILED;

	if (!path || books != private_books)
		return;
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (file >= 0 && ftruncate(file, sizeof(private_books)) == 0)
		mapped = mmap(
			NULL, sizeof(private_books), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (mapped == MAP_FAILED)
		give_up("SIMCUDA_BOOKS", path, "cannot be opened, sized and mapped");
	close(file);
	books = mapped;
}

void sim_board_open(void)
{
	const char *path = sim_config()->shared, *problem;
	struct board *shared;

	open_books();
	if (!path || board != &private_board)
		return;
	shared = board_map(path, &problem);
	if (!shared)
		give_up("SIMCUDA_SHARED", path, problem);
	board = shared;
	claim_slot();
}

/* The driver's end: a process that leaves in good order gives everything back at once. */
void sim_finish(void)
{
	if (board == &private_board)
		return;
	lock();
	for (unsigned int i = 0; i < BOARD_EXPORTS; i++) {
		if (board->exports[i].pid == mine->pid)
			board->exports[i].inode = 0;
	}
	memset(mine, 0, sizeof(*mine));
	unlock();
}

/* Tells other processes where exported memory lies. Nothing to do where devices are not shared. */
void sim_board_publish(const struct board_export *entry)
{
	lock();
	for (unsigned int i = 0; i < BOARD_EXPORTS; i++) {
		if (board->exports[i].inode)
			continue;
		board->exports[i] = *entry;
		break;
	}
	unlock();
}

void sim_board_withdraw(uint64_t inode)
{
	lock();
	for (unsigned int i = 0; i < BOARD_EXPORTS; i++) {
		if (board->exports[i].inode == inode)
			board->exports[i].inode = 0;
	}
	unlock();
}

bool sim_board_find(uint64_t inode, struct board_export *entry)
{
	bool found = false;

	lock();
	for (unsigned int i = 0; i < BOARD_EXPORTS && !found; i++) {
		found = inode && board->exports[i].inode == inode;
		if (found)
			*entry = board->exports[i];
	}
	unlock();
	return found;
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

	lock();
	collect_dead();
	used = all_bytes(device);
	unlock();
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

/* What dead processes no longer hold must not count for it. */
static void note_peak(int device)
{
	uint64_t *peak = &board->peak[sim_config()->physical[device]];

	if (all_bytes(device) <= *peak)
		return;
	collect_dead();
	if (all_bytes(device) > *peak)
		*peak = all_bytes(device);
}

uint64_t sim_device_peak(int device)
{
	uint64_t peak;

	lock();
	peak = board->peak[sim_config()->physical[device]];
	unlock();
	return peak;
}

static bool take_physical(int device, uint64_t bytes)
{
	struct sim_card *card = &cards[device];
	bool fits;

	lock();
	fits = bytes <= capacity(device) && all_bytes(device) <= capacity(device) - bytes;
	if (!fits && bytes <= capacity(device)) {
		collect_dead();
		fits = all_bytes(device) <= capacity(device) - bytes;
	}
	if (fits) {
		*my_bytes(device) += bytes;
		mine->alive_at = board_now();
		note_peak(device);
	}
	unlock();
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

/* Bytes before the count: a reader that waits for the count finds the bytes. */
static void keep_book(int device)
{
	const struct sim_account *live = &cards[device].live;

	books[device].live_bytes = live->bytes;
	books[device].peak_bytes = live->peak;
	books[device].live_count = live->count;
}

static CUresult charge(int device, enum simcuda_kind kind, uint64_t bytes, unsigned int count)
{
	struct sim_card *card = &cards[device];

	/* Sizes beyond this would overflow in rounding; managed memory may pass the capacity. */
	if (bytes > 1ULL << 46)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (!take_physical(device, physical(kind, bytes))) {
		sim_vmm_collect();
		if (!take_physical(device, physical(kind, bytes)))
			return CUDA_ERROR_OUT_OF_MEMORY;
	}
	add(&card->kind[kind], bytes, count);
	if (kind < SIMCUDA_TRACKED) {
		add(&card->live, bytes, count);
		keep_book(device);
	}
	return CUDA_SUCCESS;
}

static void uncharge(int device, enum simcuda_kind kind, uint64_t bytes, unsigned int count)
{
	struct sim_card *card = &cards[device];
	uint64_t held = physical(kind, bytes);

	lock();
	*my_bytes(device) -= held;
	mine->alive_at = board_now();
	unlock();
	card->physical -= held;
	card->kind[kind].bytes -= bytes;
	card->kind[kind].count -= count;
	if (kind < SIMCUDA_TRACKED) {
		card->live.bytes -= bytes;
		card->live.count -= count;
		keep_book(device);
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

void sim_count(int device, enum simcuda_kind kind, int change)
{
	struct sim_card *card = &cards[device];

	card->kind[kind].count += (uint64_t)(int64_t)change;
	if (kind < SIMCUDA_TRACKED) {
		card->live.count += (uint64_t)(int64_t)change;
		keep_book(device);
	}
}

void sim_pin(int64_t bytes, int count)
{
	sim_pinned.bytes += (uint64_t)bytes;
	sim_pinned.count += (uint64_t)(int64_t)count;
	if (sim_pinned.bytes > sim_pinned.peak)
		sim_pinned.peak = sim_pinned.bytes;
}

/*
 * Long random runs on two devices, in which what is left of the cap, as cuMemGetInfo shows it, is compared
 * with what the simulator says is live: after every operation with one thread, whenever all wait with
 * several. With one thread it is also known of each request whether it fits.
 * Run it with RAC_LIMIT=CAP and SIMCUDA_DEVICES=2. Usage: race_ledger CAP OPERATIONS THREADS SEED
 */
#include "../sim/simcuda.h"
#include "check.h"

#include <cuda.h>
#include <pthread.h>
#include <string.h>

#define PIECES  512
#define DEVICES 2
#define ROUND   2000 /* operations between two waits for each other */

struct piece {
	CUdeviceptr address;
	void *host;
	int device;
};

struct worker {
	pthread_t thread;
	uint64_t seed;
	struct piece pieces[PIECES];
};

static uint64_t cap, operations, checks;
static int threads;
static CUcontext contexts[DEVICES];
static pthread_barrier_t barrier;

static uint64_t next(struct worker *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return w->seed;
}

static void use(int device)
{
	OK(cuCtxSetCurrent(contexts[device]));
}

static void check(int device)
{
	uint64_t live = simcuda_live_bytes(device);
	size_t left, total;

	use(device);
	OK(cuMemGetInfo(&left, &total));
	if (total != cap || left != cap - live)
		FAIL("check %llu: device %d holds %llu bytes, and %llu of %llu are shown as free",
			(unsigned long long)checks, device, (unsigned long long)live,
			(unsigned long long)left, (unsigned long long)total);
	checks++;
}

/* Small ones often, large ones sometimes, at times more than there can be. */
static size_t size(struct worker *w)
{
	uint64_t largest = cap >> next(w) % 16;

	return 1 + next(w) % (next(w) % 64 == 0 ? 2 * cap : largest);
}

static CUresult ask(struct worker *w, struct piece *piece, size_t bytes, size_t *charged)
{
	size_t pitch;

	*charged = bytes;
	switch (next(w) % 4) {
	case 0:
		return cuMemAllocManaged(&piece->address, bytes, CU_MEM_ATTACH_GLOBAL);
	case 1:
		*charged = (bytes + 511) / 512 * 512;
		return cuMemAllocPitch(&piece->address, &pitch, bytes, 1, 4);
	default:
		return cuMemAlloc(&piece->address, bytes);
	}
}

static void allocate(struct worker *w, struct piece *piece)
{
	size_t bytes = size(w), charged;
	uint64_t live;
	CUresult result;

	if (next(w) % 8 == 0) {
		OK(cuMemHostAlloc(&piece->host, 1 + bytes % 65536, 0));
		return;
	}
	piece->device = (int)(next(w) % DEVICES);
	use(piece->device);
	live = simcuda_live_bytes(piece->device);
	result = ask(w, piece, bytes, &charged);
	if (result != CUDA_SUCCESS) {
		RETURNS(CUDA_ERROR_OUT_OF_MEMORY, result);
		piece->address = 0;
	}
	if (threads == 1 && (result == CUDA_SUCCESS) != (charged <= cap - live))
		FAIL("a request of %zu bytes beside %llu of %llu returned %d", charged,
			(unsigned long long)live, (unsigned long long)cap, (int)result);
}

static void release(struct worker *w, struct piece *piece)
{
	/* Freed whichever device is current; sometimes twice, sometimes in the middle first. */
	use((int)(next(w) % DEVICES));
	if (piece->host) {
		OK(cuMemFreeHost(piece->host));
		piece->host = NULL;
		return;
	}
	if (next(w) % 16 == 0)
		EXPECT(cuMemFree(piece->address + 1) != CUDA_SUCCESS);
	OK(cuMemFree(piece->address));
	/* With other threads the address may be somebody's by now. */
	if (threads == 1 && next(w) % 16 == 0)
		EXPECT(cuMemFree(piece->address) != CUDA_SUCCESS);
	piece->address = 0;
}

static void step(struct worker *w)
{
	struct piece *piece = &w->pieces[next(w) % PIECES];

	if (piece->address || piece->host)
		release(w, piece);
	else
		allocate(w, piece);
}

static void *work(void *argument)
{
	struct worker *w = argument;

	use(0);
	for (uint64_t i = 0; i < operations / (uint64_t)threads; i++) {
		step(w);
		if (threads == 1) {
			check((int)(next(w) % DEVICES));
		} else if (i % ROUND == 0) {
			if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
				for (int device = 0; device < DEVICES; device++)
					check(device);
			}
			pthread_barrier_wait(&barrier);
		}
	}
	/* Half of it stays, for the report at the end. */
	for (size_t i = 0; i < PIECES; i += 2)
		if (w->pieces[i].address || w->pieces[i].host)
			release(w, &w->pieces[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker *workers;

	cap = argument(argc, argv, 1, "64M");
	operations = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000;
	threads = argc > 3 ? atoi(argv[3]) : 1;
	workers = calloc((size_t)threads, sizeof(*workers));
	OK(cuInit(0));
	for (int device = 0; device < DEVICES; device++)
		OK(cuDevicePrimaryCtxRetain(&contexts[device], device));
	pthread_barrier_init(&barrier, NULL, (unsigned int)threads);
	for (int i = 0; i < threads; i++) {
		workers[i].seed =
			0x9e3779b97f4a7c15 * (uint64_t)(i + 1 + (argc > 4 ? atoi(argv[4]) : 0));
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	for (int device = 0; device < DEVICES; device++)
		check(device);
	printf("race_ledger: fine, compared %llu times\n", (unsigned long long)checks);
	free(workers);
	return 0;
}

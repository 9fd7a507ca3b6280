/*
 * Many threads allocate, fill, verify and free at random. Where the simulator's truth is there, it is asked
 * at the end whether anything is left. Usage: threads [-n threads] [-s seconds] [-o operations per thread]
 *                                             [-b largest bytes] [-l live per thread] [-r] ; -r: runtime API
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE 64

struct piece {
	CUdeviceptr address;
	size_t bytes;
	unsigned char mark;
};

struct worker {
	pthread_t thread;
	uint64_t seed, done, refused;
};

static struct {
	int threads, live;
	double seconds;
	uint64_t operations;
	size_t largest;
	int runtime;
} options = {8, 16, 0, 20000, 1 << 20, 0};

static CUcontext ctx;

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static double seconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int allocate(struct piece *piece, size_t bytes)
{
	void *memory = NULL;
	int status;

	if (options.runtime) {
		status = (int)cudaMalloc(&memory, bytes);
		piece->address = (CUdeviceptr)(uintptr_t)memory;
		(void)cudaGetLastError();
	} else {
		status = (int)cuMemAlloc(&piece->address, bytes);
	}
	if (status != 0 && status != CUDA_ERROR_OUT_OF_MEMORY)
		FAIL("an allocation of %zu bytes returned %d", bytes, status);
	return status == 0;
}

static void release(struct piece *piece)
{
	if (options.runtime)
		OK(cudaFree((void *)(uintptr_t)piece->address));
	else
		OK(cuMemFree(piece->address));
	piece->bytes = 0;
}

/* The ends are enough to see that two pieces do not overlap. */
static size_t sample(const struct piece *piece)
{
	return piece->bytes < SAMPLE ? piece->bytes : SAMPLE;
}

static void mark(struct piece *piece, unsigned char value)
{
	size_t bytes = sample(piece);

	piece->mark = value;
	OK(cuMemsetD8(piece->address, value, bytes));
	OK(cuMemsetD8(piece->address + piece->bytes - bytes, value, bytes));
}

static void verify(const struct piece *piece)
{
	unsigned char back[SAMPLE];
	size_t bytes = sample(piece);

	for (int end = 0; end < 2; end++) {
		OK(cuMemcpyDtoH(back, piece->address + (end ? piece->bytes - bytes : 0), bytes));
		for (size_t i = 0; i < bytes; i++)
			EXPECT(back[i] == piece->mark);
	}
}

static void step(struct worker *worker, struct piece *pieces)
{
	struct piece *piece = &pieces[next(&worker->seed) % (uint64_t)options.live];

	if (piece->bytes) {
		verify(piece);
		release(piece);
		return;
	}
	/* Small ones often, large ones sometimes. */
	piece->bytes = 1 + next(&worker->seed) % (options.largest >> (next(&worker->seed) % 8));
	if (allocate(piece, piece->bytes)) {
		mark(piece, (unsigned char)next(&worker->seed));
	} else {
		worker->refused++;
		piece->bytes = 0;
	}
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct piece *pieces = calloc((size_t)options.live, sizeof(*pieces));
	double end = seconds_now() + options.seconds;

	OK(cuCtxSetCurrent(ctx));
	for (uint64_t i = 0; options.seconds > 0 || i < options.operations; i++) {
		if (options.seconds > 0 && i % 64 == 0 && seconds_now() > end)
			break;
		step(worker, pieces);
		worker->done++;
	}
	for (int i = 0; i < options.live; i++) {
		if (pieces[i].bytes)
			release(&pieces[i]);
	}
	free(pieces);
	return NULL;
}

static void parse(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:s:o:b:l:r")) != -1) {
		switch (option) {
		case 'n':
			options.threads = atoi(optarg);
			break;
		case 's':
			options.seconds = atof(optarg);
			break;
		case 'o':
			options.operations = strtoull(optarg, NULL, 10);
			break;
		case 'b':
			options.largest = parse_size(optarg);
			break;
		case 'l':
			options.live = atoi(optarg);
			break;
		case 'r':
			options.runtime = 1;
			break;
		default:
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct worker *workers;
	uint64_t (*live_bytes)(int), done = 0, refused = 0;

	parse(argc, argv);
	workers = calloc((size_t)options.threads, sizeof(*workers));
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&ctx, 0));
	for (int i = 0; i < options.threads; i++) {
		workers[i].seed = 0x9e3779b97f4a7c15 * (uint64_t)(i + 1);
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (int i = 0; i < options.threads; i++) {
		pthread_join(workers[i].thread, NULL);
		done += workers[i].done;
		refused += workers[i].refused;
	}
	free(workers);
	*(void **)&live_bytes = dlsym(RTLD_DEFAULT, "simcuda_live_bytes");
	if (live_bytes && live_bytes(0) != 0)
		FAIL("%llu bytes are left", (unsigned long long)live_bytes(0));
	printf("threads: fine, %llu operations, %llu refused\n", (unsigned long long)done,
		(unsigned long long)refused);
	return 0;
}

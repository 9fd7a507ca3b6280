/*
 * Threads of which only one at a time can have what all ask for: more than half of the cap. Counts how often
 * two had it at once. Run it with RAC_LIMIT=CAP. Usage: race_duel CAP SECONDS [THREADS]
 */
#include "check.h"

#include <cuda.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

static size_t bytes;
static time_t end;
static CUcontext context;
static _Atomic int owners;
static _Atomic uint64_t granted, refused, shared;

static void *work(void *unused)
{
	CUdeviceptr memory;

	OK(cuCtxSetCurrent(context));
	while (time(NULL) < end) {
		CUresult result = cuMemAlloc(&memory, bytes);

		if (result != CUDA_SUCCESS) {
			RETURNS(CUDA_ERROR_OUT_OF_MEMORY, result);
			atomic_fetch_add(&refused, 1);
			continue;
		}
		if (atomic_fetch_add(&owners, 1) != 0)
			atomic_fetch_add(&shared, 1);
		atomic_fetch_add(&granted, 1);
		atomic_fetch_sub(&owners, 1);
		OK(cuMemFree(memory));
	}
	return unused;
}

int main(int argc, char **argv)
{
	int threads = argc > 3 ? atoi(argv[3]) : 8;
	pthread_t *ids = calloc((size_t)threads, sizeof(*ids));

	bytes = argument(argc, argv, 1, "64M") / 2 + 1;
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	end = time(NULL) + (argc > 2 ? atoi(argv[2]) : 1);
	for (int i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, work, NULL);
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	free(ids);
	fprintf(stderr, "race_duel: granted %llu, refused %llu\n",
		(unsigned long long)atomic_load(&granted),
		(unsigned long long)atomic_load(&refused));
	printf("had by two at once: %llu, granted at all: %d, refused at all: %d\n",
		(unsigned long long)atomic_load(&shared), atomic_load(&granted) > 0,
		atomic_load(&refused) > 0);
	return 0;
}

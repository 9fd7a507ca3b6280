/*
 * Allocates and frees memory of all kinds in several threads for SECONDS, and meanwhile has children that use CUDA
 * and end, are killed, or only fork; now and then prints how much memory, descriptors and mappings the
 * process has. It ends with 1 where an allocation that fits is refused or more is held than the cap.
 * Usage: soak_steps SECONDS CAP
 */
#include "check.h"

#include "../sim/simcuda.h"

#include <cuda.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define MIB     ((size_t)1 << 20)
#define SAMPLES 64

static CUcontext context;
static size_t cap;
static atomic_bool over;
static atomic_ulong rounds;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void linear(size_t bytes)
{
	CUdeviceptr memory, managed, pitched;
	size_t pitch;

	OK(cuMemAlloc(&memory, bytes));
	OK(cuMemAllocManaged(&managed, bytes, CU_MEM_ATTACH_GLOBAL));
	OK(cuMemAllocPitch(&pitched, &pitch, 1000, 64, 4));
	EXPECT(simcuda_device_bytes(0) <= cap);
	OK(cuMemFree(managed));
	OK(cuMemFree(memory));
	OK(cuMemFree(pitched));
}

static void array(void)
{
	const CUDA_ARRAY_DESCRIPTOR shape = {
		.Width = 300, .Height = 200, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 4};
	CUarray handle;

	OK(cuArrayCreate(&handle, &shape));
	OK(cuArrayDestroy(handle));
}

static void pooled(size_t bytes)
{
	CUdeviceptr memory;

	OK(cuMemAllocAsync(&memory, bytes, NULL));
	OK(cuMemFreeAsync(memory, NULL));
	OK(cuStreamSynchronize(NULL));
}

static void mapped(void)
{
	const CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	CUmemGenericAllocationHandle handle;
	CUdeviceptr at;

	OK(cuMemCreate(&handle, 2 * MIB, &prop, 0));
	OK(cuMemAddressReserve(&at, 2 * MIB, 0, 0, 0));
	OK(cuMemMap(at, 2 * MIB, 0, handle, 0));
	OK(cuMemRelease(handle));
	OK(cuMemUnmap(at, 2 * MIB));
	OK(cuMemAddressFree(at, 2 * MIB));
}

static void host(void)
{
	void *memory;

	OK(cuMemHostAlloc(&memory, 65536, 0));
	OK(cuMemFreeHost(memory));
}

static void *work(void *argument)
{
	unsigned seed = (unsigned)(size_t)argument;

	OK(cuCtxSetCurrent(context));
	while (!atomic_load(&over)) {
		size_t bytes = ((size_t)rand_r(&seed) % 1000 + 1) * 512;

		linear(bytes);
		array();
		pooled(bytes);
		mapped();
		host();
		atomic_fetch_add(&rounds, 1);
	}
	return NULL;
}

static void use_in_child(void)
{
	CUdeviceptr memory;
	CUcontext own;

	if (cuInit(0) == CUDA_SUCCESS && cuCtxCreate_v2(&own, 0, 0) == CUDA_SUCCESS &&
		cuMemAlloc(&memory, MIB) == CUDA_SUCCESS)
		(void)cuMemFree(memory);
}

/* One child that ends, one that is killed while it works, one that only forks. */
static void have_children(void)
{
	for (int way = 0; way < 3; way++) {
		pid_t pid = fork();

		EXPECT(pid >= 0);
		if (pid == 0) {
			if (way < 2)
				use_in_child();
			while (way == 1)
				use_in_child();
			_exit(0);
		}
		if (way == 1) {
			usleep(20000);
			kill(pid, SIGKILL);
		}
		EXPECT(waitpid(pid, NULL, 0) == pid);
	}
}

static unsigned lines_of(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned lines = 0;

	EXPECT(file != NULL);
	for (int c; (c = fgetc(file)) != EOF;)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static unsigned descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	EXPECT(folder != NULL);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

static unsigned long resident_kib(void)
{
	unsigned long pages = 0, skipped;
	FILE *file = fopen("/proc/self/statm", "r");

	EXPECT(file != NULL && fscanf(file, "%lu %lu", &skipped, &pages) == 2);
	fclose(file);
	return pages * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 10, start = now();
	pthread_t threads[THREADS];

	cap = argument(argc, argv, 2, "256M");
	setvbuf(stdout, NULL, _IOLBF, 0);
	OK(cuInit(0));
	OK(cuCtxCreate_v2(&context, 0, 0));
	for (size_t i = 0; i < THREADS; i++)
		OK(pthread_create(&threads[i], NULL, work, (void *)(i + 1)));
	for (int sample = 0; sample < SAMPLES; sample++) {
		have_children();
		while (now() < start + seconds * (sample + 1) / SAMPLES)
			usleep(10000);
		printf("%.0f s: %lu rounds, %lu KiB, %u descriptors, %u mappings\n", now() - start,
			atomic_load(&rounds), resident_kib(), descriptors(),
			lines_of("/proc/self/maps"));
	}
	atomic_store(&over, true);
	for (int i = 0; i < THREADS; i++)
		OK(pthread_join(threads[i], NULL));
	return 0;
}

/*
 * lookups.c - one round of a benchmark: prints, for each kind of look-up, its name and nanoseconds per
 * call, through whatever is preloaded; what is compared with what is lookups.sh's business. Usage: lookups COUNT
 */
#include "cuda_protos.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *libc, *driver;
static __typeof__(cuGetProcAddress_v2) *get;

static void *other_by_handle(void)
{
	return dlsym(libc, "qsort");
}

static void *other_by_default(void)
{
	return dlsym(RTLD_DEFAULT, "qsort");
}

static void *driver_other(void)
{
	return dlsym(driver, "cuLaunchKernel");
}

static void *driver_hooked(void)
{
	return dlsym(driver, "cuMemAllocFromPoolAsync_ptsz");
}

static void *got(const char *name)
{
	CUdriverProcAddressQueryResult status;
	void *function = NULL;

	get(name, &function, 12000, 0, &status);
	return function;
}

static void *got_other(void)
{
	return got("cuLaunchKernel");
}

static void *got_hooked(void)
{
	return got("cuMemAlloc");
}

static const struct kind {
	const char *name;
	void *(*look_up)(void);
} kinds[] = {
	{"dlsym(libc, qsort)", other_by_handle},
	{"dlsym(RTLD_DEFAULT, qsort)", other_by_default},
	{"dlsym(driver, not hooked)", driver_other},
	{"dlsym(driver, hooked)", driver_hooked},
	{"cuGetProcAddress, not hooked", got_other},
	{"cuGetProcAddress, hooked", got_hooked},
};

/* The thread's own time: what other programs of the machine take meanwhile is not the candidate's. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;

	libc = dlopen("libc.so.6", RTLD_NOW);
	driver = dlopen("libcuda.so.1", RTLD_NOW);
	if (count <= 0 || libc == NULL || driver == NULL) {
		fputs("usage: lookups COUNT, with libcuda.so.1 in LD_LIBRARY_PATH\n", stderr);
		return 2;
	}
	*(void **)&get = dlsym(driver, "cuGetProcAddress_v2");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].look_up() == NULL)
			return 1;
		double begin = now();

		for (long n = 0; n < count; n++)
			kinds[i].look_up();
		printf("%s\t%.2f\n", kinds[i].name, (now() - begin) / (double)count);
	}
	return 0;
}

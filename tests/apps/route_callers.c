/*
 * Reaches the runtime from very many places, from libraries that come and go, from a thread while another is
 * opening a library, and by functions that it looked up.
 * Usage: route_callers many LIBRARY | reload TIMES LIBRARY LIBRARY | locked LIBRARY HELPER FIRST | handle RUNTIME BYTES
 */
#include "check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *find(void *handle, const char *name)
{
	void *found = dlsym(handle, name);

	if (!found)
		FAIL("%s", dlerror());
	return found;
}

static void *open_library(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		FAIL("%s", dlerror());
	return handle;
}

/* Prints how many nanoseconds a call costs from places that were met before. */
static void many(const char *path)
{
	void *handle = open_library(path);
	int (*all)(void), count;
	double begin;

	*(void **)&all = find(handle, "call_all");
	count = all();
	begin = now();
	for (int i = 0; i < 10; i++)
		EXPECT(all() == count);
	printf("%d %.0f\n", count, (now() - begin) / (10.0 * count));
}

/* One library after the other in the same place: each must reach its own runtime. */
static void reload(int times, char **paths)
{
	const void *place = NULL;
	int same = 0;

	for (int i = 0; i < times; i++) {
		void *handle = open_library(paths[i % 2]);
		void *found = find(handle, "plugin_use");
		int (*use)(size_t, size_t);

		*(void **)&use = found;
		same += found == place;
		place = found;
		EXPECT(use(0, 1 << 20) == 0);
		dlclose(handle);
	}
	printf("reloaded, %s\n", same > 0 ? "in the same place" : "in other places");
}

static int (*locked_use)(size_t, size_t);

static void *use_it(void *unused)
{
	EXPECT(locked_use(0, 1 << 20) == 0);
	return unused;
}

/* Called by the helper's constructor, which the loader runs under its lock. */
void route_callers_wait(void);
void route_callers_wait(void)
{
	pthread_t thread;

	EXPECT(pthread_create(&thread, NULL, use_it, NULL) == 0);
	EXPECT(pthread_join(thread, NULL) == 0);
}

/* The runtime itself opens the driver at its first use, so that comes before, by another library. */
static void locked(const char *path, const char *helper, const char *first)
{
	int (*use)(size_t, size_t);

	*(void **)&use = find(open_library(first), "plugin_use");
	EXPECT(use(0, 1 << 20) == 0);
	*(void **)&locked_use = find(open_library(path), "plugin_use");
	open_library(helper);
	printf("opened\n");
}

static void by_handle(const char *path, size_t bytes)
{
	void *handle = open_library(path), *memory, *again;
	int (*allocate)(void **, size_t), (*release)(void *);
	int status;

	*(void **)&allocate = find(handle, "cudaMalloc");
	*(void **)&release = find(handle, "cudaFree");
	status = allocate(&memory, bytes);
	if (status == 0) {
		OK(allocate(&again, bytes / 2));
		OK(release(memory));
	}
	printf("%d\n", status);
}

int main(int argc, char **argv)
{
	EXPECT(argc > (strcmp(argv[1], "locked") == 0 ? 4 : 2));
	if (strcmp(argv[1], "many") == 0)
		many(argv[2]);
	else if (strcmp(argv[1], "reload") == 0)
		reload(atoi(argv[2]), argv + 3);
	else if (strcmp(argv[1], "locked") == 0)
		locked(argv[2], argv[3], argv[4]);
	else if (strcmp(argv[1], "handle") == 0)
		by_handle(argv[2], argument(argc, argv, 3, "1M"));
	else
		FAIL("no such case: %s", argv[1]);
	return 0;
}

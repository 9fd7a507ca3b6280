/*
 * Looks for CUDA in each way in which programs find out whether it is there, and prints what they see: the
 * output must be the same with and without anything preloaded. Nothing of CUDA is linked.
 * Usage: route_absent [threads] [LIBRARY…], which are opened first; by threads that do nothing more
 */
#include "check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static void show(const char *way, const char *name, const void *found)
{
	const char *error = dlerror();

	printf("%-12s %-24s %s; %s\n", way, name, found ? "found" : "missing",
		error ? error : "no error");
}

static void *open_library(void *path)
{
	if (!dlopen(path, RTLD_NOW | RTLD_LOCAL))
		FAIL("%s", dlerror());
	return NULL;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"cuInit", "cuMemAlloc_v2", "cuMemAlloc",
		"cuGetProcAddress_v2", "cudaMalloc", "nvmlDeviceGetMemoryInfo", "cudaFree",
		"cudaGetLastError", "cuNothing", "cudaNothing", "cudnnCreate", "curl_easy_init",
		"cu", "c", "", "printf", "dlopen"};
	int first = argc > 1 && strcmp(argv[1], "threads") == 0 ? 2 : 1;
	pthread_t thread;
	void *self;

	for (int i = first; i < argc; i++) {
		if (first == 1)
			open_library(argv[i]);
		else if (pthread_create(&thread, NULL, open_library, argv[i]) != 0 ||
			pthread_join(thread, NULL) != 0)
			FAIL("no thread");
	}
	self = dlopen(NULL, RTLD_NOW);
	(void)dlerror();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		show("default", names[i], dlsym(RTLD_DEFAULT, names[i]));
		show("next", names[i], dlsym(RTLD_NEXT, names[i]));
		show("self", names[i], dlsym(self, names[i]));
		show("versioned", names[i], dlvsym(RTLD_DEFAULT, names[i], "libcudart.so.13"));
		show("versioned", names[i], dlvsym(self, names[i], "libcudart.so.13"));
	}
	return 0;
}

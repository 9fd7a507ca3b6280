/*
 * Looks for CUDA in each way in which programs find out whether it is there, and prints what they see: the
 * output must be the same with and without anything preloaded. Nothing of CUDA is linked.
 * Usage: route_absent [LIBRARY…], which are opened first
 */
#include "check.h"

#include <dlfcn.h>

static void show(const char *way, const char *name, const void *found)
{
	const char *error = dlerror();

	/* The message names the object that asked, or the program: which one depends on nothing of ours. */
	printf("%-12s %-24s %s; %s\n", way, name, found ? "found" : "missing",
		error ? error : "no error");
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"cuInit", "cuMemAlloc_v2", "cuMemAlloc",
		"cuGetProcAddress_v2", "cudaMalloc", "cudaFree", "cudaGetLastError", "cuNothing",
		"cudaNothing", "cudnnCreate", "curl_easy_init", "cu", "c", "", "printf", "dlopen"};
	void *self;

	for (int i = 1; i < argc; i++) {
		if (!dlopen(argv[i], RTLD_NOW | RTLD_LOCAL))
			FAIL("%s", dlerror());
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

/*
 * A second preloaded library, as torch_memory_saver is one: it defines functions of the runtime and passes
 * each call on to the next definition, which it looks up twice, counts what it saw, and says at the end
 * where the next definition was.
 */
#include "check.h"

#include <cuda_runtime.h>
#include <dlfcn.h>
#include <string.h>

static struct {
	int calls, depth, deepest;
	const void *next;
} seen[2];

static void *next_of(int which, const char *name)
{
	void *first = dlsym(RTLD_NEXT, name), *second = dlsym(RTLD_NEXT, name);

	EXPECT(first && first == second);
	seen[which].next = first;
	seen[which].calls++;
	if (++seen[which].depth > seen[which].deepest)
		seen[which].deepest = seen[which].depth;
	EXPECT(seen[which].depth < 8);
	return first;
}

__attribute__((visibility("default"))) cudaError_t cudaMalloc(void **pointer, size_t bytes)
{
	cudaError_t (*next)(void **, size_t), status;

	*(void **)&next = next_of(0, "cudaMalloc");
	status = next(pointer, bytes);
	seen[0].depth--;
	return status;
}

__attribute__((visibility("default"))) cudaError_t cudaFree(void *pointer)
{
	cudaError_t (*next)(void *), status;

	*(void **)&next = next_of(1, "cudaFree");
	status = next(pointer);
	seen[1].depth--;
	return status;
}

static __attribute__((destructor)) void tell(void)
{
	static const char *const names[] = {"cudaMalloc", "cudaFree"};

	for (int i = 0; i < 2; i++) {
		Dl_info where = {0};
		const char *slash;

		if (!seen[i].next || !dladdr(seen[i].next, &where))
			continue;
		slash = strrchr(where.dli_fname, '/');
		printf("%s: %d calls, %d deep, next in %s\n", names[i], seen[i].calls,
			seen[i].deepest, slash ? slash + 1 : where.dli_fname);
	}
}

/*
 * work.c - takes one kind of memory and gives it back, with a mark before and after each step. Where it is
 * refused it recovers, as a framework does: it takes half. Prints what the memory held.
 * Usage: work KIND BYTES [leak]     leak: leaves 3 MiB of linear memory behind
 */
#include "work.h"

static const struct kind *find(const char *name)
{
	static const struct kind *const lists[] = {kinds_plain, kinds_ordered, kinds_shared};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (const struct kind *kind = lists[i]; kind->name != NULL; kind++) {
			if (strcmp(kind->name, name) == 0)
				return kind;
		}
	}
	FAIL("no such kind: %s", name);
}

static void take(const struct kind *kind, size_t bytes)
{
	CUresult result = kind->take(bytes);

	if (result == CUDA_ERROR_OUT_OF_MEMORY) {
		printf("refused\n");
		result = kind->take(bytes / 2);
		if (result == CUDA_SUCCESS)
			printf("recovered\n");
	} else {
		printf("took\n");
	}
	OK(result);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		FAIL("usage: work KIND BYTES [leak]");
	if (strcmp(argv[1], "hold") == 0) {
		kinds_shared_hold(argv[2]);
		return 0;
	}
	const struct kind *kind = find(argv[1]);
	size_t bytes = argument(argc, argv, 2, "");
	CUcontext context;
	CUdeviceptr left;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	mark("context");
	/* What the driver loads at the first use of a kind. */
	OK(kind->take(bytes / 4));
	if (kind->content != NULL)
		kind->content();
	kind->give();
	mark("first use");
	mark("before");
	take(kind, bytes);
	mark("after");
	if (kind->content != NULL)
		printf("result %08x\n", kind->content());
	kind->give();
	mark("freed");
	if (argc > 3)
		OK(cuMemAlloc(&left, (size_t)3 << 20));
	return 0;
}

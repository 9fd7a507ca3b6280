/*
 * Ends memory in ways that other limiters got wrong, and prints what each call returned: contexts that end
 * with all that they hold, frees of what nobody knows, frees that fail. Usage: peer_ends WHAT, see
 * `cases` below
 */
#include "check.h"

#include "../sim/simcuda.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <string.h>

#define MIB    ((size_t)1 << 20)
#define ROUNDS 3

static CUcontext primary;

/* As much as there is, in pieces; nothing of it is freed. */
static void fill(void)
{
	CUdeviceptr memory;
	unsigned int count = 0;
	CUresult result;

	while ((result = cuMemAlloc(&memory, 256 * MIB)) == CUDA_SUCCESS)
		count++;
	RETURNS(CUDA_ERROR_OUT_OF_MEMORY, result);
	printf("%u pieces\n", count);
}

static void reset(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		fill();
		OK(cuDevicePrimaryCtxReset(0));
		EXPECT(simcuda_live_bytes(0) == 0);
		OK(cuDevicePrimaryCtxRetain(&primary, 0));
		OK(cuCtxSetCurrent(primary));
	}
}

static void reset_runtime(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		OK(cudaFree(NULL));
		fill();
		OK(cudaDeviceReset());
		EXPECT(simcuda_live_bytes(0) == 0);
	}
}

static void destroy(void)
{
	CUcontext context;

	for (int i = 0; i < ROUNDS; i++) {
		OK(cuCtxCreate(&context, NULL, 0, 0));
		fill();
		OK(cuCtxDestroy(context));
		EXPECT(simcuda_live_bytes(0) == 0);
	}
}

/* main() holds it once more. */
static void release(void)
{
	OK(cuDevicePrimaryCtxRelease(0));
	for (int i = 0; i < ROUNDS; i++) {
		OK(cuDevicePrimaryCtxRetain(&primary, 0));
		OK(cuCtxSetCurrent(primary));
		fill();
		OK(cuDevicePrimaryCtxRelease(0));
		EXPECT(simcuda_live_bytes(0) == 0);
	}
}

/* What is freed here was never handed out, or is inside of, or behind, what was. */
static void never_made(void)
{
	CUdeviceptr memory;

	OK(cuMemAlloc(&memory, MIB));
	printf("%d\n", (int)cuMemFree(0x12345000));
	printf("%d\n", (int)cuMemFree(memory + 512));
	printf("%d\n", (int)cuMemFreeAsync(0x12345000, NULL));
	printf("%d\n", (int)cuMemFreeHost(&memory));
	printf("%d\n", (int)cuMemRelease(0x12345000));
	OK(cuMemFree(memory));
	printf("%d\n", (int)cuMemFree(memory));
	printf("%d\n", (int)cuMemFree(0));
}

/* The runtime makes it in a way that nobody sees, see SIMCUDA_CUDART_HIDDEN. */
static void made_unseen(void)
{
	void *memory[2];

	OK(cudaMallocAsync(&memory[0], MIB, NULL));
	OK(cudaMallocAsync(&memory[1], MIB, NULL));
	EXPECT(simcuda_pool_used(0) == 2 * MIB);
	OK(cuMemFreeAsync((CUdeviceptr)memory[0], NULL));
	OK(cuMemFree((CUdeviceptr)memory[1]));
	EXPECT(simcuda_pool_used(0) == 0);
}

/* Memory of one way is freed by the other. */
static void crosswise(void)
{
	CUdeviceptr memory[2];

	OK(cuMemAllocAsync(&memory[0], MIB, NULL));
	OK(cuMemAlloc(&memory[1], MIB));
	OK(cuMemFree(memory[0]));
	OK(cuMemFreeAsync(memory[1], NULL));
	OK(cuStreamSynchronize(NULL));
	EXPECT(simcuda_live_bytes(0) == 0);
}

/* A free that fails gives nothing back. */
static void failing(void)
{
	CUdeviceptr memory;

	OK(cuMemAlloc(&memory, 768 * MIB));
	OK(simcuda_fail("cuMemFree_v2:*=719"));
	RETURNS(CUDA_ERROR_LAUNCH_FAILED, cuMemFree(memory));
	OK(simcuda_fail(NULL));
	EXPECT(simcuda_live_bytes(0) == 768 * MIB);
	fill();
	OK(cuMemFree(memory));
	fill();
}

static void no_context(void)
{
	CUdeviceptr memory = 4711;
	size_t pitch;

	OK(cuCtxSetCurrent(NULL));
	for (int i = 0; i < ROUNDS; i++) {
		printf("%d\n", (int)cuMemAlloc(&memory, MIB));
		printf("%d\n", (int)cuMemAllocManaged(&memory, MIB, CU_MEM_ATTACH_GLOBAL));
		printf("%d\n", (int)cuMemAllocPitch(&memory, &pitch, 64, 64, 4));
		printf("%d\n", (int)cuMemAllocAsync(&memory, MIB, NULL));
		printf("%d\n", (int)cuMemFree(0x12345000));
	}
	EXPECT(memory == 4711);
	OK(cuCtxSetCurrent(primary));
	OK(cuMemAlloc(&memory, MIB));
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"reset", reset},
	{"reset-runtime", reset_runtime},
	{"destroy", destroy},
	{"release", release},
	{"never-made", never_made},
	{"made-unseen", made_unseen},
	{"crosswise", crosswise},
	{"failing", failing},
	{"no-context", no_context},
};

int main(int argc, char **argv)
{
	EXPECT(argc > 1);
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&primary, 0));
	OK(cuCtxSetCurrent(primary));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(cases[i].name, argv[1]) == 0) {
			cases[i].run();
			return 0;
		}
	}
	FAIL("no such case: %s", argv[1]);
}

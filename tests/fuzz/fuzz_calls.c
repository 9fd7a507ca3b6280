/*
 * fuzz_calls.c - any bytes as a sequence of CUDA calls, after each of which the ledger has to equal what the simulated
 * devices hold. For libFuzzer (make fuzz-calls): the steps are those of the differential fuzzer (tests/diff), but what they
 * are and with which figures the input says, so that the fuzzer finds sequences by what they reach in the shim.
 *
 * With SIMCUDA_FAIL the driver fails now and then. With RAC_LIMIT there is a cap; then a request that fits must not be
 * refused. At the end of an input all is given back, and nothing may be left.
 */
#include "../diff/compare.h"
#include "../diff/diff.h"
#include "../sim/simcuda.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next, *end;
static struct options options = {.threads = 1, .seed = 1};
static struct worker worker;

void dice_init(struct dice *d, uint64_t seed, uint64_t number, uint64_t step)
{
	(void)seed;
	(void)number;
	d->state = step;
}

/* As many bytes as the answer may need. What is not there is 0. */
uint64_t dice_roll(struct dice *d, uint64_t sides)
{
	uint64_t value = 0;

	(void)d;
	for (uint64_t left = sides - 1; left > 0; left >>= 8)
		value = value << 8 | (next < end ? *next++ : 0);
	return value % sides;
}

static void require(bool holds, const char *what, uint64_t step)
{
	if (holds)
		return;
	printf("after step %llu: %s\n", (unsigned long long)step, what);
	fflush(stdout);
	abort();
}

static void give_back(struct slot *slots, CUresult (*end_it)(const struct slot *s))
{
	for (int i = 0; i < SLOTS; i++) {
		if (slots[i].used)
			(void)end_it(&slots[i]);
		slots[i].used = false;
	}
}

static CUresult unmap(const struct slot *s)
{
	CUresult result = cuMemUnmap(s->address, s->bytes);

	(void)cuMemAddressFree(s->address, s->bytes);
	return result;
}

static CUresult release(const struct slot *s)
{
	return cuMemRelease(s->handle);
}

static CUresult give_pooled(const struct slot *s)
{
	return cuMemFree(s->address);
}

static CUresult destroy_pool(const struct slot *s)
{
	return cuMemPoolDestroy(s->pool);
}

static CUresult destroy_exec(const struct slot *s)
{
	cuCtxSetCurrent(worker.contexts[s->device]);
	return cuGraphExecDestroy(s->exec);
}

/* What lives and dies with a context goes with it. */
static void end_all(void)
{
	CUmemoryPool pool;

	simcuda_fail("");
	give_back(worker.execs, destroy_exec);
	give_back(worker.mappings, unmap);
	give_back(worker.handles, release);
	give_back(worker.pooled, give_pooled);
	give_back(worker.pools, destroy_pool);
	for (int device = 0; device < worker.devices; device++) {
		cuCtxSetCurrent(worker.contexts[device]);
		cuStreamDestroy(worker.streams[device]);
		cuCtxDestroy(worker.contexts[device]);
		if (cuDeviceGetDefaultMemPool(&pool, device) == CUDA_SUCCESS)
			cuMemPoolTrimTo(pool, 0);
		cuDeviceGraphMemTrim(device);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *failures = getenv("SIMCUDA_FAIL");
	uint64_t step = 0;

	options.limit = getenv("RAC_LIMIT") != NULL ? strtoull(getenv("RAC_LIMIT"), NULL, 10) : 0;
	options.failures = failures != NULL;
	next = data;
	end = data + size;
	require(worker_init(&worker, &options, 0), "the driver does not start", 0);
	simcuda_fail(failures);
	while (next < end) {
		worker_step(&worker, step++);
		require(compare_all(worker.devices, options.failures), "they differ", step);
		require(worker.wrongly_refused == 0, "refused although it fits", step);
	}
	end_all();
	require(compare_all(worker.devices, true), "they differ at the end", step);
	for (int device = 0; device < worker.devices; device++)
		require(simcuda_live_bytes(device) == 0, "something is left", step);
	return 0;
}

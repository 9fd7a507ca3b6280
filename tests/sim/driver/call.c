/*
 * What every exported function does first: count the call, apply failure rules, refuse before cuInit, after
 * a fork and after the end; and the driver's one lock. It knows nothing of what the functions do.
 */
#include "sim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint64_t counts[SIM_CALLS];
static __thread unsigned int depth;

/* The kernel wipes this word in a forked child, however it was forked; `started` it copies. Both set and
 * only one left means: child of a process that had initialised CUDA, where nothing works any more. */
static _Atomic uint32_t *alive;
static _Atomic uint32_t started;
bool sim_finished;

static const char *const names[SIM_CALLS] = {
#define SIM_FN(symbol, name, version, flags, parameters) #symbol,
#include "simabi/driver.def"
};

void sim_lock(void)
{
	pthread_mutex_lock(&lock);
}

void sim_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

uint64_t sim_call_count(enum sim_call call)
{
	return atomic_load_explicit(&counts[call], memory_order_relaxed);
}

const char *sim_call_name(enum sim_call call)
{
	return names[call];
}

static bool forked(void)
{
	return atomic_load(&started) && !atomic_load(alive);
}

bool sim_is_started(void)
{
	return atomic_load(&started) && !forked();
}

CUresult sim_enter(enum sim_call call, bool needs_init)
{
	CUresult fault;

	atomic_fetch_add_explicit(&counts[call], 1, memory_order_relaxed);
	if (sim_finished) {
		sim_truth_write();
		return needs_init ? CUDA_ERROR_DEINITIALIZED : CUDA_SUCCESS;
	}
	fault = sim_fault(call);
	if (fault != CUDA_SUCCESS)
		return fault;
	if (needs_init && !sim_is_started())
		return CUDA_ERROR_NOT_INITIALIZED;
	return CUDA_SUCCESS;
}

CUresult sim_start(unsigned int flags)
{
	if (flags)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_config()->devices == 0)
		return CUDA_ERROR_NO_DEVICE;
	if (forked())
		return CUDA_ERROR_NOT_INITIALIZED;
	sim_lock();
	if (!alive) {
		size_t size = (size_t)sysconf(_SC_PAGESIZE);
		void *page = mmap(
			NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		madvise(page, size, MADV_WIPEONFORK);
		alive = page;
	}
	atomic_store(alive, 1);
	atomic_store(&started, 1);
	sim_unlock();
	return CUDA_SUCCESS;
}

void sim_pause(void)
{
	uint64_t nanoseconds = sim_delay();
	struct timespec time;

	if (!nanoseconds)
		return;
	time.tv_sec = (time_t)(nanoseconds / 1000000000);
	time.tv_nsec = (long)(nanoseconds % 1000000000);
	nanosleep(&time, NULL);
}

void *sim_reenter(const char *symbol)
{
	void *found;

	if (!sim_config()->reenter || depth)
		return NULL;
	found = dlsym(RTLD_DEFAULT, symbol);
	if (found)
		depth++;
	return found;
}

void sim_reentered(void)
{
	depth--;
}

/* A driver that looks itself up while it is being loaded, as the one of WSL does. */
static __attribute__((constructor)) void begin(void)
{
	Dl_info self;
	void *handle;

	sim_fault_start();
	/* The environment may still change before the settings are read, so they are not asked here. */
	if (!getenv("SIMCUDA_REENTER") || !dladdr((const void *)names, &self))
		return;
	handle = dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (handle) {
		(void)dlsym(handle, "cuInit");
		(void)dlsym(handle, "cuMemAlloc_v2");
		dlclose(handle);
	}
	(void)dlsym(RTLD_DEFAULT, "cuMemFree_v2");
}

static __attribute__((destructor)) void end(void)
{
	sim_truth_write();
	sim_finished = true;
	if (atomic_load(&started) && !forked())
		sim_finish();
}

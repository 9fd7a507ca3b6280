/*
 * Initialisation, and where the figures come from: the board that processes share, or where there is none the
 * simulated driver of this process, if it is loaded. This library never loads the driver itself.
 */
#include "state.h"

#include "../driver/board.h"
#include "../driver/sim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int users;
static struct board *board;
static struct nvmlDevice_st devices[SIM_DEVICES];

static nvmlReturn_t init(void)
{
	const char *problem;
	nvmlReturn_t result = NVML_SUCCESS;

	pthread_mutex_lock(&lock);
	if (!board && sim_config()->shared)
		board = board_map(sim_config()->shared, &problem);
	if (sim_config()->shared && !board)
		result = NVML_ERROR_DRIVER_NOT_LOADED;
	for (int i = 0; i < SIM_DEVICES; i++)
		devices[i].index = i;
	if (result == NVML_SUCCESS)
		users++;
	pthread_mutex_unlock(&lock);
	return result;
}

nvmlReturn_t nvmlInit(void)
{
	return init();
}

nvmlReturn_t nvmlInit_v2(void)
{
	return init();
}

nvmlReturn_t nvmlInitWithFlags(unsigned int flags)
{
	(void)flags;
	return init();
}

nvmlReturn_t nvmlShutdown(void)
{
	nvmlReturn_t result = NVML_SUCCESS;

	pthread_mutex_lock(&lock);
	if (users)
		users--;
	else
		result = NVML_ERROR_UNINITIALIZED;
	pthread_mutex_unlock(&lock);
	return result;
}

bool nvml_ready(void)
{
	bool ready;

	pthread_mutex_lock(&lock);
	ready = users != 0;
	pthread_mutex_unlock(&lock);
	return ready;
}

unsigned int nvml_device_count(void)
{
	return (unsigned int)sim_config()->cards;
}

struct nvmlDevice_st *nvml_device_at(unsigned int index)
{
	return index < nvml_device_count() ? &devices[index] : NULL;
}

const struct nvmlDevice_st *nvml_device(nvmlDevice_t device)
{
	for (unsigned int i = 0; i < nvml_device_count(); i++) {
		if (device == &devices[i])
			return device;
	}
	return NULL;
}

static unsigned int shared_holders(int index, struct nvml_holder *holders)
{
	unsigned int count = 0;

	board_lock(board);
	board_collect(board, NULL, sim_config()->reap_ns);
	for (unsigned int i = 0; i < BOARD_SLOTS; i++) {
		const struct board_slot *slot = &board->slots[i];

		if (slot->pid && slot->bytes[index])
			holders[count++] =
				(struct nvml_holder){(uint32_t)slot->pid, slot->bytes[index]};
	}
	board_unlock(board);
	return count;
}

static unsigned int own_holder(int index, struct nvml_holder *holders)
{
	void *driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
	uint64_t (*held)(int) = NULL;
	uint64_t bytes = 0;

	if (driver)
		*(void **)&held = dlsym(driver, "simcuda_physical_bytes_of");
	if (held)
		bytes = held(index);
	if (driver)
		dlclose(driver);
	if (!bytes)
		return 0;
	holders[0] = (struct nvml_holder){(uint32_t)getpid(), bytes};
	return 1;
}

unsigned int nvml_holders(int index, struct nvml_holder *holders)
{
	return board ? shared_holders(index, holders) : own_holder(index, holders);
}

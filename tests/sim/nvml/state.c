/*
 * Initialisation, and where the figures come from: the board that processes share, or where there is none the
 * simulated driver of this process, if it is loaded. This library never loads the driver itself.
 */
#include "state.h"

#include "../driver/board.h"
#include "../driver/sim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <strings.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int users;
static struct board *board;
static struct nvmlDevice_st gpus[SIM_DEVICES], parts[SIM_DEVICES];

static nvmlReturn_t init(void)
{
	const char *problem;
	nvmlReturn_t result = NVML_SUCCESS;

	pthread_mutex_lock(&lock);
	if (!board && sim_config()->shared)
		board = board_map(sim_config()->shared, &problem);
	if (sim_config()->shared && !board)
		result = NVML_ERROR_DRIVER_NOT_LOADED;
	for (int i = 0; i < SIM_DEVICES; i++) {
		int each = sim_config()->parts;

		gpus[i] = (struct nvmlDevice_st){i, i * each, each, false};
		parts[i] = (struct nvmlDevice_st){i % each, i, 1, true};
	}
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
	return (unsigned int)(sim_config()->cards / sim_config()->parts);
}

struct nvmlDevice_st *nvml_device_at(unsigned int index)
{
	return index < nvml_device_count() ? &gpus[index] : NULL;
}

struct nvmlDevice_st *nvml_part_at(const struct nvmlDevice_st *gpu, unsigned int index)
{
	if (gpu->is_part || gpu->cards == 1 || index >= (unsigned int)gpu->cards)
		return NULL;
	return &parts[gpu->first_card + (int)index];
}

const struct nvmlDevice_st *nvml_device(nvmlDevice_t device)
{
	for (unsigned int i = 0; i < nvml_device_count(); i++) {
		if (device == &gpus[i])
			return device;
	}
	for (int i = 0; i < sim_config()->cards && sim_config()->parts > 1; i++) {
		if (device == &parts[i])
			return device;
	}
	return NULL;
}

void nvml_uuid(const struct nvmlDevice_st *device, char *text)
{
	CUuuid uuid;

	if (device->is_part)
		sim_part_uuid(device->first_card, &uuid);
	else
		sim_uuid(device->first_card, &uuid);
	sim_uuid_text(device->is_part ? "MIG-" : "GPU-", &uuid, text);
}

static bool is_named(const struct nvmlDevice_st *device, const char *uuid)
{
	char text[SIM_UUID_TEXT];

	nvml_uuid(device, text);
	return strcasecmp(text, uuid) == 0;
}

struct nvmlDevice_st *nvml_device_named(const char *uuid)
{
	for (unsigned int i = 0; i < nvml_device_count(); i++) {
		if (is_named(&gpus[i], uuid))
			return &gpus[i];
	}
	for (int i = 0; i < sim_config()->cards && sim_config()->parts > 1; i++) {
		if (is_named(&parts[i], uuid))
			return &parts[i];
	}
	return NULL;
}

static unsigned int shared_holders(const struct nvmlDevice_st *device, struct nvml_holder *holders)
{
	unsigned int count = 0;

	board_lock(board);
	board_collect(board, NULL, sim_config()->reap_ns);
	for (unsigned int i = 0; i < BOARD_SLOTS; i++) {
		const struct board_slot *slot = &board->slots[i];
		uint64_t bytes = 0;

		for (int card = 0; card < device->cards; card++)
			bytes += slot->bytes[device->first_card + card];
		if (slot->pid && bytes)
			holders[count++] = (struct nvml_holder){(uint32_t)slot->pid, bytes};
	}
	board_unlock(board);
	return count;
}

static unsigned int own_holder(const struct nvmlDevice_st *device, struct nvml_holder *holders)
{
	void *driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
	uint64_t (*held)(int) = NULL;
	uint64_t bytes = 0;

	if (driver)
		*(void **)&held = dlsym(driver, "simcuda_physical_bytes_of");
	for (int card = 0; held && card < device->cards; card++)
		bytes += held(device->first_card + card);
	if (driver)
		dlclose(driver);
	if (!bytes)
		return 0;
	holders[0] = (struct nvml_holder){(uint32_t)getpid(), bytes};
	return 1;
}

unsigned int nvml_holders(const struct nvmlDevice_st *device, struct nvml_holder *holders)
{
	return board ? shared_holders(device, holders) : own_holder(device, holders);
}

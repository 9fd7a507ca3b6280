/*
 * untracked.c - see untracked.h.
 *
 * A figure is one word of the record (see record.h). What
 * races with another thread's allocation is thrown away: the ledger and NVML cannot be read in one
 * instant, so a figure counts only if the ledger's is the same before and after.
 *
 * NVML names processes by pid, and which pid namespace that is depends on the driver's version. A
 * pid is taken for ours in the first namespace of the machine, where all agree, or when it came to
 * the device's list just while we made a context there. Otherwise a stranger with our pid would be
 * counted.
 */
#include "untracked.h"

#include "checked.h"
#include "device.h"
#include "driver.h"
#include "nvml.h"
#include "state.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES     128 /* on one device; where there are more, nothing is known */
#define REFRESH_BYTES (UINT64_C(64) << 20)

static uint64_t bit_of(uint32_t device)
{
	return UINT64_C(1) << device;
}

/* False also where the program has not initialised it. */
static bool find_device(nvmlDevice_t *out, struct rac_state *state, uint32_t device)
{
	struct rac_device_snapshot s;

	return rac_nvml_present() && rac_device_prepare(state, (CUdevice)device) &&
		rac_tracker_snapshot(state->tracker, device, &s) == RAC_OK && s.uuid[0] != '\0' &&
		rac_nvml()->nvmlDeviceGetHandleByUUID(s.uuid, out) == NVML_SUCCESS;
}

/* Both versions fill the same structure. */
static nvmlReturn_t list_processes(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *list)
{
	return rac_nvml_has(RAC_HOOK_nvmlDeviceGetComputeRunningProcesses_v3)
		? rac_nvml()->nvmlDeviceGetComputeRunningProcesses_v3(device, count, list)
		: rac_nvml()->nvmlDeviceGetComputeRunningProcesses_v2(device, count, list);
}

/* False: the list cannot be had. NOT_AVAILABLE: the pid is there, its bytes are not said. */
static bool ask_processes(nvmlDevice_t device, pid_t pid, bool *present, uint64_t *used)
{
	nvmlProcessInfo_t list[PROCESSES];
	unsigned int count = PROCESSES;

	memset(list, 0, sizeof(list));
	if (list_processes(device, &count, list) != NVML_SUCCESS || count > PROCESSES)
		return false;
	*present = false;
	*used = 0;
	for (unsigned int i = 0; i < count; i++) {
		if (list[i].pid != (unsigned int)pid)
			continue;
		*present = true;
		if (list[i].usedGpuMemory == RAC_NVML_NOT_AVAILABLE ||
			!rac_checked_add(*used, list[i].usedGpuMemory, used)) {
			*used = RAC_NVML_NOT_AVAILABLE;
			break;
		}
	}
	return true;
}

static bool ask_device(nvmlDevice_t device, uint64_t *used)
{
	nvmlMemory_t memory = {0};

	if (rac_nvml()->nvmlDeviceGetMemoryInfo(device, &memory) != NVML_SUCCESS)
		return false;
	*used = memory.used;
	return true;
}

static bool is_first_pid_namespace(void)
{
	static const char first[] = "pid:[4026531836]"; /* PROC_PID_INIT_INO, the same everywhere */
	char name[sizeof(first) + 1];
	ssize_t n = readlink("/proc/self/ns/pid", name, sizeof(name));

	return n == (ssize_t)sizeof(first) - 1 && memcmp(name, first, sizeof(first) - 1) == 0;
}

/* Whether the pid that NVML lists is this process. */
static bool is_ours(struct rac_state *state, bool came_with_context)
{
	if (rac_load_relaxed(&state->untracked.pid_is_ours) != 0)
		return true;
	if (!came_with_context && !is_first_pid_namespace())
		return false;
	rac_store_relaxed(&state->untracked.pid_is_ours, 1);
	return true;
}

bool rac_untracked_knows_pid(struct rac_state *state)
{
	return is_ours(state, false);
}

/* Whether NVML's figure covers managed memory depends on where its pages are: while there is any,
 * the rest cannot be told. */
static bool has_managed(const struct rac_state *state, uint32_t device)
{
	struct rac_device_snapshot s;

	return rac_tracker_snapshot(state->tracker, device, &s) == RAC_OK &&
		s.kinds[RAC_KIND_MANAGED].live_bytes != 0;
}

static void publish(
	struct rac_state *state, uint32_t device, uint64_t bytes, enum rac_untracked_source source)
{
	/* Relaxed: the word is all there is. */
	rac_store_relaxed(&state->record.devices[device].untracked, bytes << 2 | source);
}

static bool measure_process(
	struct rac_state *state, nvmlDevice_t gpu, uint32_t device, bool pid_was_absent)
{
	uint64_t charged = rac_tracker_charged(state->tracker, device);
	uint64_t used;
	bool present;

	rac_store_relaxed(&state->untracked.asked_at[device], charged);
	if (!ask_processes(gpu, state->pid, &present, &used) || !present ||
		used == RAC_NVML_NOT_AVAILABLE || !is_ours(state, pid_was_absent))
		return false;
	if (!has_managed(state, device) && rac_tracker_charged(state->tracker, device) == charged)
		publish(state, device, rac_saturating_sub(used, charged), RAC_UNTRACKED_NVML);
	return true;
}

static bool exists(CUdevice device)
{
	int count;

	return rac_driver()->cuDeviceGetCount(&count) == CUDA_SUCCESS && device >= 0 &&
		device < count && device < RAC_MAX_DEVICES;
}

void rac_untracked_begin(struct rac_untracked_look *look, CUdevice device, bool makes_context)
{
	struct rac_state *state = rac_state();
	nvmlDevice_t gpu;
	uint64_t used;
	bool present;
	int saved = errno;

	memset(look, 0, sizeof(*look));
	if (!exists(device))
		return;
	look->wanted = true;
	look->makes_context = makes_context;
	look->device = (uint32_t)device;
	if (find_device(&gpu, state, look->device)) {
		uint64_t bit = bit_of(look->device);

		/* Two at once would each see what both take. */
		look->owner = (rac_fetch_or_relaxed(&state->untracked.measuring, bit) & bit) == 0;
		look->pid_was_absent = ask_processes(gpu, state->pid, &present, &used) && !present;
		look->charged = rac_tracker_charged(state->tracker, look->device);
		look->has_used = look->owner && ask_device(gpu, &look->used);
	}
	errno = saved;
}

void rac_untracked_begin_primary(struct rac_untracked_look *look, CUdevice device)
{
	unsigned int flags;
	int active = 0;

	if (rac_driver()->cuDevicePrimaryCtxGetState(device, &flags, &active) == CUDA_SUCCESS &&
		active != 0)
		memset(look, 0, sizeof(*look));
	else
		rac_untracked_begin(look, device, true);
}

/* Adds what a call took; false: not to be seen. */
static bool add_growth(
	struct rac_state *state, nvmlDevice_t gpu, const struct rac_untracked_look *look)
{
	uint64_t used, charged = rac_tracker_charged(state->tracker, look->device);

	if (!look->has_used || !ask_device(gpu, &used))
		return false;
	rac_fetch_add_relaxed(&state->untracked.contexts[look->device],
		rac_saturating_sub(rac_saturating_sub(used, look->used),
			rac_saturating_sub(charged, look->charged)));
	return true;
}

static void measure_growth(
	struct rac_state *state, nvmlDevice_t gpu, const struct rac_untracked_look *look)
{
	struct rac_untracked *u = &state->untracked;
	uint64_t bit = bit_of(look->device);

	/* What NVML once said of this process is better, though it be old. */
	if ((rac_load_relaxed(&state->record.devices[look->device].untracked) & 3) ==
		RAC_UNTRACKED_NVML)
		return;
	if (!add_growth(state, gpu, look) && look->makes_context)
		rac_fetch_or_relaxed(&u->incomplete, bit);
	if ((rac_load_relaxed(&u->incomplete) & bit) != 0)
		publish(state, look->device, 0, RAC_UNTRACKED_UNKNOWN);
	else if (rac_load_relaxed(&u->contexts[look->device]) != 0)
		publish(state, look->device, rac_load_relaxed(&u->contexts[look->device]),
			RAC_UNTRACKED_CONTEXT);
}

void rac_untracked_end(struct rac_untracked_look *look, CUresult result)
{
	struct rac_state *state = rac_state();
	uint64_t bit = bit_of(look->device);
	nvmlDevice_t gpu;
	int saved = errno;

	if (!look->wanted)
		return;
	if (result == CUDA_SUCCESS) {
		if (!find_device(&gpu, state, look->device))
			rac_fetch_or_relaxed(
				&state->untracked.incomplete, look->makes_context ? bit : 0);
		else if (!measure_process(state, gpu, look->device, look->pid_was_absent))
			measure_growth(state, gpu, look);
	}
	if (look->owner)
		atomic_fetch_and_explicit(&state->untracked.measuring, ~bit, memory_order_relaxed);
	errno = saved;
}

void rac_untracked_context_ended(struct rac_state *state)
{
	rac_store_relaxed(&state->untracked.incomplete, UINT64_MAX);
}

void rac_untracked_refresh(struct rac_state *state, CUdevice device)
{
	struct rac_untracked *u = &state->untracked;
	nvmlDevice_t gpu;
	int saved = errno;

	if (device < 0 || device >= RAC_MAX_DEVICES)
		return;
	uint64_t charged = rac_tracker_charged(state->tracker, (uint32_t)device);
	uint64_t before = rac_load_relaxed(&u->asked_at[device]);

	if (rac_saturating_sub(charged, before) < REFRESH_BYTES &&
		rac_saturating_sub(before, charged) < REFRESH_BYTES)
		return;
	rac_store_relaxed(&u->asked_at[device], charged);
	if (find_device(&gpu, state, (uint32_t)device))
		measure_process(state, gpu, (uint32_t)device, false);
	errno = saved;
}

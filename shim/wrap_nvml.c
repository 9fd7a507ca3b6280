/*
 * wrap_nvml.c - wrappers of NVML's functions that tell how much memory a device has and who uses it: with
 * RAC_SHOW=limit they agree with what wrap_query.c shows of the same device. Which device a handle is,
 * is nvml_view.c's business.
 *
 * The picture is that of a device as large as the cap: its total is used and free bytes together, and
 * the processes listed hold no more than is used. This process is listed with what the cap covers; its
 * neighbours, whom no cap hides, with what they take away from it.
 *
 * NVML's own answer comes first, and where it fails nothing is written. A structure of a version that is
 * not known here passes as it is.
 */
#include "checked.h"
#include "nvml_view.h"
#include "thread.h"
#include "untracked.h"
#include <errno.h>

/* False: pass the call straight through. NVML may come before CUDA, so nothing is said here. */
static bool enter(void)
{
	if (rac_thread.depth != 0 || !rac_state_is_active_quietly())
		return false;
	rac_thread.depth = 1;
	return true;
}

static void leave(void)
{
	rac_thread.depth = 0;
}

struct figures {
	uint64_t total, reserved, free, used;
};

static void narrow(struct figures *f, const struct rac_view *view)
{
	uint64_t total = rac_lesser(f->total, view->total);
	uint64_t free = rac_lesser(rac_lesser(f->free, view->free), total);

	/* What the system keeps is outside of the cap. */
	if (total < f->total) {
		f->reserved = 0;
		f->used = total - free;
	} else {
		f->used += rac_saturating_sub(f->free, free);
	}
	f->total = total;
	f->free = free;
}

RAC_EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
	const struct rac_nvml *nvml = rac_nvml();
	struct rac_view view;

	if (!enter())
		return nvml->nvmlDeviceGetMemoryInfo(device, memory);
	nvmlReturn_t result = nvml->nvmlDeviceGetMemoryInfo(device, memory);
	int saved = errno;

	if (result == NVML_SUCCESS && memory != NULL && rac_nvml_view(rac_state(), device, &view)) {
		struct figures f = {
			.total = memory->total, .free = memory->free, .used = memory->used};

		narrow(&f, &view);
		*memory = (nvmlMemory_t){.total = f.total, .free = f.free, .used = f.used};
	}
	errno = saved;
	leave();
	return result;
}

RAC_EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory)
{
	const struct rac_nvml *nvml = rac_nvml();
	struct rac_view view;

	if (!enter())
		return nvml->nvmlDeviceGetMemoryInfo_v2(device, memory);
	nvmlReturn_t result = nvml->nvmlDeviceGetMemoryInfo_v2(device, memory);
	int saved = errno;

	if (result == NVML_SUCCESS && memory != NULL &&
		(memory->version == RAC_NVML_MEMORY_V2 || memory->version == 2) &&
		rac_nvml_view(rac_state(), device, &view)) {
		struct figures f = {memory->total, memory->reserved, memory->free, memory->used};

		narrow(&f, &view);
		memory->total = f.total;
		memory->reserved = f.reserved;
		memory->free = f.free;
		memory->used = f.used;
	}
	errno = saved;
	leave();
	return result;
}

/* What the view shows as used of a device; false: its processes are shown as they are. */
static bool used_in_view(nvmlDevice_t device, struct rac_view *view, uint64_t *used)
{
	nvmlMemory_t memory;

	if (!rac_nvml_view(rac_state(), device, view) || view->total == UINT64_MAX)
		return false;
	*used = view->charged;
	/* Where NVML does not know what a device has, as on those that share the host's memory, the cap
	 * alone counts. */
	if (rac_nvml()->nvmlDeviceGetMemoryInfo(device, &memory) != NVML_SUCCESS)
		return true;
	struct figures f = {.total = memory.total, .free = memory.free, .used = memory.used};

	narrow(&f, view);
	*used = f.used;
	return f.total < memory.total;
}

/* All layouts begin with these two. */
_Static_assert(offsetof(nvmlProcessInfo_v1_t, pid) == offsetof(nvmlProcessInfo_v2_t, pid) &&
		offsetof(nvmlProcessInfo_v1_t, usedGpuMemory) ==
			offsetof(nvmlProcessInfo_v2_t, usedGpuMemory),
	"the layouts of a process begin differently");

struct list {
	char *entries;
	size_t entry_bytes;
	unsigned int count;
};

static nvmlProcessInfo_v1_t *entry(const struct list *list, unsigned int index)
{
	return (nvmlProcessInfo_v1_t *)(void *)(list->entries + index * list->entry_bytes);
}

/* Leaves at most `left` to the entry; one whose figure is not known keeps that. */
static void cut(nvmlProcessInfo_v1_t *process, uint64_t *left)
{
	if (process->usedGpuMemory == RAC_NVML_NOT_AVAILABLE)
		return;
	process->usedGpuMemory = rac_lesser(process->usedGpuMemory, *left);
	*left -= process->usedGpuMemory;
}

static void narrow_list(nvmlDevice_t device, const struct list *list)
{
	struct rac_state *state = rac_state();
	bool pid_counts = rac_untracked_knows_pid(state);
	struct rac_view view;
	uint64_t left;

	if (!used_in_view(device, &view, &left))
		return;
	for (unsigned int i = 0; i < list->count; i++) {
		if (!pid_counts || entry(list, i)->pid != (unsigned int)state->pid)
			continue;
		entry(list, i)->usedGpuMemory = view.charged;
		cut(entry(list, i), &left);
	}
	for (unsigned int i = 0; i < list->count; i++)
		if (!pid_counts || entry(list, i)->pid != (unsigned int)state->pid)
			cut(entry(list, i), &left);
}

/* The functions differ in their names and in the layout of what they fill. */
#define WRAP_LIST(symbol, layout)                                                           \
	RAC_EXPORT nvmlReturn_t symbol(                                                     \
		nvmlDevice_t device, unsigned int *infoCount, layout *infos)                \
	{                                                                                   \
		const struct rac_nvml *nvml = rac_nvml();                                   \
                                                                                            \
		if (!enter())                                                               \
			return nvml->symbol(device, infoCount, infos);                      \
		nvmlReturn_t result = nvml->symbol(device, infoCount, infos);               \
		int saved = errno;                                                          \
                                                                                            \
		if (result == NVML_SUCCESS && infoCount != NULL && infos != NULL)           \
			narrow_list(device,                                                 \
				&(struct list){(char *)infos, sizeof(*infos), *infoCount}); \
		errno = saved;                                                              \
		leave();                                                                    \
		return result;                                                              \
	}

WRAP_LIST(nvmlDeviceGetComputeRunningProcesses, nvmlProcessInfo_v1_t)
WRAP_LIST(nvmlDeviceGetComputeRunningProcesses_v2, nvmlProcessInfo_v2_t)
WRAP_LIST(nvmlDeviceGetComputeRunningProcesses_v3, nvmlProcessInfo_t)
WRAP_LIST(nvmlDeviceGetGraphicsRunningProcesses, nvmlProcessInfo_v1_t)
WRAP_LIST(nvmlDeviceGetGraphicsRunningProcesses_v2, nvmlProcessInfo_v2_t)
WRAP_LIST(nvmlDeviceGetGraphicsRunningProcesses_v3, nvmlProcessInfo_t)
WRAP_LIST(nvmlDeviceGetMPSComputeRunningProcesses, nvmlProcessInfo_v1_t)
WRAP_LIST(nvmlDeviceGetMPSComputeRunningProcesses_v2, nvmlProcessInfo_v2_t)
WRAP_LIST(nvmlDeviceGetMPSComputeRunningProcesses_v3, nvmlProcessInfo_t)

/*
 * nvml_view.c - see nvml_view.h.
 *
 * Caps go by CUDA's ordinals, which are not NVML's indices: both are led to the device's UUID. Once the
 * program uses CUDA the driver is asked which ordinal that is. Before that it is worked out from
 * CUDA_VISIBLE_DEVICES, read anew each time since a program may set it until then. Where it stays open
 * which of several ordinals a device will have, the smallest of their caps is shown: what is shown as
 * free can be had in each case.
 */
#include "nvml_view.h"

#include "cap.h"
#include "checked.h"
#include "device.h"
#include "driver.h"
#include "group_view.h"
#include "visible.h"
#include <stdlib.h>
#include <string.h>

#define UUID_MAX 96 /* NVML_DEVICE_UUID_V2_BUFFER_SIZE */
#define NAME_MAX 96

/* The GPUs that NVML sees. */
struct gpus {
	struct rac_machine machine;
	char text[RAC_MAX_DEVICES][UUID_MAX];
	const char *uuids[RAC_MAX_DEVICES];
	bool asked_is_divided; /* the GPU that it is about is in parts, and so no device of CUDA's */
};

struct model {
	char name[NAME_MAX];
	unsigned long long total;
};

static void read_model(nvmlDevice_t gpu, struct model *out)
{
	nvmlMemory_t memory;

	memset(out, 0, sizeof(*out));
	if (rac_nvml()->nvmlDeviceGetName(gpu, out->name, NAME_MAX) != NVML_SUCCESS)
		out->name[0] = '\0';
	if (rac_nvml()->nvmlDeviceGetMemoryInfo(gpu, &memory) == NVML_SUCCESS)
		out->total = memory.total;
}

static bool is_divided(nvmlDevice_t gpu)
{
	unsigned int current = 0, pending;

	return rac_nvml()->nvmlDeviceGetMigMode(gpu, &current, &pending) == NVML_SUCCESS &&
		current != 0;
}

static void read_gpus(struct gpus *g, nvmlDevice_t asked)
{
	const struct rac_nvml *nvml = rac_nvml();
	const char *order = getenv("CUDA_DEVICE_ORDER");
	struct rac_machine *m = &g->machine;
	struct model first, other;
	unsigned int count = 0;
	bool alike = true;

	memset(g, 0, sizeof(*g));
	if (nvml->nvmlDeviceGetCount_v2(&count) != NVML_SUCCESS)
		count = 0;
	for (unsigned int i = 0; i < count && m->count < RAC_MAX_DEVICES; i++) {
		nvmlDevice_t gpu;
		char *uuid = g->text[m->count];

		/* One that this process may not open is none of CUDA's either. */
		if (nvml->nvmlDeviceGetHandleByIndex_v2(i, &gpu) != NVML_SUCCESS ||
			nvml->nvmlDeviceGetUUID(gpu, uuid, UUID_MAX) != NVML_SUCCESS)
			continue;
		read_model(gpu, m->count == 0 ? &first : &other);
		alike = alike && (m->count == 0 || memcmp(&first, &other, sizeof(first)) == 0);
		m->divided = m->divided || is_divided(gpu);
		g->asked_is_divided = g->asked_is_divided || (gpu == asked && is_divided(gpu));
		g->uuids[m->count++] = uuid;
	}
	m->uuids = g->uuids;
	m->visible = getenv("CUDA_VISIBLE_DEVICES");
	/* The order without this variable is by speed, and by place where that is the same. */
	m->in_order = alike || (order != NULL && strcmp(order, "PCI_BUS_ID") == 0);
}

/* False: the driver does not know the UUIDs of its devices. */
static bool ask_driver(const char *uuid, struct rac_ordinals *out)
{
	int count = 0;

	*out = (struct rac_ordinals){0, 0};
	if (rac_driver()->cuDeviceGetCount(&count) != CUDA_SUCCESS)
		return false;
	for (int i = 0; i < count && i < RAC_MAX_DEVICES; i++) {
		char known[RAC_UUID_TEXT_MAX];

		rac_device_uuid(known, i);
		if (known[0] == '\0')
			return false;
		if (strcmp(known, uuid) == 0)
			*out = (struct rac_ordinals){(uint32_t)i, (uint32_t)i + 1};
	}
	return true;
}

/* False where something is wrong with the caps as a whole, as CUDA's first use will say. Where not all is
 * certain, nothing is. */
static bool caps_fit(const struct rac_state *state, const struct rac_machine *m)
{
	const char *visible[RAC_MAX_DEVICES] = {NULL};
	struct rac_text unused;
	uint32_t count = 0;

	for (uint32_t i = 0; i < m->count; i++) {
		struct rac_ordinals o = rac_visible_find(m, m->uuids[i]);

		if (m->divided || o.end - o.first > 1)
			return true;
		if (o.end == o.first)
			continue;
		visible[o.first] = m->uuids[i];
		count++;
	}
	for (uint32_t i = 0; i < count; i++)
		if (visible[i] == NULL)
			return true;
	rac_text_init(&unused, NULL, 0);
	return rac_limit_check(&state->settings.limit, visible, count, &unused) == RAC_OK;
}

/* What NVML says that programs can have: CUDA's total is without what the system keeps. */
static uint64_t usable_bytes(nvmlDevice_t device)
{
	nvmlMemory_v2_t second = {.version = RAC_NVML_MEMORY_V2};
	nvmlMemory_t first = {0};

	if (rac_nvml()->nvmlDeviceGetMemoryInfo_v2(device, &second) == NVML_SUCCESS)
		return second.total - rac_lesser(second.reserved, second.total);
	return rac_nvml()->nvmlDeviceGetMemoryInfo(device, &first) == NVML_SUCCESS ? first.total
										   : 0;
}

/* Of a device that CUDA has not described to us: nothing is charged on it. */
static void view_unseen(struct rac_state *state, struct rac_ordinals ordinals, const char *uuid,
	nvmlDevice_t device, struct rac_view *view)
{
	struct rac_cap_device d = {.total_bytes = usable_bytes(device)};
	struct rac_text unused;
	nvmlPciInfo_t pci;

	rac_text_init(&unused, NULL, 0);
	memcpy(d.uuid, uuid, strnlen(uuid, sizeof(d.uuid) - 1));
	if (rac_nvml()->nvmlDeviceGetPciInfo_v3(device, &pci) == NVML_SUCCESS)
		memcpy(d.pci, pci.busId, strnlen(pci.busId, sizeof(d.pci) - 1));
	uint64_t kernel = rac_cap_ask_kernel(&d);

	*view = (struct rac_view){.total = UINT64_MAX, .free = UINT64_MAX};
	for (d.ordinal = ordinals.first; d.ordinal < ordinals.end; d.ordinal++) {
		struct rac_cap cap;

		if (rac_device_is_closed(state, d.ordinal) ||
			rac_cap_find(state, &d, kernel, &cap, &unused) != RAC_OK)
			view->free = 0;
		else if (cap.bytes != RAC_NO_LIMIT)
			view->total = rac_lesser(view->total, cap.bytes);
	}
	view->free = rac_lesser(view->free, view->total);
	if (view->total != UINT64_MAX)
		view->free = rac_lesser(
			view->free, rac_saturating_sub(view->total, rac_group_peek(state, uuid)));
}

static bool view_before_cuda(
	struct rac_state *state, nvmlDevice_t device, const char *uuid, struct rac_view *view)
{
	struct gpus gpus;

	read_gpus(&gpus, device);
	struct rac_ordinals ordinals = rac_visible_find(&gpus.machine, uuid);

	if (ordinals.first == ordinals.end || gpus.asked_is_divided)
		return false;
	view_unseen(state, ordinals, uuid, device, view);
	if (!caps_fit(state, &gpus.machine))
		view->free = 0;
	return true;
}

bool rac_nvml_view(struct rac_state *state, nvmlDevice_t device, struct rac_view *view)
{
	char uuid[UUID_MAX];
	struct rac_ordinals ordinals;

	if (state->settings.show != RAC_SHOW_LIMIT ||
		rac_nvml()->nvmlDeviceGetUUID(device, uuid, sizeof(uuid)) != NVML_SUCCESS)
		return false;
	if (rac_load_relaxed(&state->used) == 0 || !ask_driver(uuid, &ordinals))
		return view_before_cuda(state, device, uuid, view);
	if (ordinals.first == ordinals.end)
		return false;
	if (rac_device_is_ready(state, ordinals.first))
		return rac_view_of(state, (CUdevice)ordinals.first, view);
	view_unseen(state, ordinals, uuid, device, view);
	return true;
}

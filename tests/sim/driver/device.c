/*
 * Enumerating the simulated devices and their properties. Ordinals are the program's, after
 * CUDA_VISIBLE_DEVICES; names, UUIDs and bus addresses belong to the physical card.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

CUresult sim_device_check(CUdevice device)
{
	return device >= 0 && device < sim_config()->devices ? CUDA_SUCCESS
							     : CUDA_ERROR_INVALID_DEVICE;
}

static int physical(CUdevice device)
{
	return sim_config()->physical[device];
}

static int bus(CUdevice device)
{
	return physical(device) / sim_config()->parts + 1;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
	SIM_ENTER(cuDeviceGet);
	if (!device)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(ordinal))
		return CUDA_ERROR_INVALID_DEVICE;
	*device = ordinal;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *count)
{
	SIM_ENTER(cuDeviceGetCount);
	if (!count)
		return CUDA_ERROR_INVALID_VALUE;
	*count = sim_config()->devices;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int size, CUdevice device)
{
	SIM_ENTER(cuDeviceGetName);
	if (!name || size <= 0)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	snprintf(name, (size_t)size, "Simulated GPU");
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice device)
{
	SIM_ENTER(cuDeviceGetUuid);
	if (!uuid)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_uuid(physical(device), uuid);
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device)
{
	SIM_ENTER(cuDeviceGetUuid_v2);
	if (!uuid)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	if (sim_config()->parts > 1)
		sim_part_uuid(physical(device), uuid);
	else
		sim_uuid(physical(device), uuid);
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetLuid(char *luid, unsigned int *mask, CUdevice device)
{
	SIM_ENTER(cuDeviceGetLuid);
	(void)luid;
	(void)mask;
	/* A notion of Windows only. */
	return sim_device_check(device) ? CUDA_ERROR_INVALID_DEVICE : CUDA_ERROR_NOT_SUPPORTED;
}

CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device)
{
	SIM_REENTER(cuDeviceTotalMem_v2, (bytes, device));
	SIM_ENTER(cuDeviceTotalMem_v2);
	if (!bytes)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	*bytes = sim_config()->memory[physical(device)];
	return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem(unsigned int *bytes, CUdevice device)
{
	uint64_t memory;

	SIM_ENTER(cuDeviceTotalMem);
	if (!bytes)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	memory = sim_config()->memory[physical(device)];
	*bytes = memory > UINT32_MAX ? UINT32_MAX : (unsigned int)memory;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
{
	SIM_ENTER(cuDeviceGetAttribute);
	if (!value)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	if (attribute == CU_DEVICE_ATTRIBUTE_PCI_BUS_ID) {
		*value = bus(device);
		return CUDA_SUCCESS;
	}
	switch (attribute) {
#define X(name, id, constant)            \
	case CU_DEVICE_ATTRIBUTE_##name: \
		*value = constant;       \
		return CUDA_SUCCESS;
#include "simabi/attributes.def"
	default:
		return CUDA_ERROR_INVALID_VALUE;
	}
}

CUresult cuDeviceComputeCapability(int *major, int *minor, CUdevice device)
{
	SIM_ENTER(cuDeviceComputeCapability);
	if (!major || !minor)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	*major = 8;
	*minor = 0;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetPCIBusId(char *id, int size, CUdevice device)
{
	SIM_ENTER(cuDeviceGetPCIBusId);
	if (!id || size < 13)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	snprintf(id, (size_t)size, "0000:%02X:00.0", (unsigned int)bus(device));
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetByPCIBusId(CUdevice *device, const char *id)
{
	unsigned int domain, place;

	SIM_ENTER(cuDeviceGetByPCIBusId);
	if (!device || !id || sscanf(id, "%x:%x:", &domain, &place) != 2)
		return CUDA_ERROR_INVALID_VALUE;
	for (int i = 0; i < sim_config()->devices; i++) {
		if (domain == 0 && (int)place == bus(i)) {
			*device = i;
			return CUDA_SUCCESS;
		}
	}
	return CUDA_ERROR_INVALID_DEVICE;
}

CUresult cuDeviceCanAccessPeer(int *can, CUdevice device, CUdevice peer)
{
	SIM_ENTER(cuDeviceCanAccessPeer);
	if (!can)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device) || sim_device_check(peer))
		return CUDA_ERROR_INVALID_DEVICE;
	*can = device != peer;
	return CUDA_SUCCESS;
}

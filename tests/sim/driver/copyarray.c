/* Copies of a run of bytes to, from and between the first rows of arrays. */
#include "sim.h"

/* One-dimensional copies of arrays count in bytes from the start, row after row. */
static CUresult place(CUarray array, uint64_t offset, uint64_t *address)
{
	uint64_t row, slice;
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_context_current(&ctx);
	sim_unlock();
	if (status == CUDA_SUCCESS)
		status = sim_array_box(array, address, &row, &slice);
	*address += offset;
	return status;
}

static CUresult to_array(
	CUarray target, uint64_t offset, uint64_t source, bool device, uint64_t bytes)
{
	uint64_t address = 0;
	CUresult status = place(target, offset, &address);

	return status == CUDA_SUCCESS ? sim_copy(address, true, source, device, bytes) : status;
}

static CUresult from_array(
	uint64_t target, bool device, CUarray source, uint64_t offset, uint64_t bytes)
{
	uint64_t address = 0;
	CUresult status = place(source, offset, &address);

	return status == CUDA_SUCCESS ? sim_copy(target, device, address, true, bytes) : status;
}

static CUresult between_arrays(
	CUarray target, uint64_t to, CUarray source, uint64_t from, uint64_t bytes)
{
	uint64_t address = 0;
	CUresult status = place(source, from, &address);

	return status == CUDA_SUCCESS ? to_array(target, to, address, true, bytes) : status;
}

SIM_TWINS(cuMemcpyHtoA_v2, _ptds, (CUarray target, size_t offset, const void *source, size_t bytes),
	to_array(target, offset, (uint64_t)(uintptr_t)source, false, bytes))
SIM_TWINS(cuMemcpyAtoH_v2, _ptds, (void *target, CUarray source, size_t offset, size_t bytes),
	from_array((uint64_t)(uintptr_t)target, false, source, offset, bytes))
SIM_TWINS(cuMemcpyDtoA_v2, _ptds, (CUarray target, size_t offset, CUdeviceptr source, size_t bytes),
	to_array(target, offset, source, true, bytes))
SIM_TWINS(cuMemcpyAtoD_v2, _ptds, (CUdeviceptr target, CUarray source, size_t offset, size_t bytes),
	from_array(target, true, source, offset, bytes))
SIM_TWINS(cuMemcpyAtoA_v2, _ptds,
	(CUarray target, size_t to, CUarray source, size_t from, size_t bytes),
	between_arrays(target, to, source, from, bytes))

/*
 * wrap_host.c - wrappers of the driver's functions for pinned host memory, which has an account of
 * its own and no limit.
 */
#include "account.h"
#include "driver.h"
#include "thread.h"

#include <stdint.h>

RAC_EXPORT CUresult cuMemAllocHost(void **pp, unsigned int bytesize)
{
	if (pp == NULL || !rac_enter())
		return rac_driver()->cuMemAllocHost(pp, bytesize);
	CUresult result = rac_driver()->cuMemAllocHost(pp, bytesize);

	if (result == CUDA_SUCCESS)
		rac_host_record(RAC_HOOK_cuMemAllocHost, *pp, bytesize);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemAllocHost_v2(void **pp, size_t bytesize)
{
	if (pp == NULL || !rac_enter())
		return rac_driver()->cuMemAllocHost_v2(pp, bytesize);
	CUresult result = rac_driver()->cuMemAllocHost_v2(pp, bytesize);

	if (result == CUDA_SUCCESS)
		rac_host_record(RAC_HOOK_cuMemAllocHost_v2, *pp, bytesize);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemHostAlloc(void **pp, size_t bytesize, unsigned int Flags)
{
	if (pp == NULL || !rac_enter())
		return rac_driver()->cuMemHostAlloc(pp, bytesize, Flags);
	CUresult result = rac_driver()->cuMemHostAlloc(pp, bytesize, Flags);

	if (result == CUDA_SUCCESS)
		rac_host_record(RAC_HOOK_cuMemHostAlloc, *pp, bytesize);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemHostRegister(void *p, size_t bytesize, unsigned int Flags)
{
	if (!rac_enter())
		return rac_driver()->cuMemHostRegister(p, bytesize, Flags);
	CUresult result = rac_driver()->cuMemHostRegister(p, bytesize, Flags);

	if (result == CUDA_SUCCESS)
		rac_host_record(RAC_HOOK_cuMemHostRegister, p, bytesize);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemHostRegister_v2(void *p, size_t bytesize, unsigned int Flags)
{
	if (!rac_enter())
		return rac_driver()->cuMemHostRegister_v2(p, bytesize, Flags);
	CUresult result = rac_driver()->cuMemHostRegister_v2(p, bytesize, Flags);

	if (result == CUDA_SUCCESS)
		rac_host_record(RAC_HOOK_cuMemHostRegister_v2, p, bytesize);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemFreeHost(void *p)
{
	struct rac_return given;

	if (!rac_enter())
		return rac_driver()->cuMemFreeHost(p);
	rac_return_take(&given, RAC_SPACE_HOST, (uintptr_t)p);
	CUresult result = rac_driver()->cuMemFreeHost(p);

	rac_return_settle(&given, result);
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuMemHostUnregister(void *p)
{
	struct rac_return given;

	if (!rac_enter())
		return rac_driver()->cuMemHostUnregister(p);
	rac_return_take(&given, RAC_SPACE_HOST, (uintptr_t)p);
	CUresult result = rac_driver()->cuMemHostUnregister(p);

	rac_return_settle(&given, result);
	rac_leave();
	return result;
}

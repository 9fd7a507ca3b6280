/*
 * stream.c - see stream.h.
 */
#include "stream.h"

#include "driver.h"
#include <stdint.h>

/* NULL, and the two names of default streams, belong to the current context. */
static bool is_default(CUstream stream)
{
	return (uintptr_t)stream <= 2;
}

/* Before cuStreamGetDevice (12.8) a context has to be current to be asked for its device. */
static CUresult ask_context(CUstream stream, CUdevice *device)
{
	const struct rac_driver *driver = rac_driver();
	CUcontext context, popped;

	CUresult result = driver->cuStreamGetCtx(stream, &context);

	if (result == CUDA_SUCCESS)
		result = driver->cuCtxPushCurrent_v2(context);
	if (result != CUDA_SUCCESS)
		return result;
	result = driver->cuCtxGetDevice(device);
	driver->cuCtxPopCurrent_v2(&popped);
	return result;
}

CUresult rac_stream_device(CUstream stream, CUdevice *device)
{
	if (is_default(stream))
		return rac_driver()->cuCtxGetDevice(device);
	if (rac_driver()->cuStreamGetDevice(stream, device) == CUDA_SUCCESS)
		return CUDA_SUCCESS;
	return ask_context(stream, device);
}

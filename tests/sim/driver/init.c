/*
 * cuInit, the driver's version, the words for its errors, and control of a profiler that is not there.
 */
#include "sim.h"

CUresult cuInit(unsigned int flags)
{
	CUresult status;

	SIM_REENTER(cuInit, (flags));
	SIM_ENTER_EARLY(cuInit);
	status = sim_start(flags);
	if (status != CUDA_SUCCESS)
		return status;
	sim_lock();
	sim_board_open();
	sim_unlock();
	return CUDA_SUCCESS;
}

CUresult cuDriverGetVersion(int *version)
{
	SIM_ENTER_EARLY(cuDriverGetVersion);
	if (!version)
		return CUDA_ERROR_INVALID_VALUE;
	*version = CUDA_VERSION;
	return CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult error, const char **text)
{
	SIM_ENTER_EARLY(cuGetErrorString);
	if (!text)
		return CUDA_ERROR_INVALID_VALUE;
	switch (error) {
#define X(name, value, words)  \
	case CUDA_##name:      \
		*text = words; \
		return CUDA_SUCCESS;
#include "simabi/errors.def"
	default:
		*text = NULL;
		return CUDA_ERROR_INVALID_VALUE;
	}
}

CUresult cuGetErrorName(CUresult error, const char **text)
{
	SIM_ENTER_EARLY(cuGetErrorName);
	if (!text)
		return CUDA_ERROR_INVALID_VALUE;
	switch (error) {
#define X(name, value, words)          \
	case CUDA_##name:              \
		*text = "CUDA_" #name; \
		return CUDA_SUCCESS;
#include "simabi/errors.def"
	default:
		*text = NULL;
		return CUDA_ERROR_INVALID_VALUE;
	}
}

/* There is no profiler to be told. */
CUresult cuProfilerInitialize(const char *config, const char *output, CUoutput_mode mode)
{
	SIM_ENTER(cuProfilerInitialize);
	(void)config;
	(void)output;
	(void)mode;
	return CUDA_ERROR_NOT_SUPPORTED;
}

CUresult cuProfilerStart(void)
{
	SIM_ENTER(cuProfilerStart);
	return CUDA_SUCCESS;
}

CUresult cuProfilerStop(void)
{
	SIM_ENTER(cuProfilerStop);
	return CUDA_SUCCESS;
}

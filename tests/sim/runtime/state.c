/*
 * Initialisation at the first call, the current device of each thread, and the last error. The primary
 * context of a device is retained once and made current where the program has no context of its own.
 */
#include "rt.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cudaError_t start_error;
static int device_count;
static size_t total_memory[RT_DEVICES];
static CUcontext primary[RT_DEVICES];
/* An error after which the device is lost to the process, as a failed launch. */
static cudaError_t sticky;

static __thread int current_device;
static __thread cudaError_t last_error;

static void start(void)
{
	start_error = rt_load();
	if (start_error == cudaSuccess)
		start_error = rt_map(rt.cuInit(0));
	if (start_error == cudaSuccess)
		start_error = rt_map(rt.cuDeviceGetCount(&device_count));
	if (device_count > RT_DEVICES)
		device_count = RT_DEVICES;
	/* Sizes are read once, here: a later change of them is not seen. */
	for (int i = 0; start_error == cudaSuccess && i < device_count; i++)
		start_error = rt_map(rt.cuDeviceTotalMem_v2(&total_memory[i], i));
}

cudaError_t rt_start(void)
{
	pthread_once(&once, start);
	return start_error;
}

static bool is_sticky(cudaError_t error)
{
	switch ((int)error) {
	case cudaErrorIllegalAddress:
	case cudaErrorLaunchTimeout:
	case cudaErrorAssert:
	case 714:
	case 715:
	case cudaErrorMisalignedAddress:
	case 717:
	case 718:
	case cudaErrorLaunchFailure:
		return true;
	default:
		return false;
	}
}

cudaError_t rt_note(cudaError_t error)
{
	if (error == cudaSuccess || error == cudaErrorNotReady)
		return error;
	last_error = error;
	if (is_sticky(error))
		__atomic_store_n(&sticky, error, __ATOMIC_RELAXED);
	return error;
}

cudaError_t cudaGetLastError(void)
{
	cudaError_t error = last_error, lost = __atomic_load_n(&sticky, __ATOMIC_RELAXED);

	if (lost != cudaSuccess)
		return lost;
	last_error = cudaSuccess;
	return error;
}

cudaError_t cudaPeekAtLastError(void)
{
	cudaError_t lost = __atomic_load_n(&sticky, __ATOMIC_RELAXED);

	return lost != cudaSuccess ? lost : last_error;
}

/* Retains the primary context of a device if that is not done, and makes it current. */
static cudaError_t use_device(int device)
{
	cudaError_t status = cudaSuccess;

	pthread_mutex_lock(&lock);
	if (!primary[device])
		status = rt_map(rt.cuDevicePrimaryCtxRetain(&primary[device], device));
	if (status != cudaSuccess)
		primary[device] = NULL;
	pthread_mutex_unlock(&lock);
	if (status == cudaSuccess)
		status = rt_map(rt.cuCtxSetCurrent(primary[device]));
	return status;
}

cudaError_t rt_ready(void)
{
	cudaError_t status = rt_start(), lost = __atomic_load_n(&sticky, __ATOMIC_RELAXED);
	CUcontext ctx;
	bool reset;

	if (status != cudaSuccess)
		return status;
	if (lost != cudaSuccess)
		return lost;
	status = rt_map(rt.cuCtxGetCurrent(&ctx));
	if (status != cudaSuccess)
		return status;
	/* After a reset the thread still has the dead primary context current. */
	pthread_mutex_lock(&lock);
	reset = !primary[current_device];
	pthread_mutex_unlock(&lock);
	if (ctx && !reset)
		return cudaSuccess;
	if (ctx) {
		CUdevice device;

		/* A context of the program's own stays. */
		if (rt.cuCtxGetDevice(&device) == CUDA_SUCCESS)
			return cudaSuccess;
	}
	return use_device(current_device);
}

int rt_device_count(void)
{
	return device_count;
}

int rt_device(void)
{
	return current_device;
}

size_t rt_total_memory(int device)
{
	return total_memory[device];
}

cudaError_t cudaGetDevice(int *device)
{
	cudaError_t status = rt_start();
	CUcontext ctx;
	CUdevice found;

	if (status != cudaSuccess)
		return rt_note(status);
	if (!device)
		return rt_note(cudaErrorInvalidValue);
	*device = current_device;
	if (rt.cuCtxGetCurrent(&ctx) == CUDA_SUCCESS && ctx &&
		rt.cuCtxGetDevice(&found) == CUDA_SUCCESS)
		*device = found;
	return cudaSuccess;
}

cudaError_t cudaSetDevice(int device)
{
	cudaError_t status = rt_start();

	if (status != cudaSuccess)
		return rt_note(status);
	if (device < 0 || device >= device_count)
		return rt_note(cudaErrorInvalidDevice);
	current_device = device;
	return rt_note(use_device(device));
}

/* The state of all threads on the device is gone; the next call begins anew. */
cudaError_t cudaDeviceReset(void)
{
	cudaError_t status = rt_start();
	CUcontext ctx;
	int device = current_device;

	if (status != cudaSuccess)
		return rt_note(status);
	cudaGetDevice(&device);
	status = rt_map(rt.cuDevicePrimaryCtxRetain(&ctx, device));
	if (status == cudaSuccess)
		status = rt_map(rt.cuDevicePrimaryCtxReset(device));
	if (status == cudaSuccess)
		status = rt_map(rt.cuCtxSetCurrent(NULL));
	pthread_mutex_lock(&lock);
	primary[device] = NULL;
	pthread_mutex_unlock(&lock);
	__atomic_store_n(&sticky, cudaSuccess, __ATOMIC_RELAXED);
	last_error = cudaSuccess;
	return rt_note(status);
}

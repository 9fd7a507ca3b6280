/*
 * Kernels: handles, what they answer, and launches. A kernel computes nothing: what is modelled is that it must
 * exist, that a launch has a shape that a device can run, and that the first one brings a library's code there.
 */
#include "code.h"

#include <stdlib.h>
#include <string.h>

CUresult sim_kernel_get(struct sim_code *code, const char *name, struct CUfunc_st **out)
{
	struct CUfunc_st *function = code->functions;

	while (function && strcmp(function->name, name) != 0)
		function = function->next;
	if (!function) {
		if (!sim_image_has_kernel(code->image, name))
			return CUDA_ERROR_NOT_FOUND;
		function = calloc(1, sizeof(*function));
		if (!function || !(function->name = strdup(name))) {
			free(function);
			return CUDA_ERROR_OUT_OF_MEMORY;
		}
		function->code = code;
		function->carveout = -1;
		function->next = code->functions;
		code->functions = function;
		sim_object_add(&function->object, SIM_FUNCTION, NULL, NULL);
	}
	*out = function;
	return CUDA_SUCCESS;
}

void sim_kernels_end(struct sim_code *code)
{
	while (code->functions) {
		struct CUfunc_st *function = code->functions;

		code->functions = function->next;
		sim_object_remove(&function->object);
		free(function->name);
		free(function);
	}
}

/* A kernel stands for its function on whatever device is current. */
CUresult cuKernelGetFunction(CUfunction *function, CUkernel kernel)
{
	bool found;

	SIM_ENTER(cuKernelGetFunction);
	if (!function)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(kernel, SIM_FUNCTION) != NULL;
	sim_unlock();
	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	*function = (CUfunction)(void *)kernel;
	return CUDA_SUCCESS;
}

static CUresult get_attribute(const void *handle, CUfunction_attribute attribute, int *value)
{
	const struct CUfunc_st *function;
	CUresult status = CUDA_SUCCESS;

	if (!value || attribute >= CU_FUNC_ATTRIBUTE_MAX)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	function = sim_object_find(handle, SIM_FUNCTION);
	if (!function)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK)
		*value = SIM_BLOCK_THREADS_MOST;
	else if (attribute == CU_FUNC_ATTRIBUTE_NUM_REGS)
		*value = 32;
	else if (attribute == CU_FUNC_ATTRIBUTE_PTX_VERSION ||
		attribute == CU_FUNC_ATTRIBUTE_BINARY_VERSION)
		*value = 80;
	else if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
		*value = function->dynamic_shared;
	else if (attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT)
		*value = function->carveout;
	else
		*value = 0;
	sim_unlock();
	return status;
}

static CUresult set_attribute(const void *handle, CUfunction_attribute attribute, int value)
{
	struct CUfunc_st *function;
	CUresult status = CUDA_SUCCESS;

	sim_lock();
	function = sim_object_find(handle, SIM_FUNCTION);
	if (!function)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES && value >= 0 &&
		value <= SIM_PROCESSOR_SHARED_BYTES - SIM_BLOCK_SHARED_RESERVED)
		function->dynamic_shared = value;
	else if (attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT && value >= -1 &&
		value <= 100)
		function->carveout = value;
	else
		status = CUDA_ERROR_INVALID_VALUE;
	sim_unlock();
	return status;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction function)
{
	SIM_ENTER(cuFuncGetAttribute);
	return get_attribute(function, attribute, value);
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value)
{
	SIM_ENTER(cuFuncSetAttribute);
	return set_attribute(function, attribute, value);
}

CUresult cuKernelGetAttribute(
	int *value, CUfunction_attribute attribute, CUkernel kernel, CUdevice device)
{
	SIM_ENTER(cuKernelGetAttribute);
	return sim_device_check(device) ? CUDA_ERROR_INVALID_DEVICE
					: get_attribute(kernel, attribute, value);
}

CUresult cuKernelSetAttribute(
	CUfunction_attribute attribute, int value, CUkernel kernel, CUdevice device)
{
	SIM_ENTER(cuKernelSetAttribute);
	return sim_device_check(device) ? CUDA_ERROR_INVALID_DEVICE
					: set_attribute(kernel, attribute, value);
}

/* A preference, and no call reads it back. */
static CUresult prefer(const void *handle, CUfunc_cache config)
{
	bool found;

	sim_lock();
	found = sim_object_find(handle, SIM_FUNCTION) != NULL;
	sim_unlock();
	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	return config <= CU_FUNC_CACHE_PREFER_EQUAL ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuFuncSetCacheConfig(CUfunction function, CUfunc_cache config)
{
	SIM_ENTER(cuFuncSetCacheConfig);
	return prefer(function, config);
}

CUresult cuKernelSetCacheConfig(CUkernel kernel, CUfunc_cache config, CUdevice device)
{
	SIM_ENTER(cuKernelSetCacheConfig);
	return sim_device_check(device) ? CUDA_ERROR_INVALID_DEVICE : prefer(kernel, config);
}

/* The name lives as long as the kernel. */
static CUresult get_name(const char **name, const void *handle)
{
	const struct CUfunc_st *function;

	if (!name)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	function = sim_object_find(handle, SIM_FUNCTION);
	if (function)
		*name = function->name;
	sim_unlock();
	return function ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuFuncGetName(const char **name, CUfunction function)
{
	SIM_ENTER(cuFuncGetName);
	return get_name(name, function);
}

CUresult cuKernelGetName(const char **name, CUkernel kernel)
{
	SIM_ENTER(cuKernelGetName);
	return get_name(name, kernel);
}

/* Lock held: the first launch of a library's kernel loads its code. */
static CUresult prepare(CUfunction function)
{
	struct CUfunc_st *found = sim_object_find(function, SIM_FUNCTION);
	struct CUmod_st *module;

	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!found->code->library)
		return CUDA_SUCCESS;
	return sim_library_materialize(found->code->library, &module);
}

CUresult sim_kernel_launch(CUfunction function, struct sim_shape s, CUstream stream)
{
	struct sim_work work = {.kind = SIM_WORK_KERNEL};
	CUresult status;

	if (!s.gx || !s.gy || !s.gz || !s.bx || !s.by || !s.bz || s.bx > SIM_BLOCK_THREADS_MOST ||
		s.by > SIM_BLOCK_THREADS_MOST || s.bz > 64 ||
		s.bx * s.by * s.bz > SIM_BLOCK_THREADS_MOST)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = prepare(function);
	sim_unlock();
	return status == CUDA_SUCCESS ? sim_stream_run(stream, &work) : status;
}

SIM_TWINS(cuLaunchKernel, _ptsz,
	(CUfunction function, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx,
		unsigned int by, unsigned int bz, unsigned int shared, CUstream stream,
		void **arguments, void **extra),
	((void)shared, (void)arguments, (void)extra,
		sim_kernel_launch(function, (struct sim_shape){gx, gy, gz, bx, by, bz},
			stream ? stream : sim_default)))

SIM_TWINS(cuLaunchCooperativeKernel, _ptsz,
	(CUfunction function, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx,
		unsigned int by, unsigned int bz, unsigned int shared, CUstream stream,
		void **arguments),
	((void)shared, (void)arguments,
		sim_kernel_launch(function, (struct sim_shape){gx, gy, gz, bx, by, bz},
			stream ? stream : sim_default)))

static CUresult launch_as(const CUlaunchConfig *config, CUfunction function, CUstream otherwise)
{
	if (!config)
		return CUDA_ERROR_INVALID_VALUE;
	return sim_kernel_launch(function,
		(struct sim_shape){config->gridDimX, config->gridDimY, config->gridDimZ,
			config->blockDimX, config->blockDimY, config->blockDimZ},
		config->hStream ? config->hStream : otherwise);
}

SIM_TWINS(cuLaunchKernelEx, _ptsz,
	(const CUlaunchConfig *config, CUfunction function, void **arguments, void **extra),
	((void)arguments, (void)extra, launch_as(config, function, sim_default)))

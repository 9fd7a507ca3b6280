/*
 * Modules, libraries and kernels. Images are not read and kernels compute nothing: what is modelled is that
 * loading takes device memory (SIMCUDA_MODULE_BYTES), at once for a module, at first use for a library.
 */
#include "sim.h"

#include <stdlib.h>
#include <unistd.h>

struct CUmod_st {
	struct sim_object object;
	uint64_t bytes;
	int device;
};

struct CUlib_st {
	struct sim_object object;
	struct CUmod_st *loaded[SIM_DEVICES];
};

/* A function of a module, or a kernel of a library. */
struct CUfunc_st {
	struct sim_object object;
	const void *parent;
};

static void end_function(struct sim_object *object)
{
	sim_object_remove(object);
	free(object);
}

static void end_if_child(struct sim_object *object, void *parent)
{
	if (((struct CUfunc_st *)object)->parent == parent)
		end_function(object);
}

static void end_module(struct sim_object *object)
{
	struct CUmod_st *module = (struct CUmod_st *)object;

	sim_object_walk(SIM_FUNCTION, end_if_child, module);
	sim_object_remove(object);
	if (module->bytes)
		sim_uncharge(module->device, SIMCUDA_MODULE, module->bytes);
	free(module);
}

/* Lock held. */
static CUresult load_locked(struct CUmod_st **out, CUcontext *ctx)
{
	struct CUmod_st *module;
	CUresult status = sim_context_current(ctx);

	if (status != CUDA_SUCCESS)
		return status;
	module = calloc(1, sizeof(*module));
	if (!module)
		return CUDA_ERROR_OUT_OF_MEMORY;
	module->bytes = sim_config()->module_bytes;
	module->device = (*ctx)->device;
	if (module->bytes && sim_charge(module->device, SIMCUDA_MODULE, module->bytes)) {
		free(module);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	sim_object_add(&module->object, SIM_MODULE, *ctx, end_module);
	*out = module;
	return CUDA_SUCCESS;
}

static CUresult load(CUmodule *module, const void *image)
{
	struct CUmod_st *made;
	CUcontext ctx;
	CUresult status;

	if (!module || !image)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = load_locked(&made, &ctx);
	if (status == CUDA_SUCCESS)
		*module = made;
	sim_unlock();
	return status;
}

CUresult cuModuleLoad(CUmodule *module, const char *path)
{
	SIM_ENTER(cuModuleLoad);
	if (path && access(path, R_OK))
		return CUDA_ERROR_FILE_NOT_FOUND;
	return load(module, path);
}

CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
	SIM_ENTER(cuModuleLoadData);
	return load(module, image);
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned int count,
	CUjit_option *options, void **values)
{
	SIM_ENTER(cuModuleLoadDataEx);
	if (count && (!options || !values))
		return CUDA_ERROR_INVALID_VALUE;
	return load(module, image);
}

CUresult cuModuleLoadFatBinary(CUmodule *module, const void *image)
{
	SIM_ENTER(cuModuleLoadFatBinary);
	return load(module, image);
}

CUresult cuModuleUnload(CUmodule module)
{
	struct CUmod_st *found;

	SIM_ENTER(cuModuleUnload);
	sim_lock();
	found = sim_object_find(module, SIM_MODULE);
	if (found)
		end_module(&found->object);
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

/* Lock held. */
static CUresult new_function(CUcontext ctx, const void *parent, struct CUfunc_st **out)
{
	struct CUfunc_st *function = calloc(1, sizeof(*function));

	if (!function)
		return CUDA_ERROR_OUT_OF_MEMORY;
	function->parent = parent;
	sim_object_add(&function->object, SIM_FUNCTION, ctx, end_function);
	*out = function;
	return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
	struct CUmod_st *found;
	CUresult status = CUDA_ERROR_INVALID_HANDLE;

	SIM_ENTER(cuModuleGetFunction);
	if (!function || !name)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(module, SIM_MODULE);
	if (found)
		status = new_function(NULL, found, function);
	sim_unlock();
	return status;
}

/* Images are not read, so no global is ever found. */
static CUresult no_global(CUmodule module, const char *name)
{
	bool found;

	sim_lock();
	found = sim_object_find(module, SIM_MODULE) != NULL;
	sim_unlock();
	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	return name ? CUDA_ERROR_NOT_FOUND : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuModuleGetGlobal(
	CUdeviceptr_v1 *address, unsigned int *bytes, CUmodule module, const char *name)
{
	SIM_ENTER(cuModuleGetGlobal);
	(void)address;
	(void)bytes;
	return no_global(module, name);
}

CUresult cuModuleGetGlobal_v2(
	CUdeviceptr *address, size_t *bytes, CUmodule module, const char *name)
{
	SIM_ENTER(cuModuleGetGlobal_v2);
	(void)address;
	(void)bytes;
	return no_global(module, name);
}

CUresult cuModuleGetLoadingMode(CUmoduleLoadingMode *mode)
{
	SIM_ENTER(cuModuleGetLoadingMode);
	if (!mode)
		return CUDA_ERROR_INVALID_VALUE;
	*mode = CU_MODULE_LAZY_LOADING;
	return CUDA_SUCCESS;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction function)
{
	bool found;

	SIM_ENTER(cuFuncGetAttribute);
	if (!value)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(function, SIM_FUNCTION) != NULL;
	sim_unlock();
	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	*value = attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK ? 1024
		: attribute == CU_FUNC_ATTRIBUTE_NUM_REGS             ? 32
								      : 0;
	return CUDA_SUCCESS;
}

static CUresult load_library(CUlibrary *library, const void *image)
{
	struct CUlib_st *made;

	if (!library || !image)
		return CUDA_ERROR_INVALID_VALUE;
	made = calloc(1, sizeof(*made));
	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	sim_lock();
	sim_object_add(&made->object, SIM_LIBRARY, NULL, NULL);
	sim_unlock();
	*library = made;
	return CUDA_SUCCESS;
}

CUresult cuLibraryLoadData(CUlibrary *library, const void *image, CUjit_option *jit,
	void **jit_values, unsigned int jit_count, CUlibraryOption *options, void **values,
	unsigned int count)
{
	SIM_ENTER(cuLibraryLoadData);
	if ((jit_count && (!jit || !jit_values)) || (count && (!options || !values)))
		return CUDA_ERROR_INVALID_VALUE;
	return load_library(library, image);
}

CUresult cuLibraryLoadFromFile(CUlibrary *library, const char *path, CUjit_option *jit,
	void **jit_values, unsigned int jit_count, CUlibraryOption *options, void **values,
	unsigned int count)
{
	SIM_ENTER(cuLibraryLoadFromFile);
	if ((jit_count && (!jit || !jit_values)) || (count && (!options || !values)))
		return CUDA_ERROR_INVALID_VALUE;
	if (path && access(path, R_OK))
		return CUDA_ERROR_FILE_NOT_FOUND;
	return load_library(library, path);
}

CUresult cuLibraryUnload(CUlibrary library)
{
	struct CUlib_st *found;

	SIM_ENTER(cuLibraryUnload);
	sim_lock();
	found = sim_object_find(library, SIM_LIBRARY);
	if (found) {
		sim_object_walk(SIM_FUNCTION, end_if_child, found);
		for (int i = 0; i < SIM_DEVICES; i++) {
			/* A context that went took its modules with it. */
			if (sim_object_find(found->loaded[i], SIM_MODULE))
				end_module(&found->loaded[i]->object);
		}
		sim_object_remove(&found->object);
		free(found);
	}
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

/* The code of a library comes to a device when it is first used there. Lock held. */
static CUresult materialize(struct CUlib_st *library, struct CUmod_st **module)
{
	CUcontext ctx;
	CUresult status = sim_context_current(&ctx);

	if (status != CUDA_SUCCESS)
		return status;
	if (!sim_object_find(library->loaded[ctx->device], SIM_MODULE))
		status = load_locked(&library->loaded[ctx->device], &ctx);
	*module = library->loaded[ctx->device];
	return status;
}

CUresult cuLibraryGetModule(CUmodule *module, CUlibrary library)
{
	struct CUlib_st *found;
	CUresult status = CUDA_ERROR_INVALID_HANDLE;

	SIM_ENTER(cuLibraryGetModule);
	if (!module)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(library, SIM_LIBRARY);
	if (found)
		status = materialize(found, module);
	sim_unlock();
	return status;
}

CUresult cuLibraryGetKernel(CUkernel *kernel, CUlibrary library, const char *name)
{
	struct CUlib_st *found;
	struct CUfunc_st *function;
	CUresult status = CUDA_ERROR_INVALID_HANDLE;

	SIM_ENTER(cuLibraryGetKernel);
	if (!kernel || !name)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(library, SIM_LIBRARY);
	if (found)
		status = new_function(NULL, found, &function);
	if (status == CUDA_SUCCESS)
		*kernel = (CUkernel)(void *)function;
	sim_unlock();
	return status;
}

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

/* Lock held: the first launch of a library's kernel loads its code. */
static CUresult prepare(CUfunction function)
{
	struct CUfunc_st *found = sim_object_find(function, SIM_FUNCTION);
	struct CUmod_st *module;

	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!sim_object_find(found->parent, SIM_LIBRARY))
		return CUDA_SUCCESS;
	return materialize((struct CUlib_st *)(uintptr_t)found->parent, &module);
}

static CUresult launch(CUfunction function, unsigned int threads, CUstream stream)
{
	struct sim_work work = {.kind = SIM_WORK_KERNEL};
	CUresult status;

	if (!threads)
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
		launch(function, gx &&gy &&gz &&bx &&by &&bz, stream ? stream : sim_default)))

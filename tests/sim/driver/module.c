/*
 * Modules and libraries: what they take of the device (SIMCUDA_MODULE_BYTES and their globals), at once for a
 * module, at first use for a library, and the globals themselves, which can be copied from and to.
 */
#include "code.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void end_module(struct sim_object *object)
{
	struct CUmod_st *module = (struct CUmod_st *)object;

	sim_kernels_end(&module->code);
	sim_object_remove(object);
	for (size_t i = 0; i < module->code.image->count; i++) {
		if (module->globals[i])
			sim_memory_end(module->globals[i]);
	}
	if (module->bytes)
		sim_uncharge(module->device, SIMCUDA_MODULE, module->bytes);
	sim_image_drop(module->code.image);
	free(module->globals);
	free(module);
}

static uint64_t bytes_of(const struct sim_image *image)
{
	uint64_t bytes = sim_config()->module_bytes;

	for (size_t i = 0; i < image->count; i++)
		bytes += image->symbols[i].bytes;
	return bytes;
}

/* False: no memory to be had. */
static bool place_globals(struct CUmod_st *module)
{
	const struct sim_image *image = module->code.image;

	for (size_t i = 0; i < image->count; i++) {
		const struct sim_symbol *symbol = &image->symbols[i];

		if (symbol->kernel)
			continue;
		module->globals[i] =
			sim_memory_new(SIM_GLOBAL, module->device, symbol->bytes, NULL, false);
		if (!module->globals[i])
			return false;
		if (!symbol->initial)
			continue;
		memcpy(module->globals[i]->host, symbol->initial, symbol->bytes);
		module->globals[i]->touched = true;
	}
	return true;
}

/* Lock held. The module is one of the image's users. */
static CUresult load_locked(struct sim_image *image, struct CUmod_st **out)
{
	struct CUmod_st *module;
	CUcontext ctx;
	CUresult status = sim_context_current(&ctx);

	if (status != CUDA_SUCCESS)
		return status;
	module = calloc(1, sizeof(*module));
	if (!module)
		return CUDA_ERROR_OUT_OF_MEMORY;
	module->globals = calloc(image->count + 1, sizeof(struct sim_range *));
	module->bytes = bytes_of(image);
	module->device = ctx->device;
	if (!module->globals ||
		(module->bytes && sim_charge(module->device, SIMCUDA_MODULE, module->bytes))) {
		free(module->globals);
		free(module);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	module->code = (struct sim_code){.image = sim_image_use(image), .module = module};
	sim_object_add(&module->object, SIM_MODULE, ctx, end_module);
	if (!place_globals(module)) {
		end_module(&module->object);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	*out = module;
	return CUDA_SUCCESS;
}

/* Takes the image over. */
static CUresult load(CUmodule *module, struct sim_image *image)
{
	CUresult status;

	if (!image)
		return CUDA_ERROR_OUT_OF_MEMORY;
	sim_lock();
	status = load_locked(image, module);
	sim_unlock();
	sim_image_drop(image);
	return status;
}

CUresult cuModuleLoad(CUmodule *module, const char *path)
{
	SIM_ENTER(cuModuleLoad);
	if (!module || !path)
		return CUDA_ERROR_INVALID_VALUE;
	if (access(path, R_OK))
		return CUDA_ERROR_FILE_NOT_FOUND;
	return load(module, sim_image_load(path));
}

CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
	SIM_ENTER(cuModuleLoadData);
	if (!module || !image)
		return CUDA_ERROR_INVALID_VALUE;
	return load(module, sim_image_read(image));
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned int count,
	CUjit_option *options, void **values)
{
	SIM_ENTER(cuModuleLoadDataEx);
	if (!module || !image || (count && (!options || !values)))
		return CUDA_ERROR_INVALID_VALUE;
	return load(module, sim_image_read(image));
}

CUresult cuModuleLoadFatBinary(CUmodule *module, const void *image)
{
	SIM_ENTER(cuModuleLoadFatBinary);
	if (!module || !image)
		return CUDA_ERROR_INVALID_VALUE;
	return load(module, sim_image_read(image));
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
		status = sim_kernel_get(&found->code, name, function);
	sim_unlock();
	return status;
}

/* Lock held. */
static CUresult find_global(
	const struct CUmod_st *module, const char *name, uint64_t *address, uint64_t *bytes)
{
	const struct sim_image *image = module->code.image;

	for (size_t i = 0; i < image->count; i++) {
		if (!module->globals[i] || strcmp(image->symbols[i].name, name) != 0)
			continue;
		*address = module->globals[i]->start;
		*bytes = module->globals[i]->size;
		return CUDA_SUCCESS;
	}
	return CUDA_ERROR_NOT_FOUND;
}

static CUresult get_global(CUmodule module, const char *name, uint64_t *address, uint64_t *bytes)
{
	struct CUmod_st *found;
	CUresult status;

	if (!name)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(module, SIM_MODULE);
	status = found ? find_global(found, name, address, bytes) : CUDA_ERROR_INVALID_HANDLE;
	sim_unlock();
	return status;
}

/* The first ABI's 32-bit addresses reach no global. */
CUresult cuModuleGetGlobal(
	CUdeviceptr_v1 *address, unsigned int *bytes, CUmodule module, const char *name)
{
	uint64_t start, size;
	CUresult status;

	SIM_ENTER(cuModuleGetGlobal);
	(void)address;
	(void)bytes;
	status = get_global(module, name, &start, &size);
	return status == CUDA_SUCCESS ? CUDA_ERROR_NOT_SUPPORTED : status;
}

CUresult cuModuleGetGlobal_v2(
	CUdeviceptr *address, size_t *bytes, CUmodule module, const char *name)
{
	uint64_t start, size;
	CUresult status;

	SIM_ENTER(cuModuleGetGlobal_v2);
	status = get_global(module, name, &start, &size);
	if (status == CUDA_SUCCESS && address)
		*address = start;
	if (status == CUDA_SUCCESS && bytes)
		*bytes = size;
	return status;
}

CUresult cuModuleGetLoadingMode(CUmoduleLoadingMode *mode)
{
	SIM_ENTER(cuModuleGetLoadingMode);
	if (!mode)
		return CUDA_ERROR_INVALID_VALUE;
	*mode = CU_MODULE_LAZY_LOADING;
	return CUDA_SUCCESS;
}

/* Takes the image over. */
static CUresult load_library(CUlibrary *library, struct sim_image *image)
{
	struct CUlib_st *made = calloc(1, sizeof(*made));

	if (!image || !made) {
		if (image)
			sim_image_drop(image);
		free(made);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	made->code = (struct sim_code){.image = image, .library = made};
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
	if (!library || !image || (jit_count && (!jit || !jit_values)) ||
		(count && (!options || !values)))
		return CUDA_ERROR_INVALID_VALUE;
	return load_library(library, sim_image_read(image));
}

CUresult cuLibraryLoadFromFile(CUlibrary *library, const char *path, CUjit_option *jit,
	void **jit_values, unsigned int jit_count, CUlibraryOption *options, void **values,
	unsigned int count)
{
	SIM_ENTER(cuLibraryLoadFromFile);
	if (!library || !path || (jit_count && (!jit || !jit_values)) ||
		(count && (!options || !values)))
		return CUDA_ERROR_INVALID_VALUE;
	if (access(path, R_OK))
		return CUDA_ERROR_FILE_NOT_FOUND;
	return load_library(library, sim_image_load(path));
}

CUresult cuLibraryUnload(CUlibrary library)
{
	struct CUlib_st *found;

	SIM_ENTER(cuLibraryUnload);
	sim_lock();
	found = sim_object_find(library, SIM_LIBRARY);
	if (found) {
		sim_kernels_end(&found->code);
		for (int i = 0; i < SIM_DEVICES; i++) {
			/* A context that went took its modules with it. */
			if (sim_object_find(found->loaded[i], SIM_MODULE))
				end_module(&found->loaded[i]->object);
		}
		sim_object_remove(&found->object);
		sim_image_drop(found->code.image);
		free(found);
	}
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult sim_library_materialize(struct CUlib_st *library, struct CUmod_st **module)
{
	CUcontext ctx;
	CUresult status = sim_context_current(&ctx);

	if (status != CUDA_SUCCESS)
		return status;
	if (!sim_object_find(library->loaded[ctx->device], SIM_MODULE))
		status = load_locked(library->code.image, &library->loaded[ctx->device]);
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
		status = sim_library_materialize(found, module);
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
		status = sim_kernel_get(&found->code, name, &function);
	if (status == CUDA_SUCCESS)
		*kernel = (CUkernel)(void *)function;
	sim_unlock();
	return status;
}

CUresult cuLibraryGetGlobal(
	CUdeviceptr *address, size_t *bytes, CUlibrary library, const char *name)
{
	struct CUlib_st *found;
	struct CUmod_st *module;
	uint64_t start, size;
	CUresult status = CUDA_ERROR_INVALID_HANDLE;

	SIM_ENTER(cuLibraryGetGlobal);
	if (!name)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(library, SIM_LIBRARY);
	if (found)
		status = sim_library_materialize(found, &module);
	if (status == CUDA_SUCCESS)
		status = find_global(module, name, &start, &size);
	sim_unlock();
	if (status == CUDA_SUCCESS && address)
		*address = start;
	if (status == CUDA_SUCCESS && bytes)
		*bytes = size;
	return status;
}

/*
 * wrap_module.c - wrappers of the functions that load code: what code and its globals take is no
 * allocation of the program's, so it is measured where RAC_SCOPE=process makes the cap cover it, and
 * undone where it passes that. Otherwise all here is passed on.
 *
 * Code may reach the device only when a kernel of it is first launched (lazy loading); then it is seen
 * at the next measurement, see untracked.h. Older runtimes load theirs by a table of the driver's that no
 * hook sees.
 */
#include "driver.h"
#include "thread.h"
#include "untracked.h"

/* False: pass the call straight through. Part of the wrapper, for the sake of its return address. */
static inline __attribute__((always_inline)) bool enter(
	struct rac_untracked_look *look, enum rac_hook hook)
{
	CUdevice device;

	if (!rac_enter())
		return false;
	if (rac_state()->settings.scope != RAC_SCOPE_PROCESS) {
		rac_leave();
		return false;
	}
	if (rac_driver()->cuCtxGetDevice(&device) != CUDA_SUCCESS)
		device = -1;
	rac_untracked_begin(look, hook, RAC_EVENT_CHANGES, device);
	return true;
}

static CUresult module_made(
	struct rac_untracked_look *look, CUresult result, CUmodule *module, CUmodule before)
{
	if (!rac_untracked_end(look, result)) {
		rac_driver()->cuModuleUnload(*module);
		*module = before;
		rac_untracked_refused(look);
		result = CUDA_ERROR_OUT_OF_MEMORY;
	}
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuModuleLoad(CUmodule *module, const char *fname)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (module == NULL || !enter(&look, RAC_HOOK_cuModuleLoad))
		return driver->cuModuleLoad(module, fname);
	CUmodule before = *module;

	return module_made(&look, driver->cuModuleLoad(module, fname), module, before);
}

RAC_EXPORT CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (module == NULL || !enter(&look, RAC_HOOK_cuModuleLoadData))
		return driver->cuModuleLoadData(module, image);
	CUmodule before = *module;

	return module_made(&look, driver->cuModuleLoadData(module, image), module, before);
}

RAC_EXPORT CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned int numOptions,
	CUjit_option *options, void **optionValues)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (module == NULL || !enter(&look, RAC_HOOK_cuModuleLoadDataEx))
		return driver->cuModuleLoadDataEx(module, image, numOptions, options, optionValues);
	CUmodule before = *module;

	return module_made(&look,
		driver->cuModuleLoadDataEx(module, image, numOptions, options, optionValues),
		module, before);
}

RAC_EXPORT CUresult cuModuleLoadFatBinary(CUmodule *module, const void *fatCubin)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (module == NULL || !enter(&look, RAC_HOOK_cuModuleLoadFatBinary))
		return driver->cuModuleLoadFatBinary(module, fatCubin);
	CUmodule before = *module;

	return module_made(&look, driver->cuModuleLoadFatBinary(module, fatCubin), module, before);
}

RAC_EXPORT CUresult cuModuleUnload(CUmodule hmod)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (!enter(&look, RAC_HOOK_cuModuleUnload))
		return driver->cuModuleUnload(hmod);
	CUresult result = driver->cuModuleUnload(hmod);

	rac_untracked_end(&look, result);
	rac_leave();
	return result;
}

static CUresult library_made(
	struct rac_untracked_look *look, CUresult result, CUlibrary *library, CUlibrary before)
{
	if (!rac_untracked_end(look, result)) {
		rac_driver()->cuLibraryUnload(*library);
		*library = before;
		rac_untracked_refused(look);
		result = CUDA_ERROR_OUT_OF_MEMORY;
	}
	rac_leave();
	return result;
}

RAC_EXPORT CUresult cuLibraryLoadData(CUlibrary *library, const void *code,
	CUjit_option *jitOptions, void **jitOptionsValues, unsigned int numJitOptions,
	CUlibraryOption *libraryOptions, void **libraryOptionValues, unsigned int numLibraryOptions)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (library == NULL || !enter(&look, RAC_HOOK_cuLibraryLoadData))
		return driver->cuLibraryLoadData(library, code, jitOptions, jitOptionsValues,
			numJitOptions, libraryOptions, libraryOptionValues, numLibraryOptions);
	CUlibrary before = *library;
	CUresult result = driver->cuLibraryLoadData(library, code, jitOptions, jitOptionsValues,
		numJitOptions, libraryOptions, libraryOptionValues, numLibraryOptions);

	return library_made(&look, result, library, before);
}

RAC_EXPORT CUresult cuLibraryLoadFromFile(CUlibrary *library, const char *fileName,
	CUjit_option *jitOptions, void **jitOptionsValues, unsigned int numJitOptions,
	CUlibraryOption *libraryOptions, void **libraryOptionValues, unsigned int numLibraryOptions)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (library == NULL || !enter(&look, RAC_HOOK_cuLibraryLoadFromFile))
		return driver->cuLibraryLoadFromFile(library, fileName, jitOptions,
			jitOptionsValues, numJitOptions, libraryOptions, libraryOptionValues,
			numLibraryOptions);
	CUlibrary before = *library;
	CUresult result =
		driver->cuLibraryLoadFromFile(library, fileName, jitOptions, jitOptionsValues,
			numJitOptions, libraryOptions, libraryOptionValues, numLibraryOptions);

	return library_made(&look, result, library, before);
}

RAC_EXPORT CUresult cuLibraryUnload(CUlibrary library)
{
	const struct rac_driver *driver = rac_driver();
	struct rac_untracked_look look;

	if (!enter(&look, RAC_HOOK_cuLibraryUnload))
		return driver->cuLibraryUnload(library);
	CUresult result = driver->cuLibraryUnload(library);

	rac_untracked_end(&look, result);
	rac_leave();
	return result;
}

/*
 * wrap_resolve.c - wrappers of cuGetProcAddress: the driver answers first, and an answer that is a
 * hooked function is replaced by its wrapper.
 *
 * The choice goes by the identity of the pointer, so that ABI versions and per-thread-stream
 * flavours are right by construction, and unknown ones pass. The functions themselves are hooked
 * too: a runtime asks for cuGetProcAddress by this very call and goes on with what it got.
 * cudaGetDriverEntryPoint ends here.
 */
#include "driver.h"

static void replace(void **function)
{
	enum rac_hook hook;

	if (function == NULL)
		return;
	hook = rac_driver_identify(*function);
	if (hook != RAC_HOOK_NONE)
		*function = rac_hook_wrapper(hook);
}

RAC_EXPORT CUresult cuGetProcAddress(
	const char *symbol, void **pfn, int cudaVersion, cuuint64_t flags)
{
	CUresult result = rac_driver()->cuGetProcAddress(symbol, pfn, cudaVersion, flags);

	if (result == CUDA_SUCCESS)
		replace(pfn);
	return result;
}

RAC_EXPORT CUresult cuGetProcAddress_v2(const char *symbol, void **pfn, int cudaVersion,
	cuuint64_t flags, CUdriverProcAddressQueryResult *symbolStatus)
{
	CUresult result =
		rac_driver()->cuGetProcAddress_v2(symbol, pfn, cudaVersion, flags, symbolStatus);

	if (result == CUDA_SUCCESS)
		replace(pfn);
	return result;
}

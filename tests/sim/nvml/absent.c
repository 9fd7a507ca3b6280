/* The functions of nvml_absent.def. */
#include "state.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

static nvmlReturn_t absent(nvmlDevice_t device)
{
	if (!nvml_ready())
		return NVML_ERROR_UNINITIALIZED;
	return nvml_device(device) ? NVML_ERROR_NOT_SUPPORTED : NVML_ERROR_INVALID_ARGUMENT;
}

#define NVML_FN(name, parameters)      \
	nvmlReturn_t name parameters   \
	{                              \
		return absent(device); \
	}
#include "simabi/nvml_absent.def"
#undef NVML_FN

/*
 * How the runtime reaches the driver. As NVIDIA's runtime 13.0 does: dlopen, one dlsym for
 * cuGetProcAddress_v2, a probe with an empty name, then cuGetProcAddress asked through itself and
 * everything else through what that returned. SIMCUDA_CUDART=11.8 and 11.2 do as those releases did;
 * SIMCUDA_CUDART_HIDDEN=1 takes all functions from an export table, where no hook on symbols sees it.
 */
#include "rt.h"

#include "../hidden.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct rt_driver rt;

static __typeof__(cuGetProcAddress_v2) *proc_address;
static __typeof__(cuGetProcAddress) *proc_address_11;

struct need {
	const char *symbol, *name;
	int version;
	cuuint64_t flags;
	void *slot;
};

static const struct need needs[] = {
#define NEED(symbol, name, version, flags) {#symbol, #name, version, flags, &rt.symbol},
#include "needs.def"
};

#define NEEDS (sizeof(needs) / sizeof(needs[0]))

CUresult rt_proc_address(const char *symbol, void **function, int version, cuuint64_t flags,
	CUdriverProcAddressQueryResult *status)
{
	CUresult result;

	if (proc_address)
		return proc_address(symbol, function, version, flags, status);
	if (!proc_address_11)
		return CUDA_ERROR_NOT_SUPPORTED;
	result = proc_address_11(symbol, function, version, flags);
	if (status)
		*status = result == CUDA_SUCCESS ? CU_GET_PROC_ADDRESS_SUCCESS
						 : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
	return result;
}

static void by_symbols(void *driver, int newest)
{
	for (size_t i = 0; i < NEEDS; i++) {
		if (needs[i].version <= newest)
			*(void **)needs[i].slot = dlsym(driver, needs[i].symbol);
	}
}

static void by_proc_address(int newest)
{
	for (size_t i = 0; i < NEEDS; i++) {
		CUdriverProcAddressQueryResult status;

		if (needs[i].version <= newest)
			rt_proc_address(needs[i].name, needs[i].slot, needs[i].version,
				needs[i].flags, &status);
	}
}

/* The release of 13.0. False where this driver cannot be asked so. */
static bool load_13(void *driver)
{
	CUdriverProcAddressQueryResult status;
	void *ignored, *itself;

	*(void **)&proc_address = dlsym(driver, "cuGetProcAddress_v2");
	if (!proc_address || proc_address("", &ignored, 0, 0, NULL) == CUDA_ERROR_STUB_LIBRARY) {
		proc_address = NULL;
		return false;
	}
	proc_address("cuInit", &ignored, 2000, 0, &status);
	proc_address("cuGetProcAddress", &itself, 11030, 0, &status);
	if (proc_address("cuGetProcAddress", &itself, 12000, 0, &status) == CUDA_SUCCESS)
		*(void **)&proc_address = itself;
	by_proc_address(CUDART_VERSION);
	return true;
}

static bool load_11_8(void *driver)
{
	void *itself;

	*(void **)&proc_address_11 = dlsym(driver, "cuGetProcAddress");
	if (!proc_address_11)
		return false;
	if (proc_address_11("cuGetProcAddress", &itself, 11030, 0) == CUDA_SUCCESS)
		*(void **)&proc_address_11 = itself;
	by_proc_address(11080);
	return true;
}

static bool load_hidden(void *driver)
{
	static const CUuuid id = SIMCUDA_HIDDEN_ID;
	__typeof__(cuGetExportTable) *export_table;
	const void *table;
	const struct simcuda_hidden *hidden;

	*(void **)&export_table = dlsym(driver, "cuGetExportTable");
	if (!export_table || export_table(&table, &id) != CUDA_SUCCESS)
		return false;
	hidden = table;
	for (size_t i = 0; i < NEEDS; i++)
		*(void (**)(void))needs[i].slot = hidden->find(needs[i].symbol);
	*(void (**)(void)) & proc_address = hidden->find("cuGetProcAddress_v2");
	return true;
}

cudaError_t rt_load(void)
{
	const char *release = getenv("SIMCUDA_CUDART"), *hide = getenv("SIMCUDA_CUDART_HIDDEN");
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);
	bool loaded;

	if (!driver)
		return cudaErrorInsufficientDriver;
	if (hide && strcmp(hide, "1") == 0)
		return load_hidden(driver) ? cudaSuccess : cudaErrorInsufficientDriver;
	if (release && strcmp(release, "11.2") == 0)
		loaded = false;
	else if (release && strcmp(release, "11.8") == 0)
		loaded = load_11_8(driver);
	else
		loaded = load_13(driver);
	if (!loaded)
		by_symbols(
			driver, release && strcmp(release, "11.2") == 0 ? 11020 : CUDART_VERSION);
	return rt.cuInit ? cudaSuccess : cudaErrorInsufficientDriver;
}

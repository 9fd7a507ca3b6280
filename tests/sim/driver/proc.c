/*
 * Finding functions at run time: cuGetProcAddress in both versions, and the export table through which the
 * simulated runtime can reach the driver unseen. Versions and flavours come from the list of functions.
 */
#include "sim.h"

#include "../hidden.h"

#include <string.h>

struct entry {
	const char *symbol, *name;
	int version;
	unsigned int flavour; /* 2: the per-thread-stream one */
	void (*function)(void);
};

static const struct entry entries[] = {
#define SIM_FN(symbol, name, version, flags, parameters) \
	{#symbol, #name, version, flags, (void (*)(void))symbol},
#include "simabi/driver.def"
};

#define ENTRIES (sizeof(entries) / sizeof(entries[0]))

/* The newest version that is not newer than asked for; of equals, the flavour asked for. */
static const struct entry *choose(const char *name, int version, bool per_thread, bool *known)
{
	const struct entry *best = NULL;

	*known = false;
	for (size_t i = 0; i < ENTRIES; i++) {
		const struct entry *entry = &entries[i];

		if (strcmp(entry->name, name) != 0)
			continue;
		*known = true;
		if (entry->version > version || (entry->flavour && !per_thread))
			continue;
		if (!best || entry->version > best->version ||
			(entry->version == best->version && entry->flavour > best->flavour))
			best = entry;
	}
	return best;
}

static CUresult find(const char *name, void **pfn, int version, cuuint64_t flags,
	CUdriverProcAddressQueryResult *status)
{
	const struct entry *entry;
	bool known;

	if (!name || !pfn || flags > 2)
		return CUDA_ERROR_INVALID_VALUE;
	entry = choose(
		name, version, flags == CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM, &known);
	if (status)
		*status = entry ? CU_GET_PROC_ADDRESS_SUCCESS
			: known ? CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
				: CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
	*(void (**)(void))pfn = entry ? entry->function : NULL;
	return entry ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

CUresult cuGetProcAddress(const char *symbol, void **pfn, int version, cuuint64_t flags)
{
	SIM_ENTER_EARLY(cuGetProcAddress);
	return find(symbol, pfn, version, flags, NULL);
}

CUresult cuGetProcAddress_v2(const char *symbol, void **pfn, int version, cuuint64_t flags,
	CUdriverProcAddressQueryResult *status)
{
	SIM_ENTER_EARLY(cuGetProcAddress_v2);
	return find(symbol, pfn, version, flags, status);
}

static void (*by_symbol(const char *symbol))(void)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		if (strcmp(entries[i].symbol, symbol) == 0)
			return entries[i].function;
	}
	return NULL;
}

CUresult cuGetExportTable(const void **table, const CUuuid *id)
{
	static const struct simcuda_hidden hidden = {sizeof(hidden), by_symbol};
	static const CUuuid known = SIMCUDA_HIDDEN_ID;

	SIM_ENTER_EARLY(cuGetExportTable);
	if (!table || !id)
		return CUDA_ERROR_INVALID_VALUE;
	if (memcmp(id, &known, sizeof(known)) != 0)
		return CUDA_ERROR_NOT_FOUND;
	*table = &hidden;
	return CUDA_SUCCESS;
}

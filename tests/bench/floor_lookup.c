/*
 * floor_lookup.c - the least that standing in front of look-ups can cost: a preloaded library whose dlsym
 * and cuGetProcAddress_v2 go on to the real ones, and do nothing else.
 */
#include "cuda_protos.h"

#include <dlfcn.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static void *(*next_dlsym)(void *handle, const char *name);
static __typeof__(cuGetProcAddress_v2) *next_get;

/* The version of its symbol says since when the C library has it in this place. */
static void __attribute__((constructor)) start(void)
{
	static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"};

	for (int i = 0; i < 3 && next_dlsym == NULL; i++)
		*(void **)&next_dlsym = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
}

EXPORT CUresult cuGetProcAddress_v2(const char *symbol, void **pfn, int cudaVersion,
	cuuint64_t flags, CUdriverProcAddressQueryResult *symbolStatus)
{
	CUresult result = next_get(symbol, pfn, cudaVersion, flags, symbolStatus);

	return result;
}

EXPORT void *dlsym(void *handle, const char *name)
{
	if (next_get != NULL || name[0] != 'c' || strcmp(name, "cuGetProcAddress_v2") != 0)
		return next_dlsym(handle, name);
	*(void **)&next_get = next_dlsym(handle, name);
	return (__extension__(void *) cuGetProcAddress_v2);
}

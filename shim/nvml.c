/*
 * nvml.c - see nvml.h. Bound as the driver is, for the same reasons: see driver.c.
 */
#include "nvml.h"

#include "atomics.h"
#include "elf_symbols.h"
#include "libc_real.h"
#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>

#define SONAME "libnvidia-ml.so.1"

static _Atomic(struct rac_nvml *) bound;

static nvmlReturn_t missing(void)
{
	return NVML_ERROR_FUNCTION_NOT_FOUND;
}

#define STUB(symbol) .symbol = (__extension__(__typeof__(symbol) *)(uintptr_t) & missing),
static const struct rac_nvml absent = {
#define NVML_HOOK(symbol, effect) STUB(symbol)
#define NVML_CALL(symbol)         STUB(symbol)
#include "hooks.def"
};
#undef STUB

static void fill(struct rac_nvml *nvml, const struct rac_object *library)
{
	uintptr_t found;

	*nvml = absent;
#define NVML_CALL(symbol)                              \
	found = rac_object_function(library, #symbol); \
	if (found != 0)                                \
		nvml->symbol = (__extension__(__typeof__(symbol) *) found);
#define NVML_HOOK(symbol, effect) NVML_CALL(symbol)
#include "hooks.def"
}

static struct rac_nvml *bind(void)
{
	struct rac_object library;
	struct rac_nvml *none = NULL;

	rac_libc_bind();
	if (!rac_object_by_soname(SONAME, &library))
		return NULL;
	struct rac_nvml *fresh = mmap(
		NULL, sizeof(*fresh), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fresh == MAP_FAILED)
		return NULL;
	fill(fresh, &library);
	/* Release: who sees the pointer sees the table. */
	if (!atomic_compare_exchange_strong_explicit(
		    &bound, &none, fresh, memory_order_release, memory_order_acquire)) {
		munmap(fresh, sizeof(*fresh));
		return none;
	}
	rac_libc_dlopen(SONAME, RTLD_LAZY | RTLD_NOLOAD);
	return fresh;
}

static const struct rac_nvml *binding(void)
{
	/* Acquire pairs with the release in bind. */
	const struct rac_nvml *nvml = atomic_load_explicit(&bound, memory_order_acquire);

	return nvml != NULL ? nvml : bind();
}

const struct rac_nvml *rac_nvml(void)
{
	const struct rac_nvml *nvml = binding();

	return nvml != NULL ? nvml : &absent;
}

bool rac_nvml_present(void)
{
	return binding() != NULL;
}

void rac_nvml_bring(void)
{
	static rac_atomic_u32 brought;

	if (rac_exchange_acq_rel(&brought, 1) != 0)
		return;
	rac_libc_bind();
	if (rac_libc_dlopen(SONAME, RTLD_LAZY | RTLD_LOCAL) == NULL)
		rac_libc_dlerror(); /* our failed look-up is not the program's */
	/* One more than the program's own: they are counted. */
	rac_nvml()->nvmlInit_v2();
}

bool rac_nvml_has(enum rac_hook hook)
{
	const struct rac_nvml *nvml = rac_nvml();

	switch (hook) {
#define NVML_HOOK(symbol, effect) \
	case RAC_HOOK_##symbol:   \
		return nvml->symbol != absent.symbol;
#include "hooks.def"
	default:
		return false;
	}
}

enum rac_hook rac_nvml_identify(const void *function)
{
	const struct rac_nvml *nvml = rac_nvml();

	/* Of two names for one function, the wrapper of either does. */
#define NVML_HOOK(symbol, effect)                                       \
	if (nvml->symbol != absent.symbol &&                            \
		(__extension__(const void *) nvml->symbol) == function) \
		return RAC_HOOK_##symbol;
#include "hooks.def"
	return RAC_HOOK_NONE;
}

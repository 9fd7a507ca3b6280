/*
 * pick.c - decides what our exported dlsym and dlvsym answer, and with which mode our dlopen opens;
 * the jump to the real ones is in dlsym_*.S.
 *
 * For an explicit handle the real lookup runs first and its result decides: only the driver's or NVML's
 * own function is replaced, by the wrapper of that very symbol. For RTLD_DEFAULT and RTLD_NEXT the
 * lookup stays the caller's own, and finds our exports by itself; a name that is found only because
 * we export it is reported missing, so that a probe on a machine without CUDA sees none. The words of
 * dlerror then name our object, not the caller's: only a lookup of ours can fail there.
 *
 * This runs in constructors, inside allocators and before our own constructor: no lock, no
 * allocation, no output, and no call that leaves an error in dlerror behind a lookup that succeeds.
 */
#include "code_epoch.h"
#include "driver.h"
#include "elf_symbols.h"
#include "libc_real.h"
#include "nvml.h"
#include "runtime.h"
#include "state.h"
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

/* Two words, so that it comes back in two registers: dlsym_*.S relies on it. */
struct pick {
	void *result;
	uintptr_t decided; /* 0: jump to the next definition */
};

struct pick rac_pick_dlsym(void *handle, const char *name);
struct pick rac_pick_dlvsym(void *handle, const char *name, const char *version);
int rac_pick_dlopen_mode(const char *file, int mode);

static const struct pick not_ours = {NULL, 0};

static bool may_be_hooked(const char *name)
{
	if (name == NULL)
		return false;
	if (name[0] == 'n')
		return name[1] == 'v' && name[2] == 'm' && name[3] == 'l';
	return name[0] == 'c' && name[1] == 'u' &&
		((name[2] >= 'A' && name[2] <= 'Z') || (name[2] == 'd' && name[3] == 'a'));
}

/* Fails as the real lookup would, dlerror included. */
static struct pick report_missing(const char *name)
{
	return (struct pick){rac_libc_dlsym(RTLD_NEXT, name), 1};
}

struct search {
	const char *name;
	bool found;
};

static bool visit_before_us(void *context, const struct rac_object *object)
{
	struct search *search = context;

	if (rac_object_is_ours(object))
		return false;
	search->found = rac_object_function(object, search->name) != 0;
	return !search->found;
}

/* Whether the library that it belongs to is loaded and has it. */
static bool is_there(enum rac_hook hook)
{
	switch (rac_hook_library(hook)) {
	case RAC_HOOK_OF_RUNTIME:
		return rac_runtime_present(rac_hook_name(hook));
	case RAC_HOOK_OF_NVML:
		return rac_nvml_has(hook);
	default:
		return rac_driver_has(hook);
	}
}

/* Whether it is there only because we export it. The program itself, or a library preloaded before us,
 * may define a function of that name without any CUDA. */
static bool is_absent(enum rac_hook hook)
{
	struct search before = {.name = rac_hook_name(hook)};

	if (is_there(hook))
		return false;
	rac_object_each(visit_before_us, &before);
	return !before.found;
}

/* What to answer instead of `found`, which the real lookup of a hooked name returned. */
static struct pick replace(enum rac_hook asked, const char *name, void *found)
{
	/* A global handle, dlopen(NULL) for one, finds our own export. */
	if (found == rac_hook_wrapper(asked) && is_absent(asked))
		return report_missing(name);
	if (rac_state_is_inert())
		return (struct pick){found, 1};
	enum rac_hook hook = rac_hook_library(asked) == RAC_HOOK_OF_NVML
		? rac_nvml_identify(found)
		: rac_driver_identify(found);

	return (struct pick){hook != RAC_HOOK_NONE ? rac_hook_wrapper(hook) : found, 1};
}

struct pick rac_pick_dlsym(void *handle, const char *name)
{
	rac_libc_bind();
	if (__builtin_expect(!may_be_hooked(name), 1))
		return not_ours;
	enum rac_hook asked = rac_hook_find(name);

	if (asked == RAC_HOOK_NONE)
		return not_ours;
	if (handle == RTLD_DEFAULT || handle == RTLD_NEXT)
		return is_absent(asked) ? report_missing(name) : not_ours;
	void *found = rac_libc_dlsym(handle, name);

	/* A miss is looked up again by the jump, which words the error for the caller. */
	return found != NULL ? replace(asked, name, found) : not_ours;
}

struct pick rac_pick_dlvsym(void *handle, const char *name, const char *version)
{
	rac_libc_bind();
	if (__builtin_expect(!may_be_hooked(name), 1))
		return not_ours;
	enum rac_hook asked = rac_hook_find(name);

	if (asked == RAC_HOOK_NONE)
		return not_ours;
	if (handle == RTLD_DEFAULT || handle == RTLD_NEXT)
		return is_absent(asked)
			? (struct pick){rac_libc_dlvsym(RTLD_NEXT, name, version), 1}
			: not_ours;
	void *found = rac_libc_dlvsym(handle, name, version);

	return found != NULL ? replace(asked, name, found) : not_ours;
}

int rac_pick_dlopen_mode(const char *file, int mode)
{
	(void)file;
	rac_libc_bind();
	rac_code_load_begins();
	/* An object opened so would find the C library's dlsym before ours, and the driver's
	 * functions before our wrappers. */
#ifdef RTLD_DEEPBIND
	if (!rac_state_is_inert())
		mode &= ~RTLD_DEEPBIND;
#endif
	return mode;
}

/*
 * pick.c - decides what our exported dlsym and dlvsym answer, and with which mode our dlopen opens;
 * the jump to the real ones is in dlsym_*.S.
 *
 * For an explicit handle the real look-up runs first and its result decides: only a function of the
 * driver's, of NVML's or of a runtime's own is replaced, by the wrapper of that very symbol. For RTLD_DEFAULT and RTLD_NEXT the
 * look-up stays the caller's own, and finds our exports by itself; where it would find them only because
 * we export them, it fails as it would without us.
 *
 * This runs in constructors, inside allocators and before our own constructor: no lock, no
 * allocation, no output, and no call that leaves an error in dlerror behind a look-up that succeeds.
 */
#include "code_epoch.h"
#include "definer.h"
#include "driver.h"
#include "label.h"
#include "libc_real.h"
#include "nvml.h"
#include "presence.h"
#include "state.h"
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIBC "libc.so.6"

/* Two words, so that it comes back in two registers: dlsym_*.S relies on it. */
struct pick {
	void *result;
	uintptr_t decided; /* 0: jump to the next definition */
};

struct pick rac_pick_dlsym(void *handle, const char *name, const char *unused, const void *caller);
struct pick rac_pick_dlvsym(
	void *handle, const char *name, const char *version, const void *caller);
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

/* Whether the library that it belongs to is loaded and has it, or another one that has such a function. */
static bool is_anywhere(enum rac_hook hook)
{
	switch (rac_hook_library(hook)) {
	case RAC_HOOK_OF_DRIVER:
		if (rac_driver_has(hook))
			return true;
		break;
	case RAC_HOOK_OF_NVML:
		if (rac_nvml_has(hook))
			return true;
		break;
	default:
		break;
	}
	return rac_definer_find(NULL, rac_hook_name(hook)) != 0;
}

/*
 * Whether a look-up that finds our export would find nothing without us. A library of CUDA that was
 * opened for one object only is not there for RTLD_NEXT, nor for the program and what it was started
 * with; what was opened later may see it.
 */
static bool is_absent(const void *handle, enum rac_hook hook, const void *caller)
{
	return !is_anywhere(hook) ||
		((handle == RTLD_NEXT || rac_definer_was_at_start(caller)) &&
			!rac_presence_is_global(hook));
}

/* The real look-up is to fail, in its own words. Where it would find us, it is made to fail beside
 * us: then the words name another object than the caller's. */
static struct pick report_missing(enum rac_hook hook, const char *name, const char *version)
{
	if (rac_presence_hide(hook))
		return not_ours;
	void *libc = rac_libc_dlopen(LIBC, RTLD_LAZY | RTLD_NOLOAD);

	return (struct pick){
		version != NULL ? rac_libc_dlvsym(libc, name, version) : rac_libc_dlsym(libc, name),
		1};
}

/* What the program gets instead of what its look-up found. */
static void *replacement(enum rac_hook asked, void *found)
{
	enum rac_hook hook;
	unsigned runtime;

	switch (rac_hook_library(asked)) {
	case RAC_HOOK_OF_RUNTIME:
		runtime = rac_runtime_number(found);
		return runtime < RAC_RUNTIMES_LOOKED_UP ? rac_label_wrapper(asked, runtime) : found;
	case RAC_HOOK_OF_NVML:
		hook = rac_nvml_identify(found);
		break;
	default:
		hook = rac_driver_identify(found);
	}
	return hook != RAC_HOOK_NONE ? rac_hook_wrapper(hook) : found;
}

/* A look-up of a hooked name; version NULL: any. */
static struct pick look_up(void *handle, enum rac_hook asked, const char *name, const char *version,
	const void *caller)
{
	bool pseudo = handle == RTLD_DEFAULT || handle == RTLD_NEXT;
	void *found = NULL;

	if (!pseudo)
		found = version != NULL ? rac_libc_dlvsym(handle, name, version)
					: rac_libc_dlsym(handle, name);
	/* A handle of the program itself, dlopen(NULL), finds our own export. */
	if (found == rac_hook_wrapper(asked)) {
		handle = RTLD_DEFAULT;
		caller = NULL;
		pseudo = true;
	}
	if (pseudo && is_absent(handle, asked, caller))
		return report_missing(asked, name, version);
	/* A miss is looked up again by the jump, which words the error for the caller. */
	if (found == NULL)
		return not_ours;
	if (rac_state_is_inert())
		return (struct pick){found, 1};
	return (struct pick){replacement(asked, found), 1};
}

/* A look-up of a name that looks like one of ours. Apart, so that those of all others save no registers. */
static __attribute__((noinline)) struct pick pick(
	void *handle, const char *name, const char *version, const void *caller)
{
	rac_presence_answer();
	enum rac_hook asked = rac_hook_find(name);

	return asked != RAC_HOOK_NONE ? look_up(handle, asked, name, version, caller) : not_ours;
}

struct pick rac_pick_dlvsym(void *handle, const char *name, const char *version, const void *caller)
{
	rac_libc_bind();
	rac_presence_settle();
	return may_be_hooked(name) ? pick(handle, name, version, caller) : not_ours;
}

struct pick rac_pick_dlsym(void *handle, const char *name, const char *unused, const void *caller)
{
	(void)unused;
	return rac_pick_dlvsym(handle, name, NULL, caller);
}

int rac_pick_dlopen_mode(const char *file, int mode)
{
	(void)file;
	rac_libc_bind();
	rac_code_load_begins();
	rac_presence_opening((mode & RTLD_GLOBAL) != 0);
	/* An object opened so would find the C library's dlsym before ours, and the driver's
	 * functions before our wrappers. */
#ifdef RTLD_DEEPBIND
	if (!rac_state_is_inert())
		mode &= ~RTLD_DEEPBIND;
#endif
	return mode;
}

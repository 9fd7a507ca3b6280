/*
 * libc_real.c - finds dlsym, dlvsym and dlopen in the loaded objects; it does not decide what is
 * done with them.
 *
 * Asking by dlvsym would need a symbol version per architecture and a dlvsym that is not our own,
 * and a reference to it would bind the shim to glibc 2.34 or later. The tables are there in each
 * glibc: in libdl.so.2 up to 2.33, in libc.so.6 since.
 */
#include "libc_real.h"

#include "elf_symbols.h"
#include <stddef.h>
#include <string.h>

void *(*rac_next_dlsym)(void *handle, const char *name);
void *(*rac_next_dlvsym)(void *handle, const char *name, const char *version);
void *(*rac_next_dlopen)(const char *file, int mode);
void *(*rac_libc_dlsym)(void *handle, const char *name);
void *(*rac_libc_dlvsym)(void *handle, const char *name, const char *version);
void *(*rac_libc_dlopen)(const char *file, int mode);
int (*rac_libc_dlclose)(void *handle);
char *(*rac_libc_dlerror)(void);

enum wanted { WANT_DLSYM, WANT_DLVSYM, WANT_DLOPEN, WANT_DLERROR, WANT_DLCLOSE, WANT_COUNT };

static const char *const wanted_names[] = {"dlsym", "dlvsym", "dlopen", "dlerror", "dlclose"};

struct search {
	bool past_ourselves;
	uintptr_t next[WANT_COUNT];
	uintptr_t libc[WANT_COUNT];
};

static bool is_libc(const char *soname)
{
	return strcmp(soname, "libc.so.6") == 0 || strcmp(soname, "libdl.so.2") == 0 ||
		strncmp(soname, "libc.musl-", 10) == 0;
}

static bool visit_object(void *context, const struct rac_object *object)
{
	struct search *search = context;

	if (!search->past_ourselves) {
		search->past_ourselves = rac_object_is_ours(object);
		return true;
	}
	for (int i = 0; i < WANT_COUNT; i++) {
		uintptr_t found = rac_object_function(object, wanted_names[i]);

		if (found != 0 && search->next[i] == 0)
			search->next[i] = found;
		if (found != 0 && search->libc[i] == 0 && is_libc(object->soname))
			search->libc[i] = found;
	}
	return true;
}

/* Several threads may store the same value; an atomic store keeps that defined. */
#define SET(pointer, address) \
	__atomic_store_n(     \
		&(pointer), (__extension__(__typeof__(pointer))(address)), __ATOMIC_RELEASE)

void rac_libc_bind(void)
{
	struct search search = {0};

	if (__atomic_load_n(&rac_libc_dlsym, __ATOMIC_ACQUIRE) != NULL)
		return;
	rac_object_each(visit_object, &search);
	SET(rac_next_dlsym, search.next[WANT_DLSYM]);
	SET(rac_next_dlvsym, search.next[WANT_DLVSYM]);
	SET(rac_next_dlopen, search.next[WANT_DLOPEN]);
	SET(rac_libc_dlvsym, search.libc[WANT_DLVSYM]);
	SET(rac_libc_dlclose, search.libc[WANT_DLCLOSE]);
	SET(rac_libc_dlerror, search.libc[WANT_DLERROR]);
	SET(rac_libc_dlopen, search.libc[WANT_DLOPEN]);
	/* Last: it is what the test above looks at. */
	SET(rac_libc_dlsym, search.libc[WANT_DLSYM]);
}

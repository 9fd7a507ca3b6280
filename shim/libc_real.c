/*
 * libc_real.c - finds the functions of the C library that we stand in front of; it does not decide what
 * is done with them.
 *
 * Asking by dlvsym would need a symbol version per architecture and a dlvsym that is not our own,
 * and a reference to it would bind the shim to glibc 2.34 or later. The tables are there in each
 * glibc: in libdl.so.2 up to 2.33, in libc.so.6 since.
 */
#include "libc_real.h"

#include "bare_string.h"
#include "elf_symbols.h"
#include <stddef.h>

/* Before glibc 2.34 a program can lack libdl.so.2. Its weak references to dlsym lead here all the same,
 * since we export the name; they then find nothing. */
static void *no_dlsym(void *handle, const char *name)
{
	(void)handle;
	(void)name;
	return NULL;
}

static void *no_dlvsym(void *handle, const char *name, const char *version)
{
	(void)handle;
	(void)name;
	(void)version;
	return NULL;
}

static void *no_dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}

static int no_dlclose(void *handle)
{
	(void)handle;
	return 0;
}

static char *no_dlerror(void)
{
	return NULL;
}

void *(*rac_next_dlsym)(void *handle, const char *name) = no_dlsym;
void *(*rac_next_dlvsym)(void *handle, const char *name, const char *version) = no_dlvsym;
void *(*rac_next_dlopen)(const char *file, int mode) = no_dlopen;
int (*rac_next_dlclose)(void *handle) = no_dlclose;
void *(*rac_libc_dlsym)(void *handle, const char *name) = no_dlsym;
void *(*rac_libc_dlvsym)(void *handle, const char *name, const char *version) = no_dlvsym;
void *(*rac_libc_dlopen)(const char *file, int mode) = no_dlopen;
int (*rac_libc_dlclose)(void *handle) = no_dlclose;
char *(*rac_libc_dlerror)(void) = no_dlerror;

enum wanted { WANT_DLSYM, WANT_DLVSYM, WANT_DLOPEN, WANT_DLERROR, WANT_DLCLOSE, WANT_COUNT };

static const char *const wanted_names[] = {"dlsym", "dlvsym", "dlopen", "dlerror", "dlclose"};

struct search {
	bool past_ourselves;
	uintptr_t next[WANT_COUNT];
	uintptr_t libc[WANT_COUNT];
};

struct next_search {
	const char *name;
	bool past_ourselves;
	uintptr_t found;
};

/* musl's is the program's interpreter, and not everywhere has a soname. */
static bool is_libc_itself(const struct rac_object *object)
{
	return rac_same_text(object->soname, "libc.so.6") ||
		rac_contains(object->path, "/ld-musl-");
}

static bool is_libc(const struct rac_object *object)
{
	return is_libc_itself(object) || rac_same_text(object->soname, "libdl.so.2");
}

/* Goes on until the C library has been seen. */
static bool visit_behind_us(void *context, const struct rac_object *object)
{
	struct search *search = context;

	for (int i = 0; i < WANT_COUNT; i++) {
		uintptr_t found = rac_object_function(object, wanted_names[i]);

		if (found != 0 && search->next[i] == 0)
			search->next[i] = found;
		if (found != 0 && search->libc[i] == 0 && is_libc(object))
			search->libc[i] = found;
	}
	return !is_libc_itself(object);
}

static bool visit_object(void *context, const struct rac_object *object)
{
	struct search *search = context;

	if (search->past_ourselves)
		visit_behind_us(search, object);
	else
		search->past_ourselves = rac_object_is_ours(object);
	return true;
}

/* Several threads may store the same value; an atomic store keeps that defined. What is not there
 * keeps its stand-in. */
#define SET(pointer, address)                                                                     \
	do {                                                                                      \
		if ((address) != 0)                                                               \
			__atomic_store_n(&(pointer),                                              \
				(__extension__(__typeof__(pointer))(address)), __ATOMIC_RELEASE); \
	} while (0)

/* Apart, so that the many calls that find it done have no room of its to clear. */
static __attribute__((noinline, cold)) void bind(void)
{
	struct search search = {0};

	/* Without a lock, which a child of fork may find held. The libdl of an older glibc may lie behind
	 * its libc. */
	rac_object_each_behind_us(visit_behind_us, &search);
	if (search.libc[WANT_DLSYM] == 0)
		rac_object_each(visit_object, &search);
	SET(rac_next_dlsym, search.next[WANT_DLSYM]);
	SET(rac_next_dlvsym, search.next[WANT_DLVSYM]);
	SET(rac_next_dlopen, search.next[WANT_DLOPEN]);
	SET(rac_next_dlclose, search.next[WANT_DLCLOSE]);
	SET(rac_libc_dlvsym, search.libc[WANT_DLVSYM]);
	SET(rac_libc_dlclose, search.libc[WANT_DLCLOSE]);
	SET(rac_libc_dlerror, search.libc[WANT_DLERROR]);
	SET(rac_libc_dlopen, search.libc[WANT_DLOPEN]);
	/* Last: it is what the test above looks at. */
	SET(rac_libc_dlsym, search.libc[WANT_DLSYM]);
}

void rac_libc_bind(void)
{
	if (__builtin_expect(__atomic_load_n(&rac_libc_dlsym, __ATOMIC_ACQUIRE) == no_dlsym, 0))
		bind();
}

static bool visit_next(void *context, const struct rac_object *object)
{
	struct next_search *search = context;

	search->found = rac_object_function(object, search->name);
	return search->found == 0 && !is_libc_itself(object);
}

static bool visit_until_next(void *context, const struct rac_object *object)
{
	struct next_search *search = context;

	if (!search->past_ourselves) {
		search->past_ourselves = rac_object_is_ours(object);
		return true;
	}
	return visit_next(search, object);
}

void *rac_libc_next(const char *name, rac_atomic_u64 *found)
{
	struct next_search search = {.name = name};
	/* Relaxed: the code that it points to was there before any of this. */
	uint64_t known = rac_load_relaxed(found);

	if (known != 0)
		return (void *)(uintptr_t)known;
	rac_object_each_behind_us(visit_next, &search);
	if (search.found == 0)
		rac_object_each(visit_until_next, &search);
	rac_store_relaxed(found, search.found);
	return (void *)search.found;
}

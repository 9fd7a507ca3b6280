/*
 * reenter.c - a library to preload: counts how often the driver, inside one of its functions, enters another
 * that it exports, by its symbol or by looking it up, as whoever stands before these names would see it. Prints
 * "fact the driver enters its exports: …" at the end.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t (*any_function)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
typedef void *(*dlsym_function)(void *, const char *);

static __thread int depth;
static unsigned long calls, inner;
static char first[96];

static void *real_dlsym(void *handle, const char *name)
{
	static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5"};
	static dlsym_function real;

	for (size_t i = 0; real == NULL && i < sizeof(versions) / sizeof(versions[0]); i++)
		*(void **)&real = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
	return real(handle, name);
}

static any_function find(const char *name)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
	any_function found;

	*(void **)&found = driver != NULL ? real_dlsym(driver, name) : NULL;
	return found;
}

static void enter(const char *name)
{
	__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
	if (depth++ > 0 && __atomic_fetch_add(&inner, 1, __ATOMIC_RELAXED) == 0)
		snprintf(first, sizeof(first), ", first %s", name);
}

#define PASS(name)                                                                             \
	uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f); \
	uint64_t name(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)  \
	{                                                                                      \
		static any_function real;                                                      \
                                                                                               \
		if (real == NULL)                                                              \
			real = find(#name);                                                    \
		enter(#name);                                                                  \
		uint64_t result = real(a, b, c, d, e, f);                                      \
                                                                                               \
		depth--;                                                                       \
		return result;                                                                 \
	}
#include "reenter.def"

/* The driver may look for itself, wherever it looks. */
void *dlsym(void *handle, const char *name)
{
	static const struct {
		const char *name;
		any_function function;
	} ours[] = {
#define PASS(name) {#name, name},
#include "reenter.def"
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strcmp(name, ours[i].name) == 0)
			return (void *)(uintptr_t)ours[i].function;
	}
	return real_dlsym(handle, name);
}

__attribute__((destructor)) static void tell(void)
{
	if (calls == 0)
		return;
	printf("fact the driver enters its exports: %lu times within %lu calls%s\n", inner,
		calls - inner, first);
	fflush(stdout);
}

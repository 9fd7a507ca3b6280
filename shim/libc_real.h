/*
 * libc_real.h - the C library's own functions, behind those that we export under their names.
 */
#ifndef RAC_LIBC_REAL_H
#define RAC_LIBC_REAL_H

#include "atomics.h"

/*
 * What our exported functions jump to: the next definition after ours in load order, so that a
 * second preloaded library keeps its place in the chain. Set by rac_libc_bind; read by dlsym_*.S and
 * dlclose.c.
 */
extern void *(*rac_next_dlsym)(void *handle, const char *name);
extern void *(*rac_next_dlvsym)(void *handle, const char *name, const char *version);
extern void *(*rac_next_dlopen)(const char *file, int mode);
extern int (*rac_next_dlclose)(void *handle);

/* What the shim itself calls: the C library's, whoever else is preloaded. None of these is ever NULL;
 * where the process has no such function, they find nothing. */
extern void *(*rac_libc_dlsym)(void *handle, const char *name);
extern void *(*rac_libc_dlvsym)(void *handle, const char *name, const char *version);
extern void *(*rac_libc_dlopen)(const char *file, int mode);
extern int (*rac_libc_dlclose)(void *handle);
extern char *(*rac_libc_dlerror)(void);

/* Fills the pointers. Cheap once done; any thread, any number of times, no lock of ours. */
void rac_libc_bind(void);

/*
 * The definition after ours of a function of the C library, so that a second preloaded library keeps its
 * place; NULL: there is none. `found` keeps the answer. May be called where only what is safe in signal
 * handlers may be.
 */
void *rac_libc_next(const char *name, rac_atomic_u64 *found);

#define RAC_LIBC_NEXT(function)                                            \
	(__extension__({                                                   \
		static rac_atomic_u64 found_;                              \
		(__typeof__(function) *)rac_libc_next(#function, &found_); \
	}))

#endif

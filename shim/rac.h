/*
 * rac.h - what a program may tell librac_track of itself, and ask it. Without the library each call does nothing
 * and costs a comparison, so a program needs neither to link anything nor to ask whether it is there.
 *
 *	#include "rac.h"
 *
 *	for (int epoch = 0; epoch < epochs; epoch++) {
 *		train();
 *		rac_checkpoint("epoch");
 *	}
 *
 * C and C++, gcc and clang. All may be called from any thread. From Python:
 *
 *	import ctypes
 *	rac = getattr(ctypes.CDLL(None), "rac_checkpoint", None)
 *	rac and rac(b"epoch 1")
 *
 * Position-dependent programs (-no-pie) find the library through dlsym, for which glibc before 2.34 wants -ldl.
 */
#ifndef RAC_H
#define RAC_H

#include <stdint.h>
#if !defined(__PIC__) && !defined(__PIE__)
#include <dlfcn.h>
#endif

#if defined(__PIC__) || defined(__PIE__)
/* The library's own, under names that cannot be confused with those below. */
#define RAC_DECLARE(result, name, parameters) \
	extern result rac_real_##name parameters __asm__("rac_" #name) __attribute__((weak))
#define RAC_FIND(result, name, parameters) result(*found) parameters = rac_real_##name
#else
#define RAC_DECLARE(result, name, parameters) struct rac_nothing
#define RAC_FIND(result, name, parameters) \
	result(*found) parameters;         \
	*(void **)&found = dlsym((void *)0, "rac_" #name)
#endif
#define RAC_CALL(result, name, parameters)    \
	static inline __attribute__((unused)) \
	result rac_##name parameters __asm__("rac_call_" #name)

#ifdef __cplusplus
extern "C" {
#endif

RAC_DECLARE(void, checkpoint, (const char *));
RAC_DECLARE(void, scope_push, (const char *));
RAC_DECLARE(void, scope_pop, (void));
RAC_DECLARE(int, ignore, (uint64_t));
RAC_DECLARE(uint64_t, live_bytes, (int));
RAC_DECLARE(uint64_t, peak_bytes, (int));
RAC_DECLARE(void, reset_peak, (int));

/*
 * Names a moment at which the same memory should be held as at the one before: the end of an epoch, of a request.
 * From the first one on places are compared: RAC_FAIL_ON=growth fails for those that grow, and what was made before
 * it and did not grow has the grade "once". At least 4 are needed to tell growth. The name is copied, up to 47 bytes.
 */
RAC_CALL(void, checkpoint, (const char *name));
static inline void rac_checkpoint(const char *name)
{
	RAC_FIND(void, checkpoint, (const char *));
	if (found)
		found(name);
}

/*
 * Memory that this thread asks for between the two is reported apart, under the name; scopes may lie within each
 * other, 16 deep and with names of 255 bytes together.
 */
RAC_CALL(void, scope_push, (const char *name));
static inline void rac_scope_push(const char *name)
{
	RAC_FIND(void, scope_push, (const char *));
	if (found)
		found(name);
}

RAC_CALL(void, scope_pop, (void));
static inline void rac_scope_pop(void)
{
	RAC_FIND(void, scope_pop, (void));
	if (found)
		found();
}

/*
 * The memory at this address (a device pointer, a CUdeviceptr, or pinned memory of the host) is kept on purpose: it
 * has the grade "suppressed". Returns 1, or 0 if no memory is known to begin there.
 */
RAC_CALL(int, ignore, (uint64_t address));
static inline int rac_ignore(uint64_t address)
{
	RAC_FIND(int, ignore, (uint64_t));
	return found ? found(address) : 0;
}

/* What is allocated on a device, by the program's own ordinal, and the most that ever was since rac_reset_peak. */
RAC_CALL(uint64_t, live_bytes, (int device));
static inline uint64_t rac_live_bytes(int device)
{
	RAC_FIND(uint64_t, live_bytes, (int));
	return found ? found(device) : 0;
}

RAC_CALL(uint64_t, peak_bytes, (int device));
static inline uint64_t rac_peak_bytes(int device)
{
	RAC_FIND(uint64_t, peak_bytes, (int));
	return found ? found(device) : 0;
}

/* Starts the peak of a device anew. Reports and conditions keep the highest of all; what each place held at the peak
 * is told of the last one. */
RAC_CALL(void, reset_peak, (int device));
static inline void rac_reset_peak(int device)
{
	RAC_FIND(void, reset_peak, (int));
	if (found)
		found(device);
}

#ifdef __cplusplus
}
#endif

#undef RAC_DECLARE
#undef RAC_FIND
#undef RAC_CALL
#endif

/*
 * The simulator's own tests: each runs in a process of its own, which has not touched CUDA before, with the
 * settings that it names. A test that returns has passed.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <cuda.h>

#include "../simcuda.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define TEST(name) TEST_WITH(name, "")
#define TEST_WITH(name, settings)                                      \
	static void name(void);                                        \
	static __attribute__((constructor)) void register_##name(void) \
	{                                                              \
		selftest_add(#name, name, settings);                   \
	}                                                              \
	static void name(void)

/* Settings: "NAME=value NAME=value". */
void selftest_add(const char *name, void (*run)(void), const char *settings);

#define CHECK(condition)                                                                        \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                                \
		}                                                                               \
	} while (0)

#define CHECK_EQUAL(expected, actual)                                                        \
	do {                                                                                 \
		unsigned long long expected_ = (unsigned long long)(expected);               \
		unsigned long long actual_ = (unsigned long long)(actual);                   \
		if (expected_ != actual_) {                                                  \
			fprintf(stderr, "%s:%d: %s is %llu, not %llu\n", __FILE__, __LINE__, \
				#actual, actual_, expected_);                                \
			exit(1);                                                             \
		}                                                                            \
	} while (0)

#define OK(call) CHECK_EQUAL(CUDA_SUCCESS, call)

/* Initialises, and makes a context on device 0 current. */
static inline CUcontext begin(void)
{
	CUcontext ctx;

	OK(cuInit(0));
	OK(cuCtxCreate(&ctx, NULL, 0, 0));
	return ctx;
}

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#endif

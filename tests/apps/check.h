/*
 * What every program here needs: stop with a message where a call does not return what it should.
 */
#ifndef APPS_CHECK_H
#define APPS_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define FAIL(...)                                               \
	do {                                                    \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
		fprintf(stderr, __VA_ARGS__);                   \
		fprintf(stderr, "\n");                          \
		exit(1);                                        \
	} while (0)

#define EXPECT(condition)                               \
	do {                                            \
		if (!(condition))                       \
			FAIL("not so: %s", #condition); \
	} while (0)

/* Works for results of the driver and of the runtime. */
#define RETURNS(code, call)                                                       \
	do {                                                                      \
		int got_ = (int)(call);                                           \
		if (got_ != (int)(code))                                          \
			FAIL("%s returned %d, not %d", #call, got_, (int)(code)); \
	} while (0)

#define OK(call) RETURNS(0, call)

/* Reads a number with an optional K, M or G. */
static inline size_t parse_size(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	switch (*end) {
	case 'G':
	case 'g':
		return (size_t)(value << 30);
	case 'M':
	case 'm':
		return (size_t)(value << 20);
	case 'K':
	case 'k':
		return (size_t)(value << 10);
	default:
		return (size_t)value;
	}
}

static inline size_t argument(int argc, char **argv, int which, const char *fallback)
{
	return parse_size(argc > which ? argv[which] : fallback);
}

#endif

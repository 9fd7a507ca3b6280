/*
 * criterion.h - stands in for Criterion where its sandbox cannot run: builds with ThreadSanitizer,
 * and valgrind, which should see the end of each test's process.
 *
 * It has what tests/unit uses and no more; a test that needs more does not compile here. Each test
 * runs in a child of its own, one at a time, and leaves through exit(), so that leaks are looked for.
 */
#ifndef RAC_PLAIN_CRITERION_H
#define RAC_PLAIN_CRITERION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct plain_options {
	void (*init)(void);
	void (*fini)(void);
	const char *description;
	int signal;
	int exit_code;
	double timeout; /* seconds; 0 means the runner's own */
	bool disabled;
};

struct plain_test {
	const char *suite;
	const char *name; /* NULL: the suite itself, with what holds for all its tests */
	void (*run)(void);
	struct plain_options options;
	struct plain_test *next;
};

void plain_register(struct plain_test *test);
__attribute__((format(printf, 4, 5))) void plain_fail(
	const char *file, int line, const char *what, const char *format, ...);
_Noreturn void plain_stop(void);
_Noreturn void plain_skip(void);

#define PLAIN_REGISTER(id, suite_text, name_text, function, ...)               \
	__attribute__((constructor)) static void id##_register(void)           \
	{                                                                      \
		static struct plain_test test = {                              \
			suite_text, name_text, function, {__VA_ARGS__}, NULL}; \
                                                                               \
		plain_register(&test);                                         \
	}

#define Test(suite, name, ...)                                                            \
	static void suite##_##name##_body(void);                                          \
	PLAIN_REGISTER(suite##_##name, #suite, #name, suite##_##name##_body, __VA_ARGS__) \
	static void suite##_##name##_body(void)
#define TestSuite(suite, ...) PLAIN_REGISTER(suite##_suite, #suite, NULL, NULL, __VA_ARGS__)

/* The format is a literal or absent; " " in front serves both and keeps -Wformat quiet. */
#define PLAIN_CHECK(fatal, holds, what, ...)                                   \
	do {                                                                   \
		if (!(holds)) {                                                \
			plain_fail(__FILE__, __LINE__, what, " " __VA_ARGS__); \
			if (fatal)                                             \
				plain_stop();                                  \
		}                                                              \
	} while (0)

#define cr_assert(c, ...)          PLAIN_CHECK(true, c, #c, __VA_ARGS__)
#define cr_assert_not(c, ...)      PLAIN_CHECK(true, !(c), "!(" #c ")", __VA_ARGS__)
#define cr_assert_eq(a, b, ...)    PLAIN_CHECK(true, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)   PLAIN_CHECK(true, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)    PLAIN_CHECK(true, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)   PLAIN_CHECK(true, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)    PLAIN_CHECK(true, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)   PLAIN_CHECK(true, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(a, ...)     PLAIN_CHECK(true, (a) == NULL, #a " == NULL", __VA_ARGS__)
#define cr_assert_not_null(a, ...) PLAIN_CHECK(true, (a) != NULL, #a " != NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) \
	PLAIN_CHECK(true, strcmp(a, b) == 0, #a " is the text " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) \
	PLAIN_CHECK(true, strcmp(a, b) != 0, #a " is not the text " #b, __VA_ARGS__)
#define cr_assert_str_empty(a, ...) PLAIN_CHECK(true, (a)[0] == '\0', #a " is empty", __VA_ARGS__)
#define cr_assert_str_not_empty(a, ...) \
	PLAIN_CHECK(true, (a)[0] != '\0', #a " is not empty", __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) \
	PLAIN_CHECK(true, memcmp(a, b, n) == 0, #a " holds the bytes of " #b, __VA_ARGS__)
#define cr_assert_arr_neq(a, b, n, ...) \
	PLAIN_CHECK(true, memcmp(a, b, n) != 0, #a " differs from " #b, __VA_ARGS__)
#define cr_assert_float_eq(a, b, within, ...) \
	PLAIN_CHECK(true, fabs((double)(a) - (double)(b)) <= (within), #a " ~ " #b, __VA_ARGS__)
#define cr_assert_fail(...) PLAIN_CHECK(true, false, "reached", __VA_ARGS__)
#define cr_fatal(...)       PLAIN_CHECK(true, false, "reached", __VA_ARGS__)

#define cr_expect(c, ...)           PLAIN_CHECK(false, c, #c, __VA_ARGS__)
#define cr_expect_not(c, ...)       PLAIN_CHECK(false, !(c), "!(" #c ")", __VA_ARGS__)
#define cr_expect_eq(a, b, ...)     PLAIN_CHECK(false, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...)    PLAIN_CHECK(false, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...)     PLAIN_CHECK(false, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...)    PLAIN_CHECK(false, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)     PLAIN_CHECK(false, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...)    PLAIN_CHECK(false, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_expect_null(a, ...)      PLAIN_CHECK(false, (a) == NULL, #a " == NULL", __VA_ARGS__)
#define cr_expect_not_null(a, ...)  PLAIN_CHECK(false, (a) != NULL, #a " != NULL", __VA_ARGS__)
#define cr_expect_str_empty(a, ...) PLAIN_CHECK(false, (a)[0] == '\0', #a " is empty", __VA_ARGS__)
#define cr_expect_str_not_empty(a, ...) \
	PLAIN_CHECK(false, (a)[0] != '\0', #a " is not empty", __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) \
	PLAIN_CHECK(false, strcmp(a, b) == 0, #a " is the text " #b, __VA_ARGS__)
#define cr_expect_fail(...) PLAIN_CHECK(false, false, "reached", __VA_ARGS__)
#define cr_fail(...)        PLAIN_CHECK(false, false, "reached", __VA_ARGS__)

#define cr_skip_test(...) plain_skip()
#define cr_log_info(...)  ((void)0)

#endif

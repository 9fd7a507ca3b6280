/*
 * runner.c - runs the tests that plain/criterion/criterion.h registered, each in a child of its own;
 * what a test asserts is not known here.
 *
 *   units-plain [PATTERN]   PATTERN: suite/name, with * and ?
 */
#include "criterion/criterion.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sanitizer or valgrind makes a test up to a hundred times slower. */
#define PATIENCE_SECONDS 600

enum { FAILED = 99, SKIPPED = 98 };

/* Constructors fill the list back to front; link order is of no interest. */
static struct plain_test *tests;
static bool failed;

void plain_register(struct plain_test *test)
{
	test->next = tests;
	tests = test;
}

void plain_fail(const char *file, int line, const char *what, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s:%d: expected %s;", file, line, what);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	__atomic_store_n(&failed, true, __ATOMIC_RELAXED);
}

void plain_stop(void)
{
	exit(FAILED);
}

void plain_skip(void)
{
	exit(SKIPPED);
}

static const struct plain_options *suite_of(const struct plain_test *test)
{
	static const struct plain_options none;

	for (const struct plain_test *t = tests; t != NULL; t = t->next)
		if (t->name == NULL && strcmp(t->suite, test->suite) == 0)
			return &t->options;
	return &none;
}

_Noreturn static void run_here(const struct plain_test *test)
{
	const struct plain_options *suite = suite_of(test);
	void (*init)(void) = test->options.init != NULL ? test->options.init : suite->init;
	void (*fini)(void) = test->options.fini != NULL ? test->options.fini : suite->fini;

	alarm(PATIENCE_SECONDS);
	if (init != NULL)
		init();
	test->run();
	if (fini != NULL)
		fini();
	exit(__atomic_load_n(&failed, __ATOMIC_RELAXED) ? FAILED : 0);
}

static bool ended_as_it_should(const struct plain_test *test, int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == test->options.signal;
	if (WEXITSTATUS(status) == SKIPPED)
		return true;
	return test->options.signal == 0 && WEXITSTATUS(status) == test->options.exit_code;
}

static bool run(const struct plain_test *test)
{
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0)
		run_here(test);
	if (child < 0 || waitpid(child, &status, 0) != child) {
		perror("units-plain: fork");
		return false;
	}
	if (ended_as_it_should(test, status))
		return true;
	if (WIFSIGNALED(status))
		printf("not ok - %s/%s: signal %d\n", test->suite, test->name, WTERMSIG(status));
	else
		printf("not ok - %s/%s: status %d\n", test->suite, test->name, WEXITSTATUS(status));
	return false;
}

int main(int argc, char **argv)
{
	int count[2] = {0, 0};

	for (const struct plain_test *t = tests; t != NULL; t = t->next) {
		char name[256];

		if (t->name == NULL || t->options.disabled || suite_of(t)->disabled)
			continue;
		snprintf(name, sizeof(name), "%s/%s", t->suite, t->name);
		if (argc < 2 || fnmatch(argv[1], name, 0) == 0)
			count[run(t)]++;
	}
	printf("%d passed, %d failed\n", count[true], count[false]);
	return count[false] == 0 ? 0 : 1;
}

/* Runs the registered tests, each in a child, and counts. Usage: test_sim [part of a name] */
#include "selftest.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TESTS 512

static struct {
	const char *name, *settings;
	void (*run)(void);
} tests[TESTS];
static int count;

void selftest_add(const char *name, void (*run)(void), const char *settings)
{
	if (count == TESTS)
		abort();
	tests[count].name = name;
	tests[count].run = run;
	tests[count++].settings = settings;
}

static void set(const char *settings)
{
	char *copy = strdup(settings), *rest = copy, *word;

	while ((word = strtok_r(rest, " ", &rest)))
		putenv(strdup(word));
	free(copy);
}

static bool passes(int i)
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		set(tests[i].settings);
		tests[i].run();
		exit(0);
	}
	if (waitpid(child, &status, 0) != child)
		return false;
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: killed by signal %d\n", tests[i].name, WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;

	for (int i = 0; i < count; i++) {
		if (argc > 1 && !strstr(tests[i].name, argv[1]))
			continue;
		if (passes(i)) {
			passed++;
		} else {
			failed++;
			fprintf(stderr, "FAILED %s\n", tests[i].name);
		}
	}
	printf("simulator: %d passed, %d failed\n", passed, failed);
	return failed ? 1 : 0;
}

/*
 * Times how long a program takes from start to end without a preloaded library, with an empty one and with
 * the shim, in turns, and prints the medians and how far they are apart. Usage: startup ROUNDS EMPTY SHIM PROGRAM…
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VARIANTS 3

extern char **environ;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double once(const char *library, char **command)
{
	double begin;
	pid_t child;
	int status;

	if (library)
		setenv("LD_PRELOAD", library, 1);
	else
		unsetenv("LD_PRELOAD");
	begin = now();
	if (posix_spawnp(&child, command[0], NULL, NULL, command, environ) != 0 ||
		waitpid(child, &status, 0) != child) {
		perror(command[0]);
		exit(1);
	}
	return now() - begin;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare);
	return times[count / 2];
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 4 ? strtoul(argv[1], NULL, 10) : 0;
	const char *libraries[VARIANTS] = {
		NULL, argc > 4 ? argv[2] : NULL, argc > 4 ? argv[3] : NULL};
	double *times[VARIANTS], medians[VARIANTS];

	if (rounds == 0) {
		fprintf(stderr, "usage: startup ROUNDS EMPTY SHIM PROGRAM...\n");
		return 2;
	}
	for (int i = 0; i < VARIANTS; i++)
		times[i] = calloc(rounds, sizeof(**times));
	for (size_t round = 0; round < rounds; round++)
		for (int i = 0; i < VARIANTS; i++)
			times[(round + (size_t)i) % VARIANTS][round] =
				once(libraries[(round + (size_t)i) % VARIANTS], argv + 4);
	for (int i = 0; i < VARIANTS; i++)
		medians[i] = median(times[i], rounds);
	printf("%.3f ms alone, %+.3f with an empty library, %+.3f with the shim: x %.2f\n",
		medians[0], medians[1] - medians[0], medians[2] - medians[0],
		(medians[2] - medians[0]) / (medians[1] - medians[0]));
	return 0;
}

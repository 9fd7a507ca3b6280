/*
 * bench_pairs.c - compares what stands before the driver: runs `pairs` under each candidate in turn, many
 * rounds, and prints medians beside the floor's of the same run; it judges nothing.
 *
 *   bench_pairs FOLDER SHIM ROUNDS [JSON]
 *
 * FOLDER holds pairs and the floors, SHIM is the library to measure. What counts is what a candidate adds
 * to the bare driver, as a multiple of what the floor adds.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 101
#define COMMAND    2048

enum { BARE, CAP, FLOOR };

static struct candidate {
	const char *name;
	const char *preload; /* in FOLDER; NULL: the shim, "": nothing */
	const char *settings;
} candidates[] = {
	{"no shim", "", ""},
	{"floor: cap alone", "floor_cap.so", ""},
	{"floor: cap and table", "floor_table.so", ""},
	{"shim, no cap", NULL, "RAC_STACKS=none"},
	{"shim, RAC_STACKS=none", NULL, "RAC_LIMIT=1T RAC_STACKS=none"},
	{"shim, RAC_STACKS=caller", NULL, "RAC_LIMIT=1T"},
	{"shim, RAC_STACKS=native", NULL, "RAC_LIMIT=1T RAC_STACKS=native"},
	{"shim, RAC_TIMELINE=on", NULL, "RAC_LIMIT=1T RAC_TIMELINE=on"},
};

static const struct setup {
	const char *name;
	unsigned long live, pairs;
	unsigned threads, devices, rounds_divisor;
	const char *mode;
} setups[] = {
	{"0 live", 0, 1000000, 1, 1, 1, ""},
	{"1,000 live, random", 1000, 1000000, 1, 1, 1, ""},
	{"100,000 live, random", 100000, 1000000, 1, 1, 1, ""},
	{"10,000,000 live, random", 10000000, 1000000, 1, 1, 8, ""},
	{"2 threads, own devices, 1,000 live", 1000, 1000000, 2, 2, 1, ""},
	{"2 threads, one device, 1,000 live", 1000, 1000000, 2, 1, 1, ""},
	{"4 threads, own devices, 1,000 live", 1000, 1000000, 4, 4, 1, ""},
	{"4 threads, one device, 1,000 live", 1000, 1000000, 4, 1, 1, ""},
	{"0 live, 20 frames", 0, 1000000, 1, 1, 1, "deep"},
	{"2 threads, 1,000 live, 20 frames", 1000, 1000000, 2, 1, 1, "deep"},
	{"longest call of 10,000,000, ns", 10000000, 1, 1, 1, 8, "grow"},
	{"memory for each of 10,000,000, bytes", 10000000, 1, 1, 1, 15, "memory"},
	{"exit and a report as text, 1,000,000 live, ms", 1000000, 1, 1, 1, 4, "exit"},
};

#define CANDIDATES (sizeof(candidates) / sizeof(candidates[0]))
#define SETUPS     (sizeof(setups) / sizeof(setups[0]))

static double results[CANDIDATES][ROUNDS_MAX];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* The figure that one round printed, or how long it then took to end; exits where it did not. */
static double run_once(
	const char *folder, const char *shim, const struct candidate *c, const struct setup *s)
{
	char command[COMMAND], line[64] = "";
	bool ends = strcmp(s->mode, "exit") == 0;

	snprintf(command, sizeof(command),
		"exec env %s FLOOR_LIVE=%lu RAC_REPORT=%s%s LD_PRELOAD=%s%s%s %s/pairs %lu %lu %u %u %s",
		c->settings, s->live, ends ? folder : "none", ends ? "report.txt" : "",
		c->preload == NULL ? shim : "", c->preload != NULL && *c->preload ? folder : "",
		c->preload != NULL && *c->preload ? c->preload : "", folder, s->live, s->pairs,
		s->threads, s->devices, s->mode);
	FILE *output = popen(command, "r");

	if (output == NULL || fgets(line, sizeof(line), output) == NULL || pclose(output) != 0) {
		fprintf(stderr, "bench_pairs: failed: %s\n", command);
		exit(1);
	}
	return ends ? ((double)now_ns() - strtod(line, NULL)) / 1e6 : strtod(line, NULL);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_setup(const struct setup *s, unsigned rounds, FILE *json)
{
	double medians[CANDIDATES];

	printf("%s\n", s->name);
	fprintf(json, "{\"setup\":\"%s\",\"rounds\":%u,\"candidates\":[", s->name, rounds);
	for (size_t i = 0; i < CANDIDATES; i++) {
		double *r = results[i];

		qsort(r, rounds, sizeof(*r), by_value);
		medians[i] = r[rounds / 2];
		double added = medians[i] - medians[BARE];
		double floor = medians[FLOOR > i ? BARE : FLOOR] - medians[BARE];

		printf("  %-28s %10.1f %10.1f %10.1f %10.1f", candidates[i].name, medians[i], r[0],
			r[rounds - 1], added);
		if (i > FLOOR)
			printf(" %8.2f", added / floor);
		putchar('\n');
		fprintf(json,
			"%s{\"name\":\"%s\",\"median_ns\":%.2f,\"least_ns\":%.2f,\"most_ns\":%.2f,"
			"\"added_ns\":%.2f}",
			i > 0 ? "," : "", candidates[i].name, medians[i], r[0], r[rounds - 1],
			added);
	}
	fprintf(json, "]}");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
	FILE *json = fopen(argc > 4 ? argv[4] : "/dev/null", "w");

	if (argc < 4 || rounds == 0 || rounds > ROUNDS_MAX || json == NULL) {
		fputs("usage: bench_pairs FOLDER/ SHIM ROUNDS [JSON]\n", stderr);
		return 2;
	}
	printf("%-30s %10s %10s %10s %10s %8s\n", "ns per alloc and free", "median", "least",
		"most", "added", "x floor");
	fputs("[", json);
	for (size_t s = 0; s < SETUPS; s++) {
		unsigned n = rounds / setups[s].rounds_divisor + (setups[s].rounds_divisor > 1);

		for (unsigned round = 0; round < n; round++)
			for (size_t i = 0; i < CANDIDATES; i++)
				results[i][round] =
					run_once(argv[1], argv[2], &candidates[i], &setups[s]);
		fputs(s > 0 ? "," : "", json);
		print_setup(&setups[s], n, json);
	}
	fputs("]\n", json);
	return fclose(json) != 0;
}

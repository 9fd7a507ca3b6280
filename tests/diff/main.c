/*
 * main.c - runs the differential fuzzer: sequences, threads, options; see diff.h.
 *
 *	diff [--seed N] [--steps N] [--seconds N] [--threads N] [--limit BYTES] [--only SORT]
 *	     [--failures] [--verbose] [--no-shrink]
 *
 * Without --seed each sequence has a new one, printed when it fails. Status 1: ledger and device
 * differ, or a request was refused although it fits.
 */
#include "diff.h"

#include "../sim/simcuda.h"
#include "compare.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FAILURES                                                                                  \
	"cuMemAlloc_v2:%7=2,cuMemFree_v2:%11=719,cuMemAllocPitch_v2:%5=2,cuMemAllocManaged:%6=2," \
	"cuMemHostAlloc:%5=2,cuMemFreeHost:%7=719,cuArray3DCreate_v2:%9=2,cuArrayDestroy:%7=719," \
	"cuMemCreate:%5=2,cuMemRelease:%7=719,cuMemMap:%6=2,cuMemUnmap:%5=719,"                   \
	"cuMemAllocAsync:%6=2,cuMemFreeAsync:%9=719,cuMemAllocFromPoolAsync:%7=2,"                \
	"cuMemPoolDestroy:%3=719,cuCtxDestroy_v2:%2=719,cuGraphLaunch:%5=2"

static bool *differs_at;

static bool is_exact(const struct options *options)
{
	return options->only != NULL && strcmp(options->only, "pool") != 0 &&
		strcmp(options->only, "graph") != 0;
}

static uint64_t run_alone(const struct options *options, const bool *only_steps)
{
	static struct worker w;

	if (!worker_init(&w, options, 0)) {
		fprintf(stderr, "the driver does not start\n");
		exit(2);
	}
	if (options->failures && simcuda_fail(FAILURES) != 0)
		exit(2);
	for (uint64_t step = 0; step < options->steps; step++) {
		if (only_steps != NULL && !only_steps[step])
			continue;
		worker_step(&w, step);
		if (!compare_all(w.devices, options->failures) || w.wrongly_refused > 0)
			return step + 1;
	}
	return compare_peaks(w.devices, options->limit, is_exact(options), options->threads == 1)
		? 0
		: options->steps;
}

static struct worker workers[16];
static pthread_barrier_t quiet;
static bool differs;

/* All stop every 1,000 steps; the first compares while nobody calls. */
static void *run_thread(void *argument)
{
	struct worker *w = argument;
	const struct options *options = w->options;

	for (uint64_t step = 0; step < options->steps; step++) {
		worker_step(w, step);
		if (step % 1000 != 999)
			continue;
		pthread_barrier_wait(&quiet);
		if (w->number == 0 && !compare_all(w->devices, options->failures))
			differs = true;
		pthread_barrier_wait(&quiet);
		if (differs)
			break;
	}
	return NULL;
}

static uint64_t run_together(const struct options *options)
{
	pthread_t threads[16];

	pthread_barrier_init(&quiet, NULL, options->threads);
	for (unsigned i = 0; i < options->threads; i++)
		if (!worker_init(&workers[i], options, i))
			exit(2);
	if (options->failures && simcuda_fail(FAILURES) != 0)
		exit(2);
	for (unsigned i = 0; i < options->threads; i++)
		pthread_create(&threads[i], NULL, run_thread, &workers[i]);
	for (unsigned i = 0; i < options->threads; i++)
		pthread_join(threads[i], NULL);
	return differs ||
			!compare_peaks(workers[0].devices, options->limit, is_exact(options),
				options->threads == 1)
		? options->steps
		: 0;
}

uint64_t run_sequence(const struct options *options, const bool *only_steps)
{
	return options->threads > 1 ? run_together(options) : run_alone(options, only_steps);
}

/* In a child of its own, which has a driver and a ledger of its own. */
static uint64_t run_in_child(const struct options *options, const bool *only_steps, bool quietly)
{
	int ends[2], status;
	uint64_t failing = UINT64_MAX;

	if (pipe(ends) != 0)
		exit(2);
	fflush(NULL);
	pid_t child = fork();

	if (child == 0) {
		if (quietly && freopen("/dev/null", "w", stdout) == NULL)
			_exit(2);
		failing = run_sequence(options, only_steps);
		fflush(NULL);
		_exit(write(ends[1], &failing, sizeof(failing)) == sizeof(failing) ? 0 : 2);
	}
	close(ends[1]);
	/* A crash is a finding at an unknown step. */
	if (read(ends[0], &failing, sizeof(failing)) != sizeof(failing))
		failing = options->steps;
	close(ends[0]);
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		printf("the sequence ended by signal %d\n", WTERMSIG(status));
	return failing;
}

/* Leaves out ever smaller runs of steps as long as what remains still fails. */
void shrink(const struct options *options, uint64_t failing_step)
{
	struct options o = *options;
	uint64_t left = 0;

	o.steps = failing_step;
	differs_at = malloc(failing_step);
	memset(differs_at, true, failing_step);
	for (uint64_t run = failing_step / 2; run > 0; run /= 2)
		for (uint64_t start = 0; start < failing_step; start += run) {
			uint64_t end = start + run < failing_step ? start + run : failing_step;
			bool saved[end - start];

			memcpy(saved, differs_at + start, end - start);
			memset(differs_at + start, false, end - start);
			if (run_in_child(&o, differs_at, true) == 0)
				memcpy(differs_at + start, saved, end - start);
		}
	o.verbose = true;
	for (uint64_t i = 0; i < failing_step; i++)
		left += differs_at[i];
	printf("%" PRIu64 " of %" PRIu64 " steps are left:\n", left, failing_step);
	run_in_child(&o, differs_at, false);
	free(differs_at);
}

static uint64_t number_of(const char *text)
{
	return strtoull(text, NULL, 0);
}

static void read_options(struct options *o, bool *may_shrink, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--failures") == 0)
			o->failures = true;
		else if (strcmp(argv[i], "--verbose") == 0)
			o->verbose = true;
		else if (strcmp(argv[i], "--no-shrink") == 0)
			*may_shrink = false;
		else if (strcmp(argv[i], "--seed") == 0 && ++i)
			o->seed = number_of(value);
		else if (strcmp(argv[i], "--steps") == 0 && ++i)
			o->steps = number_of(value);
		else if (strcmp(argv[i], "--seconds") == 0 && ++i)
			o->seconds = number_of(value);
		else if (strcmp(argv[i], "--threads") == 0 && ++i)
			o->threads = (unsigned)number_of(value);
		else if (strcmp(argv[i], "--limit") == 0 && ++i)
			o->limit = number_of(value);
		else if (strcmp(argv[i], "--only") == 0 && ++i)
			o->only = value;
		else {
			fprintf(stderr, "diff: unknown option '%s'\n", argv[i]);
			exit(2);
		}
	}
	if (o->threads < 1 || o->threads > 16 || o->steps == 0) {
		fprintf(stderr, "diff: 1 to 16 threads and at least one step\n");
		exit(2);
	}
	if (o->only != NULL && !worker_knows(o->only)) {
		fprintf(stderr, "diff: no sort of memory is called '%s'\n", o->only);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct options o = {.steps = 20000, .threads = 1};
	bool may_shrink = true;
	uint64_t steps = 0, sequences = 0;
	char limit[32];

	read_options(&o, &may_shrink, argc, argv);
	if (o.limit != 0) {
		snprintf(limit, sizeof(limit), "%" PRIu64, o.limit);
		setenv("RAC_LIMIT", limit, 1);
	}
	time_t end = time(NULL) + (time_t)o.seconds;
	uint64_t seed = o.seed != 0 ? o.seed : (uint64_t)time(NULL) * 1000 + (uint64_t)getpid();

	do {
		o.seed = seed++;
		uint64_t failing = run_in_child(&o, NULL, false);

		steps += failing != 0 ? failing : o.steps * o.threads;
		sequences++;
		if (failing == 0)
			continue;
		printf("seed %" PRIu64 " fails at step %" PRIu64 "\n", o.seed, failing - 1);
		if (may_shrink && o.threads == 1)
			shrink(&o, failing);
		return 1;
	} while (time(NULL) < end);
	printf("%" PRIu64 " steps in %" PRIu64 " sequences from seed %" PRIu64 ": no difference\n",
		steps, sequences, seed - sequences);
	return 0;
}

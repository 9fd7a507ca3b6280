/*
 * stacks.c - what a call stack costs, beside what other unwinders ask for the same one, in one run:
 * rounds of the candidates alternate and the median of the processor's time counts. libunwind is measured
 * where it is installed.
 *
 *   stacks                 the table
 *   stacks allocate N      nanoseconds of a malloc and free at that depth: for stacks.sh, which runs it
 *                          under heaptrack
 */
#include "code_modules.h"
#include "unwind_stack.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unwind.h>

#define ROUNDS     15
#define CAPTURES   20000
#define DEPTH_MOST 60
#define MODULES    256
#define TEXT       65536
#define PATHS      256 /* different stacks, for the one that is not always the same */

static struct rac_unwind *unwinder;
static struct rac_code_modules *modules;
static int (*libunwind)(void **addresses, int most);

static uint64_t frames[DEPTH_MOST + 64];
static void *addresses[DEPTH_MOST + 64];
static volatile uint64_t sink;

static void *map(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void capture_ours(unsigned depth)
{
	enum rac_unwind_end end;

	sink += rac_unwind(unwinder, frames, NULL, depth, &end);
}

struct walk {
	unsigned count, most;
};

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *walk)
{
	struct walk *w = walk;

	addresses[w->count++] = (void *)_Unwind_GetIP(context);
	return w->count < w->most ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void capture_libgcc(unsigned depth)
{
	struct walk w = {0, depth};

	_Unwind_Backtrace(visit, &w);
	sink += w.count;
}

static void capture_libunwind(unsigned depth)
{
	sink += (uint64_t)libunwind(addresses, (int)depth);
}

static void capture_nothing(unsigned depth)
{
	sink += depth;
}

static void allocate(unsigned depth)
{
	char *p = malloc(depth + 16);

	p[0] = 1;
	sink += (uintptr_t)p;
	free(p);
}

/* What is done at the end of a stack, and how often. */
static struct {
	void (*run)(unsigned depth);
	unsigned depth, times;
	const uint8_t *path; /* which of two callers each function is called by */
} job;

static void descend(unsigned left);

static __attribute__((noinline)) void at_end(void)
{
	for (unsigned i = 0; i < job.times; i++)
		job.run(job.depth);
}

/* Functions with frames of different sizes, each with two calls that lead on. */
#define LEVEL(name, bytes)                                        \
	static __attribute__((noinline)) void name(unsigned left) \
	{                                                         \
		volatile char room[bytes];                        \
                                                                  \
		room[0] = (char)left;                             \
		if ((job.path[left] & 1) != 0)                    \
			descend(left - 1);                        \
		else                                              \
			descend(left - 1);                        \
		sink += (uint64_t)room[0];                        \
	}
LEVEL(level_0, 8)
LEVEL(level_1, 40)
LEVEL(level_2, 200)
LEVEL(level_3, 72)
LEVEL(level_4, 16)
LEVEL(level_5, 120)
LEVEL(level_6, 24)

static void (*const levels[])(unsigned) = {
	level_0, level_1, level_2, level_3, level_4, level_5, level_6};

static void descend(unsigned left)
{
	if (left == 0)
		at_end();
	else
		levels[left % 7](left);
	sink++;
}

/* Below are main and the C library's start, and functions here: all are frames as well. */
#define FRAMES_ANYWAY 8

static void at_depth(unsigned depth, void (*run)(unsigned), unsigned times, const uint8_t *path)
{
	job.run = run;
	job.depth = depth;
	job.times = times;
	job.path = path;
	descend((depth - FRAMES_ANYWAY) / 2);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* the machine is shared */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint8_t paths[PATHS][DEPTH_MOST];

/* One stack, many times. */
static double time_same(void (*run)(unsigned), unsigned depth)
{
	double begin = now_ns();

	at_depth(depth, run, CAPTURES, paths[0]);
	return (now_ns() - begin) / CAPTURES;
}

/* One stack after another; what the calls themselves cost is measured as a candidate, too. */
static double time_different(void (*run)(unsigned), unsigned depth)
{
	double begin = now_ns();

	for (unsigned i = 0; i < CAPTURES / 4; i++)
		at_depth(depth, run, 1, paths[i * 7 % PATHS]);
	return (now_ns() - begin) / (CAPTURES / 4);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct candidate {
	const char *name;
	void (*run)(unsigned depth);
	double rounds[ROUNDS];
};

static void compare(const char *title, struct candidate *c, size_t count, unsigned depth,
	double (*measure)(void (*run)(unsigned), unsigned depth))
{
	double nothing = 0;

	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < count; i++)
			c[i].rounds[round] = c[i].run != NULL ? measure(c[i].run, depth) : 0;
	printf("%-40s %8s %8s %8s\n", title, "median", "least", "most");
	for (size_t i = 0; i < count; i++) {
		double *r = c[i].rounds;

		qsort(r, ROUNDS, sizeof(r[0]), by_value);
		if (c[i].run == capture_nothing)
			nothing = r[ROUNDS / 2];
		else if (c[i].run != NULL)
			printf("  %-38s %8.0f %8.0f %8.0f\n", c[i].name, r[ROUNDS / 2] - nothing,
				r[0] - nothing, r[ROUNDS - 1] - nothing);
	}
}

static void time_first(void)
{
	double begin = now_ns();

	at_depth(20, capture_ours, 1, paths[0]);
	printf("%-40s %8.0f\n", "the very first stack, depth 20", now_ns() - begin);
	begin = now_ns();
	at_depth(20, capture_ours, 1, paths[1]);
	printf("%-40s %8.0f\n", "the first of another, depth 20", now_ns() - begin);
}

static void time_lookups(void)
{
	uintptr_t address = (uintptr_t)&time_lookups;
	double begin = now_ns();

	for (unsigned i = 0; i < CAPTURES * 10; i++)
		sink += rac_code_modules_find(modules, address + (i & 15));
	printf("%-40s %8.1f\n", "the module of a known address",
		(now_ns() - begin) / CAPTURES / 10);
}

static void find_libunwind(void)
{
	void *handle = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

	if (handle != NULL)
		*(void **)(void *)&libunwind = dlsym(handle, "unw_backtrace");
}

int main(int argc, char **argv)
{
	struct candidate candidates[] = {
		{.name = "nothing", .run = capture_nothing},
		{.name = "ours", .run = capture_ours},
		{.name = "libunwind, cached", .run = capture_libunwind},
		{.name = "libgcc", .run = capture_libgcc},
	};
	size_t bytes = rac_module_table_bytes(MODULES, TEXT);
	uint64_t random = 1;

	for (size_t i = 0; i < sizeof(paths); i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		((uint8_t *)paths)[i] = (uint8_t)(random >> 56);
	}
	if (argc == 3 && strcmp(argv[1], "allocate") == 0) {
		printf("%.0f\n", time_same(allocate, (unsigned)atoi(argv[2])));
		return 0;
	}
	modules = rac_code_modules_init(map(rac_code_modules_bytes(MODULES)),
		rac_module_table_init(map(bytes), bytes, MODULES, TEXT));
	unwinder = rac_unwind_init(map(sizeof(*unwinder)), modules, false);
	time_first();
	time_lookups();
	find_libunwind();
	if (libunwind == NULL)
		candidates[2].run = NULL;
	compare("the same stack, depth 20, ns", candidates, 4, 20, time_same);
	compare("the same stack, depth 60, ns", candidates, 4, 60, time_same);
	compare("256 different stacks, depth 20, ns", candidates, 4, 20, time_different);
	compare("256 different stacks, depth 60, ns", candidates, 4, 60, time_different);
	return 0;
}

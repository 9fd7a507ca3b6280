/*
 * Tells the library of itself through rac.h, and prints what it is told. Usage: own_words STEP…
 *
 *	take		takes 1 MiB and keeps it
 *	more		the same, elsewhere in the program
 *	ignore		the same, and has it ignored
 *	drop		frees what was taken or ignored last
 *	check		makes a checkpoint
 *	in NAME, out	enters a scope, leaves it
 *	peak		starts the peak anew
 *	die		kills itself
 */
#include "check.h"

#include <cuda_runtime.h>
#include <rac.h>
#include <signal.h>
#include <string.h>

#define MIB 1048576

static void *last;

static __attribute__((noinline)) void take(void)
{
	OK(cudaMalloc(&last, MIB));
}

static __attribute__((noinline)) void more(void)
{
	OK(cudaMalloc(&last, MIB));
}

static void ignore(void)
{
	take();
	printf("ignore %d %d\n", rac_ignore((uint64_t)(uintptr_t)last), rac_ignore(12345));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "take") == 0)
			take();
		else if (strcmp(argv[i], "more") == 0)
			more();
		else if (strcmp(argv[i], "ignore") == 0)
			ignore();
		else if (strcmp(argv[i], "drop") == 0)
			OK(cudaFree(last));
		else if (strcmp(argv[i], "check") == 0)
			rac_checkpoint("step");
		else if (strcmp(argv[i], "in") == 0)
			rac_scope_push(argv[++i]);
		else if (strcmp(argv[i], "out") == 0)
			rac_scope_pop();
		else if (strcmp(argv[i], "peak") == 0)
			rac_reset_peak(0);
		else if (strcmp(argv[i], "die") == 0)
			raise(SIGKILL);
		else
			FAIL("what is %s?", argv[i]);
	}
	printf("live %llu, peak %llu\n", (unsigned long long)rac_live_bytes(0) / MIB,
		(unsigned long long)rac_peak_bytes(0) / MIB);
	return 0;
}

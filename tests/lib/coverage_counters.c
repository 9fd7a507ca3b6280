/*
 * coverage_counters.c - keeps what gcov counts in the shim in a file that all processes share, so that nothing is lost
 * in one that leaves by _exit or exec, is killed, or forks; linked into the shim by coverage.sh alone. What gcov itself
 * would do at the end of a process is left out, but for one that is told to write the sums down (SHIM_COVERAGE=write).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where coverage.ld puts the counters: whole pages, with nothing else in them. */
extern char coverage_begin[], coverage_end[];

void __real___gcov_dump(void);
void __real___gcov_exit(void);
void __real___gcov_reset(void);
void __wrap___gcov_dump(void);
void __wrap___gcov_exit(void);
void __wrap___gcov_reset(void);

/* In the place of the library's memory; what was counted before, in resolvers of symbols, is added. */
__attribute__((constructor(101))) static void share_counters(void)
{
	size_t size = (size_t)(coverage_end - coverage_begin);
	int file = open(COVERAGE_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	int64_t *before = (int64_t *)coverage_begin;

	if (file < 0)
		return;
	if (ftruncate(file, (off_t)size) == 0) {
		int64_t *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

		if (shared != MAP_FAILED) {
			for (size_t i = 0; i < size / sizeof(*shared); i++)
				if (before[i] != 0)
					__atomic_fetch_add(&shared[i], before[i], __ATOMIC_RELAXED);
			munmap(shared, size);
			mmap(coverage_begin, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				file, 0);
		}
	}
	close(file);
}

void __wrap___gcov_exit(void)
{
	const char *told = getenv("SHIM_COVERAGE");

	if (told != NULL && strcmp(told, "write") == 0)
		__real___gcov_exit();
}

/* Around exec and fork gcc has them called: there is nothing to save, and nothing is to be forgotten. */
void __wrap___gcov_dump(void)
{
}

void __wrap___gcov_reset(void)
{
}

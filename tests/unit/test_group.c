/*
 * test_group.c - the budget that processes share: what fits is granted and nothing else, by threads and by
 * processes at once, and a process that is killed leaves a sum that is that of the seats.
 */
#include "group.h"
#include "rac_track.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CAP UINT64_C(1000000)

static struct rac_group *group;

/* What processes tell each other. */
static struct {
	_Atomic uint64_t passed_the_cap, refused_though_it_fits, granted_though_it_does_not, done;
	atomic_int ready;
	atomic_bool stop;
} * told;

static void start(void)
{
	group = mmap(
		NULL, rac_group_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	told = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rac_group_format(group);
}

static void finish(void)
{
	munmap(group, rac_group_bytes());
	munmap(told, 4096);
}

TestSuite(group, .init = start, .fini = finish, .timeout = 120);

static struct rac_group_member sit(uint32_t seat)
{
	const struct rac_group_owner owner = {.pid = seat + 100, .started = 7, .space = 1};
	struct rac_group_member m;

	rac_group_sit(&m, group, seat, &owner);
	return m;
}

static enum rac_status take(struct rac_group_member *m, uint64_t bytes, uint64_t cap)
{
	enum rac_status status;
	uint64_t sum;

	while ((status = rac_group_take(m, bytes, cap, &sum)) == RAC_FULL)
		sched_yield();
	if (cap != RAC_NO_LIMIT && status == RAC_OK && sum > cap)
		atomic_fetch_add(&told->passed_the_cap, 1);
	return status;
}

static void give(struct rac_group_member *m, uint64_t bytes)
{
	while (rac_group_give(m, bytes) == RAC_FULL)
		sched_yield();
}

Test(group, what_fits_to_the_byte_is_granted_and_one_more_is_not)
{
	struct rac_group_member a = sit(0), b = sit(1);
	uint64_t sum;

	cr_assert(eq(int, rac_group_take(&a, 600, 1000, &sum), RAC_OK));
	cr_assert(eq(u64, sum, 600));
	cr_assert(eq(int, rac_group_take(&b, 401, 1000, &sum), RAC_OOM));
	cr_assert(eq(u64, sum, 600));
	cr_assert(eq(int, rac_group_take(&b, 400, 1000, &sum), RAC_OK));
	cr_assert(eq(u64, sum, 1000));
	cr_assert(eq(int, rac_group_take(&b, 0, 1000, &sum), RAC_OK));
	cr_assert(eq(u64, rac_group_held(group, 0), 600));
	cr_assert(eq(u64, rac_group_held(group, 1), 400));
	rac_group_give(&a, 600);
	cr_assert(eq(u64, rac_group_sum(group), 400));
	cr_assert(eq(int, rac_group_take(&b, 600, 1000, &sum), RAC_OK));
	cr_assert(eq(u64, rac_group_held(group, 1), 1000));
}

Test(group, without_a_cap_everything_but_the_absurd_is_granted)
{
	struct rac_group_member m = sit(3);
	uint64_t sum;

	for (int i = 0; i < 200; i++)
		cr_assert(eq(int, rac_group_take(&m, RAC_REQUEST_MAX, RAC_NO_LIMIT, &sum), RAC_OK));
	cr_assert(
		eq(int, rac_group_take(&m, RAC_REQUEST_MAX + 1, RAC_NO_LIMIT, &sum), RAC_OVERFLOW));
	for (int i = 200; i < 255; i++)
		cr_assert(eq(int, rac_group_take(&m, RAC_REQUEST_MAX, RAC_NO_LIMIT, &sum), RAC_OK));
	cr_assert(eq(int, rac_group_take(&m, RAC_REQUEST_MAX, RAC_NO_LIMIT, &sum), RAC_OVERFLOW));
	cr_assert(eq(u64, rac_group_sum(group), 255 * RAC_REQUEST_MAX));
	cr_assert(eq(int, rac_group_take(&m, UINT64_MAX, 1000, &sum), RAC_OOM));
}

Test(group, nobody_gives_back_what_others_hold)
{
	struct rac_group_member a = sit(0), b = sit(1);
	uint64_t sum;

	rac_group_take(&a, 10, CAP, &sum);
	rac_group_take(&b, 20, CAP, &sum);
	rac_group_give(&a, 1000);
	cr_assert(eq(u64, rac_group_held(group, 0), 0));
	cr_assert(eq(u64, rac_group_sum(group), 20));
}

Test(group, memory_that_is_no_group_is_told_from_new_memory)
{
	char *bytes = (char *)group;

	cr_assert(eq(int, rac_group_check(group), RAC_OK));
	bytes[0]++;
	cr_assert(eq(int, rac_group_check(group), RAC_INVALID));
	memset(group, 0, rac_group_bytes());
	cr_assert(eq(int, rac_group_check(group), RAC_UNKNOWN));
	bytes[rac_group_bytes() - 1] = 1;
	cr_assert(eq(int, rac_group_check(group), RAC_INVALID));
	rac_group_format(group);
	cr_assert(eq(int, rac_group_check(group), RAC_OK));
	cr_assert(eq(u64, rac_group_sum(group), 0));
}

Test(group, a_sum_that_is_not_that_of_the_seats_is_noticed)
{
	struct rac_group_member m = sit(5);
	uint64_t sum, was, *words = (uint64_t *)group;
	bool noticed = true;

	rac_group_take(&m, 12345, CAP, &sum);
	cr_assert(rac_group_is_sound(group));
	/* Whichever of the words with that figure is changed. */
	for (size_t i = 0; i < rac_group_bytes() / sizeof(*words); i++) {
		if (words[i] != 12345)
			continue;
		was = words[i]++;
		noticed = noticed && !rac_group_is_sound(group);
		words[i] = was;
	}
	cr_assert(noticed);
	cr_assert(rac_group_is_sound(group));
}

Test(group, a_vacated_seat_gives_back_all_and_is_free)
{
	struct rac_group_member a = sit(0), b = sit(1);
	struct rac_group_owner owner;
	uint64_t sum;

	rac_group_take(&a, 300, CAP, &sum);
	rac_group_take(&b, 50, CAP, &sum);
	cr_assert(rac_group_owner(group, 0, &owner));
	cr_assert(eq(u64, owner.pid, 100));
	cr_assert(eq(u64, owner.started, 7));
	cr_assert(eq(u64, rac_group_vacate(group, 0), 300));
	cr_assert(not(rac_group_owner(group, 0, &owner)));
	cr_assert(eq(u64, rac_group_sum(group), 50));
	cr_assert(eq(u64, rac_group_vacate(group, 0), 0));
	a = sit(0);
	cr_assert(eq(int, rac_group_take(&a, 1, CAP, &sum), RAC_OK));
	cr_assert(eq(u64, sum, 51));
	cr_assert(eq(u64, rac_group_held(group, 0), 1));
}

Test(group, the_seats_in_use_are_known)
{
	cr_assert(eq(u64, rac_group_seats_used(group), 0));
	sit(2);
	cr_assert(eq(u64, rac_group_seats_used(group), 3));
	sit(0);
	cr_assert(eq(u64, rac_group_seats_used(group), 3));
	sit(RAC_GROUP_SEATS - 1);
	cr_assert(eq(u64, rac_group_seats_used(group), RAC_GROUP_SEATS));
}

/* More threads than a seat has records, so that they also meet there. */
#define THREADS   12
#define PROCESSES 4
#define ROUNDS    20000

static struct rac_group_member member;
static int threads_of_all;

/* Each thread has a share of the cap: what fits in it fits, whatever the others do. */
static void *work(void *seed)
{
	uint64_t share = CAP / (uint64_t)threads_of_all, live = 0;
	unsigned random = (unsigned)(uintptr_t)seed;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t bytes = 1 + (uint64_t)rand_r(&random) % share;

		if (live > 0) {
			give(&member, live);
			live = 0;
		} else if (i % 64 == 1) {
			if (take(&member, CAP + 1 - live, CAP) == RAC_OK)
				atomic_fetch_add(&told->granted_though_it_does_not, 1);
		} else if (take(&member, bytes, CAP) == RAC_OK) {
			live = bytes;
		} else {
			atomic_fetch_add(&told->refused_though_it_fits, 1);
		}
		if (rac_group_sum(group) > CAP)
			atomic_fetch_add(&told->passed_the_cap, 1);
	}
	give(&member, live);
	atomic_fetch_add(&told->done, 1);
	return NULL;
}

static void run_threads(int count, unsigned seed)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)(seed + (unsigned)i));
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static void check_told(uint64_t threads)
{
	cr_assert(eq(u64, atomic_load(&told->done), threads));
	cr_assert(eq(u64, atomic_load(&told->passed_the_cap), 0));
	cr_assert(eq(u64, atomic_load(&told->refused_though_it_fits), 0));
	cr_assert(eq(u64, atomic_load(&told->granted_though_it_does_not), 0));
	cr_assert(eq(u64, rac_group_sum(group), 0));
	cr_assert(rac_group_is_sound(group));
}

Test(group, threads_of_a_process_at_the_cap)
{
	member = sit(0);
	threads_of_all = THREADS;
	run_threads(THREADS, 1);
	check_told(THREADS);
}

Test(group, threads_of_processes_at_the_cap)
{
	threads_of_all = 3 * PROCESSES;
	for (unsigned i = 0; i < PROCESSES; i++) {
		if (fork() != 0)
			continue;
		member = sit(i);
		run_threads(3, i * 10 + 1);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	check_told(3 * PROCESSES);
}

/* Takes and gives until it is killed. */
static void work_for_ever(uint32_t seat)
{
	struct rac_group_member m = sit(seat);
	unsigned random = seat + (unsigned)getpid();
	uint64_t live = 0;

	/* Also where the test itself is ended. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	atomic_fetch_add(&told->ready, 1);
	for (;;) {
		uint64_t bytes = (uint64_t)rand_r(&random) % (CAP / 2);

		if (live > 0) {
			give(&m, live);
			live = 0;
		} else if (take(&m, bytes, CAP) == RAC_OK) {
			live = bytes;
		}
	}
}

static void sleep_up_to_a_ms(unsigned *random)
{
	struct timespec t = {.tv_nsec = rand_r(random) % 1000000};

	nanosleep(&t, NULL);
}

Test(group, processes_killed_at_any_moment_leave_a_sum_that_is_that_of_the_seats)
{
	pid_t pids[PROCESSES];
	unsigned random = 1;

	for (int round = 0; round < 100; round++) {
		atomic_store(&told->ready, 0);
		for (uint32_t i = 0; i < PROCESSES; i++)
			if ((pids[i] = fork()) == 0)
				work_for_ever(i);
		while (atomic_load(&told->ready) < PROCESSES)
			sched_yield();
		for (uint32_t i = 0; i < PROCESSES; i++) {
			sleep_up_to_a_ms(&random);
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
			/* The others are still at it. */
			rac_group_vacate(group, i);
		}
		cr_assert(eq(u64, rac_group_sum(group), 0));
		cr_assert(rac_group_is_sound(group));
	}
	cr_assert(eq(u64, atomic_load(&told->passed_the_cap), 0));
}

/*
 * kill.c - kills a busy program of four threads at random instants, many times over, and compares the record
 * that each leaves with the simulator's books, which survive it as well. Usage: kill SHIM FOLDER COUNT SEED
 *
 * Each thread takes and gives back pieces of one size, and the sizes are 8 to the power of the thread's
 * number apart. So a difference says which threads were in the middle of a call: its digits in base 8 are
 * one call of that thread too many (1), too few (-1) or none (0), and any other digit is a fault.
 */
#include "../sim/simcuda.h"
#include "record_sites.h"
#include "record_timeline.h"
#include "record_view.h"

#include <cuda.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS     4
#define HELD        96
#define UNIT        UINT64_C(4096)
#define WARM        64    /* live pieces after which a process may be killed */
#define MOST_US     12000 /* that it goes on after that */
#define PATIENCE_US 20000000

static uint64_t seed;

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* ---- the busy program ---- */

static CUcontext context;

static void *be_busy(void *argument)
{
	uint64_t number = (uint64_t)(uintptr_t)argument, state = seed + number * 977 + 1;
	size_t bytes = (size_t)(UNIT << (3 * number)), count = 0;
	CUdeviceptr held[HELD];

	if (cuCtxSetCurrent(context) != CUDA_SUCCESS)
		abort();
	for (;;) {
		uint64_t draw = next(&state);

		if (count < HELD && (count == 0 || (draw & 1) != 0)) {
			if (cuMemAlloc(&held[count++], bytes) != CUDA_SUCCESS)
				abort();
		} else {
			size_t which = (size_t)(draw >> 8) % count;

			if (cuMemFree(held[which]) != CUDA_SUCCESS)
				abort();
			held[which] = held[--count];
		}
	}
	return NULL;
}

static int busy(void)
{
	pthread_t threads[THREADS];

	if (cuInit(0) != CUDA_SUCCESS || cuDevicePrimaryCtxRetain(&context, 0) != CUDA_SUCCESS)
		return 1;
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, be_busy, (void *)i);
	pthread_join(threads[0], NULL);
	return 1;
}

/* ---- who kills it ---- */

struct paths {
	char record[4096], books[4096];
};

struct totals {
	unsigned under_way[THREADS + 1]; /* how often so many calls were */
	uint64_t peak_off, peak_exact;
	unsigned nameless;       /* records with bytes of a site that is not described */
	unsigned folded, missed; /* timelines of which a part was folded, that lack events */
	uint64_t highest_exact;
};

static void sleep_us(uint64_t us)
{
	struct timespec time = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};

	nanosleep(&time, NULL);
}

static const struct simcuda_book *map_books(const char *path)
{
	struct simcuda_book *books;
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	/* As the simulator does, so that it can be looked at before. */
	if (file < 0 || ftruncate(file, 4096) != 0)
		exit(3);
	books = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
	close(file);
	if (books == MAP_FAILED)
		exit(3);
	return books;
}

static pid_t start(const char *shim, const struct paths *paths, uint64_t number)
{
	char text[32];
	pid_t child = fork();

	if (child != 0)
		return child;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	setenv("LD_PRELOAD", shim, 1);
	setenv("RAC_RECORD", paths->record, 1);
	setenv("RAC_REPORT", "none", 1);
	setenv("RAC_TIMELINE", "1M", 1);
	setenv("SIMCUDA_BOOKS", paths->books, 1);
	execl("/proc/self/exe", "kill", "--busy", text, (char *)NULL);
	_exit(127);
}

static bool read_file(void *at, uint64_t offset, void *to, size_t bytes)
{
	return pread(*(int *)at, to, bytes, (off_t)offset) == (ssize_t)bytes;
}

/* How many threads were in the middle of a call, from a difference; -1: no such calls can be. */
static int digits(int64_t difference)
{
	int64_t rest = difference / (int64_t)UNIT;
	int count = 0;

	if (difference % (int64_t)UNIT != 0)
		return -1;
	for (int i = 0; i < THREADS; i++) {
		int64_t digit = ((rest % 8) + 8) % 8;

		if (digit == 7)
			digit = -1;
		if (digit < -1 || digit > 1)
			return -1;
		count += digit != 0;
		rest = (rest - digit) / 8;
	}
	return rest == 0 ? count : -1;
}

static bool add_bytes(void *sum, const struct rac_entry *entry)
{
	*(uint64_t *)sum += entry->bytes;
	return true;
}

struct site_sum {
	uint64_t bytes;
	bool is_nameless; /* who made a site was killed before he said what it is */
};

static bool add_site(void *into, uint32_t id, const struct rac_site *site)
{
	struct site_sum *sum = into;
	struct rac_site_snapshot s;

	(void)id;
	if (!rac_site_read(site, 0, &s))
		return true;
	sum->bytes += s.live_bytes;
	sum->is_nameless = sum->is_nameless || (!s.described && s.live_bytes > 0);
	return true;
}

static struct site_sum sum_sites(struct rac_record_view *view)
{
	static struct rac_record_sites sites;
	size_t bytes = rac_record_sites_bytes(view);
	void *copies = calloc(1, bytes);
	struct site_sum sum = {0, false};

	rac_record_sites_read(view, copies, bytes, &sites);
	rac_sites_each(&sites.sites, add_site, &sum);
	free(copies);
	return sum;
}

/* What a timeline ends at, and its highest level. */
struct course {
	uint64_t bytes, highest;
	struct rac_timeline_about about;
};

static struct course follow(struct rac_record_view *view)
{
	void *copy = malloc(rac_record_timeline_bytes(view));
	const struct rac_timeline_point *points;
	struct course c = {0, 0, {0, 0, 0}};
	size_t count = rac_record_timeline_read(view, copy, &points, &c.about);

	for (size_t i = 0; i < count; i++) {
		c.bytes += points[i].bytes;
		c.highest = c.bytes > c.highest ? c.bytes : c.highest;
		c.highest = points[i].most > c.highest ? points[i].most : c.highest;
	}
	free(copy);
	return c;
}

static bool expect(bool holds, const char *what, int64_t difference)
{
	if (!holds)
		printf("kill: %s (difference %lld bytes)\n", what, (long long)difference);
	return holds;
}

static bool compare(struct rac_record_view *view, const struct simcuda_book *book, struct totals *t)
{
	const struct rac_record_fate killed = {.how = RAC_END_KILLED, .status = SIGKILL};
	const int64_t all = (int64_t)UNIT * (1 + 8 + 64 + 512);
	struct rac_report report;
	uint64_t entries = 0;

	rac_record_view_report(view, &killed, &report);
	if (!expect(report.device_count == 1 && report.process.end == RAC_END_KILLED,
		    "the record does not have one device and an open end", 0))
		return false;
	const struct rac_device_snapshot *d = &report.devices[0];
	int64_t live = (int64_t)(d->live_bytes - book->live_bytes);
	int64_t peak = (int64_t)(d->peak_bytes - book->peak_bytes);
	bool whole = rac_record_view_entries(view, add_bytes, &entries) == RAC_OK;
	int64_t listed = (int64_t)(d->live_bytes - entries);
	const struct site_sum sites = sum_sites(view);
	int64_t sited = (int64_t)(d->live_bytes - sites.bytes);
	const struct course course = follow(view);
	int64_t timed = (int64_t)(d->live_bytes - course.bytes);
	int64_t highest = (int64_t)(d->peak_bytes - course.highest);
	bool missed = course.about.missed > 0;
	int64_t count = (int64_t)(d->allocations - d->frees - book->live_count);

	if (!expect(digits(live) >= 0, "live bytes differ by more than calls under way", live) ||
		!expect(whole && digits(listed) >= 0, "so do those of the ledger", listed) ||
		!expect(digits(sited) >= 0, "so do those of the sites", sited) ||
		!expect(missed || digits(timed) >= 0, "so does the timeline's end", timed) ||
		!expect(missed || (highest >= -all && highest <= all),
			"so does the timeline's highest level", highest) ||
		!expect(count >= -THREADS && count <= THREADS, "so does their number", count) ||
		!expect(peak >= -all && peak <= all, "so does the peak", peak) ||
		!expect(report.lost_bytes == 0, "something was lost", 0))
		return false;
	t->under_way[digits(live)]++;
	t->peak_exact += peak == 0;
	t->nameless += sites.is_nameless;
	t->folded += course.about.folded > 0;
	t->missed += missed;
	t->highest_exact += !missed && highest == 0;
	if ((uint64_t)llabs(peak) > t->peak_off)
		t->peak_off = (uint64_t)llabs(peak);
	return true;
}

static bool look(const struct paths *paths, const struct simcuda_book *book, struct totals *t)
{
	char message[512] = "cannot be opened";
	int fd = open(paths->record, O_RDONLY | O_CLOEXEC);
	void *memory = malloc(rac_record_view_bytes());
	struct rac_record_view *view = NULL;
	struct rac_text why;
	struct stat status;
	bool good = false;

	if (fd >= 0 && fstat(fd, &status) == 0) {
		const struct rac_record_source source = {
			.read = read_file, .context = &fd, .length = (uint64_t)status.st_size};

		rac_text_init(&why, message, sizeof(message));
		view = rac_record_view_open(memory, &source, &why);
	}
	if (view != NULL)
		good = compare(view, book, t);
	else
		printf("kill: the record %s\n", message);
	free(memory);
	if (fd >= 0)
		close(fd);
	return good;
}

static bool kill_one(
	const char *shim, const struct paths *paths, uint64_t number, struct totals *totals)
{
	const struct simcuda_book *books = map_books(paths->books);
	pid_t child = start(shim, paths, number);
	bool good = child > 0;
	int status = 0;

	for (uint64_t us = 0; good && books[0].live_count < WARM; us += 200) {
		good = us < PATIENCE_US && waitpid(child, &status, WNOHANG) == 0;
		sleep_us(200);
	}
	sleep_us(next(&seed) % MOST_US);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
	}
	if (!good)
		printf("kill: the program did not start\n");
	good = good && look(paths, &books[0], totals);
	munmap((void *)(uintptr_t)books, 4096);
	unlink(paths->record);
	return good;
}

int main(int argc, char **argv)
{
	struct totals totals = {.folded = 0};
	struct paths paths;
	unsigned good = 0, count;

	if (argc == 3 && strcmp(argv[1], "--busy") == 0) {
		seed = strtoull(argv[2], NULL, 10);
		return busy();
	}
	if (argc != 5)
		return 2;
	count = (unsigned)atoi(argv[3]);
	seed = strtoull(argv[4], NULL, 10) * 2 + 1;
	snprintf(paths.record, sizeof(paths.record), "%s/kill.rec", argv[2]);
	snprintf(paths.books, sizeof(paths.books), "%s/books", argv[2]);
	for (unsigned i = 0; i < count; i++)
		good += kill_one(argv[1], &paths, i + 1, &totals);
	printf("kill: %u of %u records are right; calls under way:", good, count);
	for (int i = 0; i <= THREADS; i++)
		printf(" %d in %u", i, totals.under_way[i]);
	printf("; peak exact in %llu, at most %llu KiB off; a site without a name in %u; of the timelines %u were "
	       "folded, %u lack events, the highest level is exact in %llu\n",
		(unsigned long long)totals.peak_exact, (unsigned long long)totals.peak_off >> 10,
		totals.nameless, totals.folded, totals.missed,
		(unsigned long long)totals.highest_exact);
	return good == count ? 0 : 1;
}

/*
 * process_info.c - see process_info.h.
 */
#include "process_info.h"

#include "at_start.h"
#include "process_identity.h"
#include "process_stat.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

RAC_AT_START_DATA static int kept_argc;
RAC_AT_START_DATA static char **kept_argv;
RAC_AT_START_DATA static pid_t kept_pid;
RAC_AT_START_DATA static uint64_t loaded_unix_ns, loaded_mono_ns;

/* The kernel's time, whatever a library that is preloaded beside us makes of the C library's: files have
 * that time, and waiting ends by it. */
RAC_AT_START_CODE static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts = {0};

	syscall(SYS_clock_gettime, clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

RAC_AT_START_CODE uint64_t rac_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Libraries whose constructors run before ours may use CUDA there: the first to come keeps the time. */
RAC_AT_START_CODE static void keep_time(void)
{
	if (loaded_mono_ns != 0)
		return;
	/* Not getpid, whose page nothing else has touched yet. */
	kept_pid = (pid_t)syscall(SYS_getpid);
	loaded_unix_ns = clock_ns(CLOCK_REALTIME);
	loaded_mono_ns = rac_monotonic_ns();
}

RAC_AT_START_CODE void rac_process_info_keep(int argc, char **argv)
{
	kept_argc = argc;
	kept_argv = argv;
	keep_time();
}

/* File times lag behind by up to a tick of the kernel's, so the file of a run that ended just before
 * this one is told apart, and one that came within a tick of our start is not. */
bool rac_process_info_is_before_us(uint64_t unix_ns)
{
	return unix_ns <= loaded_unix_ns;
}

bool rac_process_info_may_be_ours(uint64_t unix_ns)
{
	uint64_t tick_ns = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t ticks = rac_process_start_ticks(0);
	uint64_t age = clock_ns(CLOCK_BOOTTIME) - ticks * tick_ns;

	/* File times lag behind, see above. */
	return ticks != 0 && unix_ns + tick_ns >= clock_ns(CLOCK_REALTIME) - age;
}

static uint32_t copy_arguments(char *to, size_t capacity)
{
	size_t used = 0;

	if (kept_argv == NULL)
		return (uint32_t)rac_process_read("/proc/self/cmdline", to, capacity);
	for (int i = 0; i < kept_argc && kept_argv[i] != NULL; i++) {
		size_t n = strnlen(kept_argv[i], capacity);

		if (n + 1 > capacity - used)
			break;
		memcpy(to + used, kept_argv[i], n);
		to[used + n] = '\0';
		used += n + 1;
	}
	return (uint32_t)used;
}

/* The rank of a parallel job under the launchers that say one; the first that is set holds. */
static const char *find_rank(void)
{
	static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
		"MV2_COMM_WORLD_RANK", "RANK", "SLURM_PROCID"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return value;
	}
	return NULL;
}

static const char *lookup(void *context, const char *name)
{
	(void)context;
	return getenv(name);
}

struct rac_path_values rac_process_info_path_values(const struct rac_record_process *process)
{
	const char *slash = strrchr(process->executable, '/');

	return (struct rac_path_values){
		.pid = process->pid,
		.host = process->host,
		.program = slash != NULL ? slash + 1 : process->executable,
		.rank = process->has_rank ? process->rank : NULL,
		.variable = lookup,
	};
}

void rac_process_info_read(struct rac_record_process *out)
{
	const char *rank = find_rank();

	keep_time();
	out->pid = (uint64_t)getpid();
	out->ppid = (uint64_t)getppid();
	/* A forked child is not as old as the image that it runs; when it was forked nobody noted. */
	bool is_child = kept_pid != getpid();

	out->started_unix_ns = is_child ? clock_ns(CLOCK_REALTIME) : loaded_unix_ns;
	out->started_mono_ns = is_child ? rac_monotonic_ns() : loaded_mono_ns;
	/* The buffers are zeroed and one byte is left, so that each ends in NUL. */
	if (readlink("/proc/self/exe", out->executable, sizeof(out->executable) - 1) < 0 &&
		kept_argv != NULL && kept_argc > 0)
		strncpy(out->executable, kept_argv[0], sizeof(out->executable) - 1);
	out->command_bytes = copy_arguments(out->command, sizeof(out->command));
	if (gethostname(out->host, sizeof(out->host) - 1) != 0)
		out->host[0] = '\0';
	if (rank != NULL) {
		strncpy(out->rank, rank, sizeof(out->rank) - 1);
		out->has_rank = 1;
	}
}

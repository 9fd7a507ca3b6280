/*
 * records.c - the folder in which the tasks of a step keep records, and having `rac collect` report from it those
 * that were killed; what is in a record is not read here.
 *
 *	RECORDS/JOB.STEP.NODE/RANK/PID
 *
 * RECORDS belongs to who runs slurmd, what is below to the job's user. slurmstepd may be root: nothing below is
 * opened or removed but by a child that has become that user.
 */
#include "spank_rac.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 30000 /* that a report takes, with the names of functions */
#define SAID_MAX    65536 /* of what it prints */

static char step_folder[PATH_MAX - 32]; /* "": no records are kept */
static char step_cwd[PATH_MAX] = "/";

/* Only who runs slurmd may put something there. */
static bool is_ours_alone(const char *path)
{
	struct stat status;

	if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
		slurm_error("rac: '%s' is not a folder", path);
		return false;
	}
	if (status.st_uid != geteuid() || (status.st_mode & 022) != 0) {
		slurm_error("rac: '%s' must belong to uid %u, and nobody else may write to it",
			path, (unsigned)geteuid());
		return false;
	}
	return true;
}

bool rac_spank_records_begin(const struct rac_spank_config *c, spank_t spank)
{
	uint32_t job = 0, step = 0, node = 0;
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	spank_get_item(spank, S_JOB_ID, &job);
	spank_get_item(spank, S_JOB_STEPID, &step);
	spank_get_item(spank, S_JOB_NODEID, &node);
	if (mkdir(c->records, 0755) != 0 && errno != EEXIST) {
		slurm_error("rac: cannot make '%s': %s; tasks that are killed will not be reported",
			c->records, strerror(errno));
		return false;
	}
	if (!is_ours_alone(c->records) ||
		spank_get_item(spank, S_JOB_UID, &uid) != ESPANK_SUCCESS ||
		spank_get_item(spank, S_JOB_GID, &gid) != ESPANK_SUCCESS ||
		snprintf(step_folder, sizeof(step_folder), "%s/%u.%u.%u", c->records, job, step,
			node) >= (int)sizeof(step_folder)) {
		step_folder[0] = '\0';
		return false;
	}
	/* One that is there is of this very step: a job that was requeued. */
	if ((mkdir(step_folder, 0700) != 0 && errno != EEXIST) ||
		(geteuid() == 0 && lchown(step_folder, uid, gid) != 0)) {
		slurm_error("rac: cannot make '%s': %s; tasks that are killed will not be reported",
			step_folder, strerror(errno));
		step_folder[0] = '\0';
		return false;
	}
	return true;
}

void rac_spank_records_here(void)
{
	if (getcwd(step_cwd, sizeof(step_cwd)) == NULL)
		strcpy(step_cwd, "/");
}

bool rac_spank_records_pattern(uint32_t rank, char out[PATH_MAX])
{
	char folder[PATH_MAX];
	size_t used = 0;

	if (step_folder[0] == '\0')
		return false;
	for (const char *at = step_folder; *at != '\0'; at++) {
		if (used + 32 > PATH_MAX)
			return false;
		/* It would begin a sequence of the pattern. */
		if (*at == '%')
			out[used++] = '%';
		out[used++] = *at;
	}
	snprintf(folder, sizeof(folder), "%s/%u", step_folder, rank);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		slurm_error("rac: cannot make '%s': %s", folder, strerror(errno));
		return false;
	}
	snprintf(out + used, PATH_MAX - used, "/%u/%%p", rank);
	return true;
}

/* What the child needs, made before it: between fork and exec it may do little. */
struct errand {
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	int group_count;
	const char *folder, *cwd;
	char **argv, **env;
	int out;
};

static bool become(const struct errand *e)
{
	if (geteuid() != 0)
		return geteuid() == e->uid;
	return setgroups((size_t)e->group_count, e->groups) == 0 &&
		setresgid(e->gid, e->gid, e->gid) == 0 && setresuid(e->uid, e->uid, e->uid) == 0;
}

static void run_errand(const struct errand *e)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Not to be killed with the step that is being ended. */
	setsid();
	/* What the user owns is looked at by the user: root could be held up there. */
	if (!become(e) || access(e->folder, F_OK) != 0)
		_exit(0);
	if (dup2(e->out, STDOUT_FILENO) < 0 || dup2(e->out, STDERR_FILENO) < 0 ||
		(chdir(e->cwd) != 0 && chdir("/") != 0))
		_exit(125);
	execve(e->argv[0], e->argv, e->env);
	_exit(125);
}

static int left_of(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)((end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000);
}

/* All that comes until everybody has closed the other end. False: it took too long. */
static bool listen_to(int fd, char said[SAID_MAX])
{
	size_t used = 0;
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += PATIENCE_MS / 1000;
	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		char rest[4096];
		int left = left_of(&end);
		bool fits = used < SAID_MAX - 1;
		ssize_t n;

		said[used] = '\0';
		if (left <= 0 || poll(&wait, 1, left) == 0)
			return false;
		n = fits ? read(fd, said + used, SAID_MAX - 1 - used)
			 : read(fd, rest, sizeof(rest));
		if (n == 0)
			return true;
		if (n > 0 && fits)
			used += (size_t)n;
		if (n < 0 && errno != EINTR)
			return true;
	}
}

/* To the user's terminal or output file, as slurmstepd's own messages. */
static void say(char *said)
{
	char *rest = said;

	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (line[0] != '\0')
			slurm_spank_log("%s", line);
}

/* The job's environment; the library has no business in rac. */
static char **environment_of(spank_t spank)
{
	static char *empty[] = {NULL};
	char **job = NULL, **env;
	size_t n = 0, kept = 0;

	if (spank_get_item(spank, S_JOB_ENV, &job) != ESPANK_SUCCESS || job == NULL)
		return empty;
	while (job[n] != NULL)
		n++;
	env = calloc(n + 1, sizeof(*env));
	if (env == NULL)
		return empty;
	for (size_t i = 0; i < n; i++)
		if (strncmp(job[i], "LD_PRELOAD=", 11) != 0)
			env[kept++] = job[i];
	return env;
}

static void run_as_user(spank_t spank, const char *folder, char **argv, char said[SAID_MAX])
{
	struct errand e = {.argv = argv, .folder = folder, .cwd = step_cwd};
	int ends[2], status;
	pid_t child;

	said[0] = '\0';
	if (spank_get_item(spank, S_JOB_UID, &e.uid) != ESPANK_SUCCESS ||
		spank_get_item(spank, S_JOB_GID, &e.gid) != ESPANK_SUCCESS ||
		spank_get_item(spank, S_JOB_SUPPLEMENTARY_GIDS, &e.groups, &e.group_count) !=
			ESPANK_SUCCESS ||
		pipe2(ends, O_CLOEXEC) != 0)
		return;
	e.env = environment_of(spank);
	e.out = ends[1];
	child = fork();
	if (child == 0)
		run_errand(&e);
	close(ends[1]);
	if (child > 0) {
		if (!listen_to(ends[0], said)) {
			kill(child, SIGKILL);
			slurm_error("rac: %s did not end within %d s", argv[0], PATIENCE_MS / 1000);
		}
		/* slurmstepd may have seen it end first. */
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
}

void rac_spank_records_collect(
	struct rac_spank_config *c, spank_t spank, uint32_t rank, pid_t pid, int status)
{
	static char said[SAID_MAX], verb[] = "collect";
	char folder[PATH_MAX], pid_flag[48], status_flag[48];
	char *argv[] = {c->command, verb, folder, pid_flag, status_flag, NULL};

	if (step_folder[0] == '\0')
		return;
	snprintf(folder, sizeof(folder), "%s/%u", step_folder, rank);
	snprintf(pid_flag, sizeof(pid_flag), "--pid=%lld", (long long)pid);
	snprintf(status_flag, sizeof(status_flag), "--wait-status=%d", status);
	if (pid == 0)
		argv[3] = NULL;
	run_as_user(spank, folder, argv, said);
	say(said);
}

void rac_spank_records_end(struct rac_spank_config *c, spank_t spank)
{
	uint32_t count = 0, rank;

	if (step_folder[0] == '\0' || rmdir(step_folder) == 0)
		return;
	/* Some process outlived the first one of its task. */
	spank_get_item(spank, S_JOB_LOCAL_TASK_COUNT, &count);
	for (uint32_t i = 0; i < count; i++)
		if (spank_get_item(spank, S_JOB_LOCAL_TO_GLOBAL_ID, i, &rank) == ESPANK_SUCCESS)
			rac_spank_records_collect(c, spank, rank, 0, 0);
	/* What goes on now is beyond Slurm, and keeps its record, as was said. */
	if (rmdir(step_folder) != 0 && errno != ENOTEMPTY)
		slurm_error("rac: cannot remove '%s': %s", step_folder, strerror(errno));
	step_folder[0] = '\0';
}

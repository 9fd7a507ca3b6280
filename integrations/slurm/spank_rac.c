/*
 * spank_rac.c - gives srun, sbatch and salloc --vram, and puts the library and its cap into the
 * environment of a step's tasks; caps and counts are the library's, records are records.c's.
 *
 * A cap comes from the shards that the step has, where the site says what they are worth, else from --vram. It is
 * set last of all, so that neither --export=NONE nor what the user's environment holds changes it.
 */
#include "spank_rac.h"

#include "limit_spec.h"
#include "preload_text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

SPANK_PLUGIN(rac, 1)

#define CAP_MAX   1024
#define STEPS_MAX 0xfffffff0u /* above are steps with names: the batch script, a shell */
#define GROUP     "slurm-"
#define EXTERN    0xfffffffcu /* runs nothing of the user's */

static struct rac_spank_config config;
/* What --vram said; "" where it was not given. */
static char asked[CAP_MAX];
static bool is_asked_by_gpu;

static int take_option(int val, const char *optarg, int remote);

static char
	option_name[] = "vram",
	option_value[] = "SIZE[/gpu]",
	option_help[] =
		"cap on the GPU memory of each process: 8G, 50%, 0=8G,1=4G, or none to count only; "
		"with /gpu, of all processes of a step together, on each GPU";
static struct spank_option option = {option_name, option_value, option_help, 1, 0, take_option};

/* Whether the library will understand it. */
static bool check_cap(const char *cap, const char *value)
{
	static struct rac_limit_spec spec;
	static const char prefix[] = "RAC_LIMIT=";
	char message[512];
	struct rac_text why;
	size_t skipped = sizeof(prefix) - 1;

	rac_limit_init(&spec);
	rac_text_init(&why, message, sizeof(message));
	if (rac_limit_add(&spec, RAC_LIMIT_FROM_RAC, 0, cap, strlen(cap), &why) == RAC_OK)
		return true;
	/* That is its name behind the scenes. */
	if (strncmp(message, prefix, skipped) != 0)
		slurm_error("rac: --vram=%s: %s", value, message);
	else
		slurm_error("rac: --vram=%s", message + skipped);
	return false;
}

static int take_option(int val, const char *optarg, int remote)
{
	const char *value = optarg != NULL ? optarg : "";
	size_t length = strcspn(value, "/");
	const char *form = value + length;
	char cap[CAP_MAX];

	(void)val;
	(void)remote;
	if (length >= sizeof(cap)) {
		slurm_error("rac: --vram has more than %zu characters", sizeof(cap) - 1);
		return -1;
	}
	memcpy(cap, value, length);
	cap[length] = '\0';
	if (form[0] != '\0' && strcmp(form, "/gpu") != 0 && strcmp(form, "/process") != 0) {
		slurm_error(
			"rac: --vram=%s: '%s' is no form; write /gpu for what the processes of a "
			"step share, /process or nothing for what each may take",
			value, form);
		return -1;
	}
	if (!check_cap(cap, value))
		return -1;
	strcpy(asked, cap);
	is_asked_by_gpu = strcmp(form, "/gpu") == 0;
	return 0;
}

/* slurmd itself has no steps. */
static bool is_of_a_step(void)
{
	spank_context_t context = spank_context();

	return context == S_CTX_LOCAL || context == S_CTX_ALLOCATOR || context == S_CTX_REMOTE;
}

int slurm_spank_init(spank_t spank, int ac, char **av)
{
	if (!is_of_a_step())
		return 0;
	if (!rac_spank_config_read(&config, ac, av))
		return -1;
	if (spank_option_register(spank, &option) != ESPANK_SUCCESS) {
		slurm_error("rac: cannot register --vram");
		return -1;
	}
	return 0;
}

static uint32_t step_of(spank_t spank)
{
	uint32_t step = EXTERN;

	spank_get_item(spank, S_JOB_STEPID, &step);
	return step;
}

static bool concerns_us(spank_t spank)
{
	return spank_context() == S_CTX_REMOTE && step_of(spank) != EXTERN &&
		(asked[0] != '\0' || config.shard.unit != RAC_AMOUNT_NONE);
}

/* As root, where slurmd is. */
int slurm_spank_init_post_opt(spank_t spank, int ac, char **av)
{
	(void)ac;
	(void)av;
	/* Without records there are caps, and no report of who is killed. */
	if (concerns_us(spank) && config.command[0] != '\0')
		rac_spank_records_begin(&config, spank);
	return 0;
}

/* What so many shards are worth, as RAC_LIMIT takes it and for people: 16 GiB for 2 of 8G, 12.5 % for 2 of 6.25%. */
static void shards_cap(unsigned long shards, char cap[CAP_MAX], char shown[CAP_MAX])
{
	const uint64_t whole = 100 * RAC_AMOUNT_PERCENT_ONE;
	char size[RAC_SIZE_TEXT_MAX];
	uint64_t all;

	if (__builtin_mul_overflow((uint64_t)shards, config.shard.value, &all))
		all = UINT64_MAX;
	if (config.shard.unit == RAC_AMOUNT_BYTES) {
		snprintf(cap, CAP_MAX, "%lluB", (unsigned long long)all);
		rac_size_text(size, all);
		strcpy(shown, size);
		return;
	}
	all = all < whole ? all : whole;
	snprintf(cap, CAP_MAX, "%llu.%06llu%%", (unsigned long long)(all / RAC_AMOUNT_PERCENT_ONE),
		(unsigned long long)(all % RAC_AMOUNT_PERCENT_ONE));
	strcpy(shown, cap);
}

/* How many shards this step has here; 0: none. */
static unsigned long shards_of(spank_t spank)
{
	char text[32], *end;
	unsigned long shards;

	if (config.shard.unit == RAC_AMOUNT_NONE ||
		spank_getenv(spank, "SLURM_SHARDS_ON_NODE", text, sizeof(text)) != ESPANK_SUCCESS)
		return 0;
	shards = strtoul(text, &end, 10);
	return *end == '\0' ? shards : 0;
}

/* What the task may take, and whether it shares that with the others of the step. False: no cap was asked for. */
static bool decide(spank_t spank, char cap[CAP_MAX], bool *is_shared)
{
	unsigned long shards = shards_of(spank);
	char shown[CAP_MAX];

	if (shards > 0) {
		*is_shared = true;
		shards_cap(shards, cap, shown);
		/* The site's word on what a shard is stands above the user's. */
		if (asked[0] != '\0')
			slurm_spank_log("rac: --vram=%s does not count: this step has %lu shard%s, "
					"its processes share %s",
				asked, shards, shards == 1 ? "" : "s", shown);
		return true;
	}
	strcpy(cap, asked);
	*is_shared = is_asked_by_gpu;
	return asked[0] != '\0';
}

static bool set(spank_t spank, const char *name, const char *value, int overwrite)
{
	spank_err_t error = spank_setenv(spank, name, value, overwrite);

	if (error == ESPANK_SUCCESS || error == ESPANK_ENV_EXISTS)
		return true;
	slurm_error("rac: cannot set %s: %s", name, spank_strerror(error));
	return false;
}

/* Whether the variable holds what this plugin gave the batch script, from which the step has its environment. */
static bool is_ours(spank_t spank, const char *name, const char *beginning)
{
	char value[PATH_MAX];
	spank_err_t error = spank_getenv(spank, name, value, sizeof(value));

	return (error == ESPANK_SUCCESS || error == ESPANK_NOSPACE) &&
		strncmp(value, beginning, strlen(beginning)) == 0;
}

/* A group for each step: members must agree on the cap, and steps of a job may have different ones. */
static bool set_group(spank_t spank, bool is_shared)
{
	char group[64];
	uint32_t job = 0, step = step_of(spank);

	if (!is_shared) {
		if (is_ours(spank, "RAC_GROUP", GROUP))
			spank_unsetenv(spank, "RAC_GROUP");
		return true;
	}
	spank_get_item(spank, S_JOB_ID, &job);
	if (step < STEPS_MAX)
		snprintf(group, sizeof(group), GROUP "%u.%u", job, step);
	else
		snprintf(group, sizeof(group), GROUP "%u", job);
	return set(spank, "RAC_GROUP", group, 1);
}

/* A record that the user asked for stays where it was asked to be. */
static bool set_record(spank_t spank)
{
	char record[PATH_MAX];
	uint32_t rank = 0;

	spank_get_item(spank, S_TASK_GLOBAL_ID, &rank);
	return !rac_spank_records_pattern(rank, record) ||
		set(spank, "RAC_RECORD", record, is_ours(spank, "RAC_RECORD", config.records));
}

static bool set_preload(spank_t spank)
{
	static char before[65536], joined[sizeof(before) + PATH_MAX + 2];
	char bad = rac_preload_refuses(config.library);
	spank_err_t error;

	if (config.library[0] == '\0' || access(config.library, R_OK) != 0) {
		slurm_error("rac: %s is not there, so no cap would hold; see library= in "
			    "plugstack.conf",
			config.library[0] != '\0' ? config.library : RAC_LIBRARY);
		return false;
	}
	if (bad != '\0') {
		slurm_error(
			"rac: '%s' cannot be preloaded: the dynamic linker does not take a path "
			"with '%c' in it",
			config.library, bad);
		return false;
	}
	error = spank_getenv(spank, "LD_PRELOAD", before, sizeof(before));
	if (error == ESPANK_ENV_NOEXIST)
		before[0] = '\0';
	else if (error != ESPANK_SUCCESS) {
		slurm_error("rac: cannot read LD_PRELOAD: %s", spank_strerror(error));
		return false;
	}
	rac_preload_join(joined, config.library, before);
	return set(spank, "LD_PRELOAD", joined, 1);
}

/* In the child that becomes the task, as the user. */
int slurm_spank_task_init(spank_t spank, int ac, char **av)
{
	char cap[CAP_MAX];
	bool is_shared;

	(void)ac;
	(void)av;
	if (!concerns_us(spank) || !decide(spank, cap, &is_shared))
		return 0;
	if (!set_preload(spank) || !set(spank, "RAC_LIMIT", cap, 1) ||
		!set_group(spank, is_shared) || !set_record(spank))
		return -1;
	if (config.report != NULL && !set(spank, "RAC_REPORT", config.report, 0))
		return -1;
	return 0;
}

int slurm_spank_task_exit(spank_t spank, int ac, char **av)
{
	uint32_t rank;
	int status;
	pid_t pid;

	(void)ac;
	(void)av;
	if (concerns_us(spank) &&
		spank_get_item(spank, S_TASK_GLOBAL_ID, &rank) == ESPANK_SUCCESS &&
		spank_get_item(spank, S_TASK_EXIT_STATUS, &status) == ESPANK_SUCCESS &&
		spank_get_item(spank, S_TASK_PID, &pid) == ESPANK_SUCCESS)
		rac_spank_records_collect(&config, spank, rank, pid, status);
	return 0;
}

/* As the user, where the tasks will begin. */
int slurm_spank_user_init(spank_t spank, int ac, char **av)
{
	(void)ac;
	(void)av;
	if (concerns_us(spank))
		rac_spank_records_here();
	return 0;
}

int slurm_spank_exit(spank_t spank, int ac, char **av)
{
	(void)ac;
	(void)av;
	if (concerns_us(spank))
		rac_spank_records_end(&config, spank);
	return 0;
}

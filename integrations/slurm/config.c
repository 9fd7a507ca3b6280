/*
 * config.c - reads the arguments of the plugin in plugstack.conf:
 *
 *	library=FILE	librac_track.so; default: where an installed plugin finds it, see `places`
 *	rac=FILE	the command; default: the one that was installed with the library
 *	records=DIR	where tasks keep records while they run; default /run/rac-slurm
 *	report=PATTERN	RAC_REPORT of tasks that have none of their own
 *	shard=AMOUNT	the device memory that one shard stands for: 8G, or 6.25%
 */
#include "spank_rac.h"

#include "preload_text.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDS "/run/rac-slurm"

/* `name` in one of the places, seen from the folder of a file. */
static bool find(char out[PATH_MAX], const char *file, const char *const places[], const char *name)
{
	char folder[PATH_MAX], path[2 * PATH_MAX];
	char *slash;

	if (realpath(file, folder) == NULL || (slash = strrchr(folder, '/')) == NULL)
		return false;
	slash[1] = '\0';
	for (; *places != NULL; places++) {
		snprintf(path, sizeof(path), "%s%s%s", folder, *places, name);
		if (access(path, R_OK) == 0 && realpath(path, out) != NULL)
			return true;
	}
	return false;
}

static bool find_library(char out[PATH_MAX])
{
	/* Beside the plugin, or the plugin in a folder of its own below: lib/slurm/. */
	static const char *const places[] = {"", "../", NULL};
	Dl_info self;

	return dladdr((void *)(uintptr_t)find_library, &self) != 0 &&
		find(out, self.dli_fname, places, RAC_LIBRARY);
}

static bool find_command(char out[PATH_MAX], const char *library)
{
	/* As rac finds the library, the other way round. */
	static const char *const places[] = {"", "../bin/", "../../bin/", NULL};

	return find(out, library, places, "rac") && access(out, X_OK) == 0;
}

/* The value of an argument of this name, or NULL. */
static const char *value_of(const char *argument, const char *name)
{
	size_t n = strlen(name);

	return strncmp(argument, name, n) == 0 && argument[n] == '=' ? argument + n + 1 : NULL;
}

static bool read_shard(struct rac_spank_config *c, const char *value)
{
	char message[512];
	struct rac_fault fault;
	struct rac_text why;

	if (rac_amount_parse(value, strlen(value), &c->shard, &fault) == RAC_OK)
		return true;
	rac_text_init(&why, message, sizeof(message));
	rac_fault_text(&why, "shard", value, strlen(value), &fault);
	slurm_error("rac: plugstack.conf: %s", message);
	return false;
}

static bool read_path(char out[PATH_MAX], const char *name, const char *value)
{
	if (value[0] != '/' || strlen(value) >= PATH_MAX) {
		slurm_error("rac: plugstack.conf: %s='%s' is not an absolute path", name, value);
		return false;
	}
	strcpy(out, value);
	return true;
}

static bool read_argument(struct rac_spank_config *c, const char *argument)
{
	const char *value;

	if ((value = value_of(argument, "library")) != NULL)
		return read_path(c->library, "library", value);
	if ((value = value_of(argument, "rac")) != NULL)
		return read_path(c->command, "rac", value);
	if ((value = value_of(argument, "records")) != NULL)
		return read_path(c->records, "records", value);
	if ((value = value_of(argument, "shard")) != NULL)
		return read_shard(c, value);
	if ((value = value_of(argument, "report")) != NULL) {
		c->report = value;
		return true;
	}
	slurm_error("rac: plugstack.conf: unknown argument '%s'; known are library=FILE, rac=FILE, "
		    "records=DIR, report=PATTERN and shard=AMOUNT",
		argument);
	return false;
}

bool rac_spank_config_read(struct rac_spank_config *c, int ac, char **av)
{
	*c = (struct rac_spank_config){.records = RECORDS};
	for (int i = 0; i < ac; i++)
		if (!read_argument(c, av[i]))
			return false;
	if (c->library[0] == '\0')
		find_library(c->library);
	if (c->command[0] == '\0' && c->library[0] != '\0')
		find_command(c->command, c->library);
	return true;
}

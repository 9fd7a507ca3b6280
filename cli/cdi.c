/*
 * cdi.c - the verb `rac cdi`: a file by which container runtimes put the library and a cap into a container that asks
 * for it. What is in the file is cdi_print.c's.
 */
#include "cdi.h"

#include "cli.h"
#include "commands.h"
#include "output.h"
#include "run.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Choices of --preload, in order. */
enum { PRELOAD_ENV, PRELOAD_FILE };

#define DEVICES_MAX 256

struct options {
	unsigned preload;
	const char *library, *status_folder, *reports, *output;
};

#define FLAG(name, value, type, field, choices, help)                                         \
	{                                                                                     \
		(name), (value), RAC_FLAG_##type, offsetof(struct options, field), (choices), \
			(help)                                                                \
	}

static const struct rac_flag flags[] = {
	FLAG("--preload", "env|file", CHOICE, preload, "env|file",
		"how the library gets in: by LD_PRELOAD (default), which takes the place of the"
		" image's own, or by " RAC_CDI_PRELOAD ", which goes along with it"),
	FLAG("--status-dir", "DIR", TEXT, status_folder, NULL,
		"have containers publish themselves in DIR, for rac top on the host"),
	FLAG("--reports", "DIR", TEXT, reports, NULL,
		"have containers write their reports to DIR, as HOST-PID.json"),
	FLAG("--library", "FILE", TEXT, library, NULL,
		"the library on the host; default: the one that belongs to this command"),
	FLAG("--output", "FILE", TEXT, output, NULL,
		"write to FILE, which appears when it is complete; runtimes look in /etc/cdi and"
		" /var/run/cdi; default: stdout"),
};
static const struct rac_flag_group group = {"flags", flags, sizeof(flags) / sizeof(flags[0])};
static const struct rac_flag_group *const groups[] = {&group, NULL};
static const struct rac_example examples[] = {
	{"rac cdi --output /etc/cdi/rac.json 4G 8G quarter:25%", "as root, on the host"},
	{"podman run --device nvidia.com/gpu=all --device rac.dev/vram=8G IMAGE",
		"a container with that cap"},
};
static const struct rac_usage usage = {
	.verb = "rac cdi",
	.operands = "[[NAME:]LIMIT...]",
	.operand_most = DEVICES_MAX - 1,
	.operand_kind = RAC_OPERAND_WORD,
	.summary =
		"Writes a file for the Container Device Interface, by which podman, Docker, containerd\n"
		"and CRI-O put the library into containers that ask for a device rac.dev/vram=NAME,\n"
		"with LIMIT as the cap (as RAC_LIMIT takes it). A device is named by its cap where no\n"
		"name is given. Without any there are 1G, 2G, 4G, ... 64G. There is always \"env\", with\n"
		"the cap that the container's own environment says: RAC_LIMIT, or what HAMi, MPS and\n"
		"NVIDIA's toolkit set; and none where it says nothing.",
	.groups = groups,
	.examples = examples,
	.example_count = sizeof(examples) / sizeof(examples[0]),
	.statuses = "0 done, 2 wrong usage, 125 the library is not there or FILE cannot be written",
};

const struct rac_usage *const *rac_usages_cdi(void)
{
	static const struct rac_usage *const usages[] = {&usage, NULL};

	return usages;
}

/* The device whose cap the container's own environment says: RAC_LIMIT, or what others set. */
static const struct rac_cdi_device by_environment = {.name = "env"};

/* NULL: that one. */
static bool add_device(
	const char *word, struct rac_cdi_device *devices, size_t *count, struct rac_complaint *c)
{
	struct rac_cdi_device *device = &devices[*count];

	*device = by_environment;
	if (word != NULL && !rac_cdi_device(word, device, c))
		return false;
	for (size_t i = 0; i < *count; i++)
		if (strcmp(devices[i].name, device->name) == 0)
			return rac_complain(
				c, "there are two devices with the name '%s'", device->name);
	++*count;
	return true;
}

static bool read_devices(const struct rac_args *args, struct rac_cdi_device *devices, size_t *count,
	struct rac_complaint *c)
{
	static const char *const usual[] = {"1G", "2G", "4G", "8G", "16G", "32G", "64G"};

	for (size_t i = 0; i < args->operand_count; i++)
		if (!add_device(args->operands[i], devices, count, c))
			return false;
	for (size_t i = 0; args->operand_count == 0 && i < sizeof(usual) / sizeof(*usual); i++)
		if (!add_device(usual[i], devices, count, c))
			return false;
	return add_device(NULL, devices, count, c);
}

/* A path of the host as mounts want it; it must be there. NULL stays NULL. */
static bool find_path(const char **path, bool folder, char room[PATH_MAX], struct rac_complaint *c)
{
	struct rac_quote quote;
	struct stat status;

	if (*path == NULL)
		return true;
	if (realpath(*path, room) == NULL || stat(room, &status) != 0)
		return rac_complain(
			c, "cannot find %s: %s", rac_quote(&quote, *path), strerror(errno));
	if (S_ISDIR(status.st_mode) != folder)
		return rac_complain(
			c, "%s is %s folder", rac_quote(&quote, *path), folder ? "no" : "a");
	*path = room;
	return true;
}

/* The file that names the library lies beside the specification, and is there before it. */
static bool write_preload(const char *output, char out[PATH_MAX], struct rac_complaint *c)
{
	char path[PATH_MAX];
	const char *name = path;
	struct rac_output file;

	if (snprintf(path, sizeof(path), "%s.ld.so.preload", output) >= (int)sizeof(path))
		return rac_complain(c, "the path of --output is too long");
	if (!rac_output_open(&file, path, false, c))
		return false;
	bool written = fputs(RAC_CDI_LIBRARY "\n", file.stream) >= 0;

	return rac_output_close(&file, written, c) && find_path(&name, false, out, c);
}

static bool write_spec(struct rac_cdi *cdi, const struct options *options, struct rac_complaint *c)
{
	static char library[PATH_MAX], status_folder[PATH_MAX], reports[PATH_MAX],
		preload[PATH_MAX];
	struct rac_output output;

	cdi->library = options->library;
	cdi->status_folder = options->status_folder;
	cdi->reports = options->reports;
	if (!find_path(&cdi->library, false, library, c) ||
		!find_path(&cdi->status_folder, true, status_folder, c) ||
		!find_path(&cdi->reports, true, reports, c))
		return false;
	if (cdi->library == NULL && !rac_run_library(library, c))
		return false;
	cdi->library = library;
	if (options->preload == PRELOAD_FILE) {
		if (!write_preload(options->output, preload, c))
			return false;
		cdi->preload = preload;
	}
	if (!rac_output_open(&output, options->output, false, c))
		return false;
	bool made = rac_cdi_print(cdi, &output.sink);

	return rac_output_close(&output, made, c) && made;
}

int rac_cmd_cdi(int argc, char **argv)
{
	static struct rac_cdi_device devices[DEVICES_MAX];
	struct rac_cdi cdi = {.devices = devices};
	struct options options = {.preload = PRELOAD_ENV};
	struct rac_complaint c = {""};
	struct rac_args args;
	int status;

	if (!rac_verb_begin(&usage, argc, argv, &options, &args, &status))
		return status;
	if (!read_devices(&args, devices, &cdi.count, &c))
		return rac_usage_error(usage.verb, "%s", c.text);
	if (options.preload == PRELOAD_FILE &&
		(options.output == NULL || strcmp(options.output, "-") == 0))
		return rac_usage_error(usage.verb,
			"--preload file needs --output FILE, beside which that file is put");
	return write_spec(&cdi, &options, &c) ? RAC_EXIT_DONE
					      : rac_fail(usage.verb, RAC_EXIT_FAILED, "%s", c.text);
}

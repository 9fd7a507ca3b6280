/*
 * run_preload.c - finds librac_track.so from where rac itself lies, so that a tree that was moved
 * goes on working, and puts it into LD_PRELOAD.
 */
#include "cli.h"
#include "preload_text.h"
#include "run.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "LD_PRELOAD"

#if defined(__x86_64__)
#define TRIPLET "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define TRIPLET "aarch64-linux-gnu"
#else
#error "name the folder of this machine's libraries here"
#endif

/* Where the library may lie, seen from the folder of the command. */
static const char *const places[] = {"", "../lib/", "../lib/" TRIPLET "/"};

#define PLACES (sizeof(places) / sizeof(places[0]))

/* The folder of this command, with a slash at the end. */
static bool find_own_folder(char folder[PATH_MAX], struct rac_complaint *c)
{
	ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX);
	char *slash;

	if (length < 0)
		return rac_complain(
			c, "cannot tell where rac lies: /proc/self/exe: %s", strerror(errno));
	if (length == PATH_MAX)
		return rac_complain(c, "the path of rac is too long");
	folder[length] = '\0';
	slash = strrchr(folder, '/');
	if (slash == NULL)
		return rac_complain(c, "cannot tell where rac lies: '%s'", folder);
	slash[1] = '\0';
	return true;
}

bool rac_run_library(char library[PATH_MAX], struct rac_complaint *c)
{
	char folder[PATH_MAX], place[2 * PATH_MAX];

	if (!find_own_folder(folder, c))
		return false;
	for (size_t i = 0; i < PLACES; i++) {
		snprintf(place, sizeof(place), "%s%s" RAC_LIBRARY, folder, places[i]);
		if (access(place, R_OK) == 0 && realpath(place, library) != NULL)
			return true;
	}
	return rac_complain(c,
		RAC_LIBRARY " is neither in '%s' nor in ../lib or ../lib/" TRIPLET
			    " from there; put it "
			    "beside rac",
		folder);
}

static int check_library(const char *library)
{
	char bad = rac_preload_refuses(library);

	if (bad == '\0')
		return 0;
	return rac_fail(RAC_RUN, RAC_EXIT_FAILED,
		"'%s' cannot be preloaded: the dynamic linker does not take a path with '%c' in "
		"it; move rac and " RAC_LIBRARY
		" to a folder without spaces, colons and dollar signs",
		library, bad);
}

int rac_run_preload(void)
{
	char library[PATH_MAX], *joined;
	const char *entries = getenv(VARIABLE);
	struct rac_complaint c = {""};
	int status;

	if (!rac_run_library(library, &c))
		return rac_fail(RAC_RUN, RAC_EXIT_FAILED, "%s", c.text);
	status = check_library(library);
	if (status != 0)
		return status;
	if (entries == NULL)
		entries = "";
	joined = malloc(strlen(library) + strlen(entries) + 2);
	if (joined == NULL)
		return rac_fail(RAC_RUN, RAC_EXIT_FAILED, "no memory for " VARIABLE);
	rac_preload_join(joined, library, entries);
	status = setenv(VARIABLE, joined, 1);
	free(joined);
	if (status != 0)
		return rac_fail(RAC_RUN, RAC_EXIT_FAILED, "no memory for " VARIABLE);
	return 0;
}

/*
 * source_root.c - see source_root.h. Names come from debug information, made on whatever machine: they are
 * compared as text, and only those inside the root are looked at.
 */
#include "source_root.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_git(const char *folder)
{
	char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/.git", folder);
	return access(path, F_OK) == 0;
}

/* From a folder up to the first that is a git repository; false: there is none. */
static bool climb(char path[PATH_MAX])
{
	char at[PATH_MAX];

	snprintf(at, sizeof(at), "%s", path);
	while (!has_git(at)) {
		char *slash = strrchr(at, '/');

		if (slash == NULL || at[1] == '\0')
			return false;
		slash[slash == at] = '\0';
	}
	snprintf(path, PATH_MAX, "%s", at);
	return true;
}

bool rac_source_root_open(struct rac_source_root *root, const char *folder, struct rac_complaint *c)
{
	struct rac_quote quote;

	if (realpath(folder != NULL ? folder : ".", root->path) == NULL)
		return rac_complain(c, "cannot use %s as the root of the sources: %s",
			rac_quote(&quote, folder != NULL ? folder : "."), strerror(errno));
	if (folder == NULL)
		climb(root->path);
	return true;
}

/* Without "//", "." and ".."; false: it leads out of the root, or is too long. */
static bool tidy(const char *path, char out[PATH_MAX])
{
	size_t used = 0;

	while (*path != '\0') {
		size_t length = strcspn(path, "/");

		if (length == 2 && memcmp(path, "..", 2) == 0) {
			if (used == 0)
				return false;
			while (used > 0 && out[--used] != '/')
				;
		} else if (length > 0 && !(length == 1 && path[0] == '.')) {
			if (used + length + 2 > PATH_MAX)
				return false;
			if (used > 0)
				out[used++] = '/';
			memcpy(out + used, path, length);
			used += length;
		}
		path += length + (path[length] == '/');
	}
	out[used] = '\0';
	return used > 0;
}

/* What of an absolute path follows the root; NULL: it lies elsewhere. */
static const char *behind(const struct rac_source_root *root, const char *path)
{
	size_t length = root->path[1] == '\0' ? 0 : strlen(root->path);

	return strncmp(path, root->path, length) == 0 && path[length] == '/' ? path + length : NULL;
}

bool rac_source_root_find(const struct rac_source_root *root, const char *file, char out[PATH_MAX])
{
	char whole[PATH_MAX], path[2 * PATH_MAX];

	if (file[0] == '/') {
		/* Tidy first: "/repository/../etc" is not in it. */
		if (!tidy(file, whole))
			return false;
		snprintf(path, sizeof(path), "/%s", whole);
		const char *relative = behind(root, path);

		return relative != NULL && tidy(relative, out);
	}
	if (!tidy(file, out))
		return false;
	snprintf(path, sizeof(path), "%s/%s", root->path, out);
	return access(path, F_OK) == 0;
}

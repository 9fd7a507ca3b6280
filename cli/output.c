/*
 * output.c - see output.h.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_stream(void *context, const char *bytes, size_t n)
{
	struct rac_output *out = context;

	return fwrite(bytes, 1, n, out->stream) == n;
}

static bool complain_errno(struct rac_complaint *c, const char *path)
{
	struct rac_quote quote;
	int error = errno;

	return rac_complain(c, "cannot write %s: %s",
		path != NULL ? rac_quote(&quote, path) : "to stdout", strerror(error));
}

/* A device or a pipe is written where it is: renaming a file over it would put it away. */
static bool is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static bool open_temporary(struct rac_output *out)
{
	mode_t mask = umask(0);

	umask(mask);
	if (asprintf(&out->temporary, "%s.XXXXXX", out->path) < 0) {
		out->temporary = NULL;
		return false;
	}
	int fd = mkostemp(out->temporary, O_CLOEXEC);

	if (fd < 0) {
		free(out->temporary);
		out->temporary = NULL;
		return false;
	}
	/* mkostemp makes it for the owner alone. */
	if (fchmod(fd, 0666 & ~mask) == 0)
		out->stream = fdopen(fd, "wb");
	if (out->stream == NULL)
		close(fd);
	return out->stream != NULL;
}

bool rac_output_open(struct rac_output *out, const char *path, bool binary, struct rac_complaint *c)
{
	bool to_stdout = path == NULL || strcmp(path, "-") == 0;

	*out = (struct rac_output){
		.sink = {write_stream, out},
		.path = to_stdout ? NULL : path,
		.stream = to_stdout ? stdout : NULL,
	};
	if (to_stdout && binary && isatty(STDOUT_FILENO))
		return rac_complain(
			c, "this form is binary and not for a terminal; write --output FILE");
	if (to_stdout)
		return true;
	if (is_special(path))
		out->stream = fopen(path, "wb");
	else
		open_temporary(out);
	if (out->stream != NULL)
		return true;
	complain_errno(c, path);
	if (out->temporary != NULL)
		unlink(out->temporary);
	free(out->temporary);
	return false;
}

bool rac_output_close(struct rac_output *out, bool keep, struct rac_complaint *c)
{
	bool good = fflush(out->stream) == 0 && !ferror(out->stream);

	if (!good)
		complain_errno(c, out->path);
	if (out->path != NULL && fclose(out->stream) != 0 && good)
		good = complain_errno(c, out->path);
	if (out->temporary == NULL)
		return good;
	if (good && keep && rename(out->temporary, out->path) != 0)
		good = complain_errno(c, out->path);
	if (!good || !keep)
		unlink(out->temporary);
	free(out->temporary);
	return good;
}

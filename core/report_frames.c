/*
 * report_frames.c - see report_frames.h.
 */
#include "report_frames.h"

#include "report_modules.h"
#include "site_id.h"
#include <string.h>

/* Lists below hold their names in place: each program that loads the library pays for pointers. */
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const char *text(const char *string)
{
	return string != NULL ? string : "";
}

static bool begins(const char *string, const char *with)
{
	return strncmp(string, with, strlen(with)) == 0;
}

static bool is_native(const struct rac_report_frame *frame)
{
	return strcmp(text(frame->language), "python") != 0;
}

static const char *file_of(const struct rac_report_frame *frame)
{
	return rac_module_file(text(frame->module));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "python", "python3", "python3.11": nothing that merely begins so. */
static bool is_python_program(const char *file)
{
	if (!begins(file, "python"))
		return false;
	for (file += strlen("python"); *file != '\0'; file++)
		if (!is_digit(*file) && *file != '.')
			return false;
	return true;
}

bool rac_frame_is_interpreter(const struct rac_report_frame *frame)
{
	const char *file = file_of(frame);

	return is_native(frame) &&
		(is_python_program(file) || (begins(file, "libpython") && is_digit(file[9])) ||
			begins(file, "_ctypes.") || begins(file, "libffi.so"));
}

/* Under the names of glibc before 2.34, too ("libc-2.31.so"), and of musl, where the loader is the library. */
static bool is_c_library(const struct rac_report_frame *frame)
{
	static const char names[][16] = {"libc.so", "libc-2.", "libpthread", "libc.musl-",
		"ld-linux", "ld-2.", "ld-musl-", "libstdc++.so", "libc++.so"};
	const char *file = file_of(frame);

	for (size_t i = 0; i < COUNT(names); i++)
		if (begins(file, names[i]))
			return is_native(frame);
	return false;
}

/* What calls main, in the program itself or in the C library, and what calls the function of a thread. */
static bool is_start(const struct rac_report_frame *frame)
{
	static const char threads[][20] = {"start_thread", "thread_start", "start", "clone",
		"__clone", "clone3", "__clone3", "__clone_internal"};
	const char *function = text(frame->function);

	if (!is_native(frame))
		return false;
	if (strcmp(function, "_start") == 0 || begins(function, "__libc_start_"))
		return true;
	for (size_t i = 0; i < COUNT(threads); i++)
		if (strcmp(function, threads[i]) == 0)
			return is_c_library(frame);
	return false;
}

size_t rac_site_frames_told(const struct rac_report_site *site)
{
	const struct rac_report_frame *f = site->frames;
	size_t count = 0;

	for (; count < site->frame_count && !is_start(&f[count]); count++)
		if (is_native(&f[count]) && strcmp(text(f[count].function), "main") == 0)
			return count + 1;
	/* Some of the C library's own have no name. */
	while (count > 0 && is_c_library(&f[count - 1]))
		count--;
	return count;
}

const struct rac_report_frame *rac_site_place(const struct rac_report_site *site)
{
	size_t count = rac_site_frames_told(site);

	for (size_t i = 0; i < count; i++) {
		const struct rac_report_frame *f = &site->frames[i];

		if (text(f->function)[0] != '\0' && !rac_frame_is_cuda(f) && !is_c_library(f) &&
			!rac_frame_is_interpreter(f))
			return f;
	}
	return NULL;
}

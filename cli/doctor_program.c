/*
 * doctor_program.c - the check of `rac doctor` that tells whether the library would get into a program, and
 * which CUDA the program has. The program is not run: its dynamic linker is asked what it would load.
 */
#include "doctor.h"

#include "run.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIST_BYTES (64u << 10)

/* What the dynamic linker says that it would load, as ldd shows it. */
static void list_libraries(const char *linker, const char *path, const char *library, char *out)
{
	int ends[2];
	size_t used = 0;
	ssize_t n;

	out[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	pid_t child = fork();

	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		setenv("LD_PRELOAD", library, 1);
		execl(linker, linker, "--list", path, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while (child > 0 && used < LIST_BYTES - 1 &&
		(n = read(ends[0], out + used, LIST_BYTES - 1 - used)) > 0)
		used += (size_t)n;
	out[used] = '\0';
	close(ends[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
}

/* The name on a line of the list that begins with `name`, up to a space; "" where there is none. */
static const char *find_loaded(const char *list, const char *name, char out[256])
{
	const char *at = strstr(list, name);
	size_t n = at != NULL ? strcspn(at, " \n") : 0;

	snprintf(out, 256, "%.*s", (int)n, at != NULL ? at : "");
	return out;
}

/* Whether the file has these bytes in it anywhere. */
static bool contains(const char *path, const char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	bool found = false;

	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
		size_t size = (size_t)status.st_size;
		void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (bytes != MAP_FAILED) {
			found = memmem(bytes, size, text, strlen(text)) != NULL;
			munmap(bytes, size);
		}
	}
	if (fd >= 0)
		close(fd);
	return found;
}

static void check_cuda(struct rac_findings *f, const char *path, const char *list)
{
	char runtime[256], driver[256];

	find_loaded(list, "libcudart.so", runtime);
	find_loaded(list, "libcuda.so", driver);
	if (runtime[0] != '\0')
		rac_finding_add(
			f, "program", RAC_FINDING_OK, "uses the shared runtime %s", runtime);
	else if (driver[0] == '\0' && contains(path, "libcuda.so.1"))
		rac_finding_add(f, "program", RAC_FINDING_OK,
			"names libcuda.so.1 itself: it seems to have a runtime linked in, or to "
			"load the driver by hand; both are seen");
	if (driver[0] != '\0')
		rac_finding_add(
			f, "program", RAC_FINDING_OK, "is linked with the driver, %s", driver);
	else if (runtime[0] == '\0' && !contains(path, "libcuda.so.1"))
		rac_finding_add(f, "program", RAC_FINDING_NOTE,
			"names no CUDA library itself; what it loads later is seen all the same");
}

void rac_doctor_program(struct rac_findings *f, const char *command, const char *library)
{
	static char list[LIST_BYTES];
	struct rac_run_target target;
	struct rac_complaint c = {""};
	char linker[PATH_MAX], image[PATH_MAX];

	if (!rac_run_look(command, &target, &c)) {
		rac_finding_remedy(rac_finding_add(f, "program", RAC_FINDING_PROBLEM, "%s", c.text),
			"name a program as you would start it");
		return;
	}
	if (rac_run_obstacle(&target, &c)) {
		rac_finding_remedy(rac_finding_add(f, "program", RAC_FINDING_PROBLEM, "%s", c.text),
			"link it dynamically with glibc, and start it with your own rights");
		return;
	}
	if (library[0] == '\0' || !rac_run_linker(&target, image, linker)) {
		rac_finding_add(f, "program", RAC_FINDING_NOTE,
			"'%s': what it would load cannot be told", target.path);
		return;
	}
	list_libraries(linker, image, library, list);
	if (strstr(list, "librac_track.so") == NULL) {
		rac_finding_remedy(
			rac_finding_add(f, "program", RAC_FINDING_PROBLEM,
				"the dynamic linker of '%s' does not load the library", image),
			"try: LD_PRELOAD=%s %s --list %s", library, linker, image);
		return;
	}
	if (strcmp(image, target.path) == 0)
		rac_finding_add(f, "program", RAC_FINDING_OK, "the library gets into '%s'", image);
	else
		rac_finding_add(f, "program", RAC_FINDING_OK,
			"the library gets into '%s', which runs the script '%s'", image,
			target.path);
	check_cuda(f, image, list);
}

/*
 * kernel_cap.c - see kernel_cap.h.
 *
 * The C library's open, read and close are cancellation points, at which a thread that is to be
 * cancelled would end in the middle of a CUDA function; the system calls themselves are none.
 */
#include "kernel_cap.h"

#include "cgroup_text.h"
#include "nvml.h"
#include "rac_track.h"
#include "text.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"

/* Mapped for the moment, since our caller's stack may be small. */
struct room {
	char path[4096];
	char text[8192];
};

/* False: there is no such file, or it does not fit. */
static bool read_file(const char *path, char *text, size_t capacity, size_t *length)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	long n = 1;

	*length = 0;
	if (fd < 0)
		return false;
	while (n > 0 && *length < capacity) {
		n = syscall(SYS_read, fd, text + *length, capacity - *length);
		if (n > 0)
			*length += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	syscall(SYS_close, fd);
	return n == 0;
}

static void lower(struct rac_kernel_cap *cap, enum rac_kernel_cap_source source, uint64_t bytes)
{
	if (cap->source == RAC_KERNEL_CAP_NONE || bytes < cap->bytes)
		*cap = (struct rac_kernel_cap){source, bytes};
}

/* `group` is the folder of a group, with room behind it. */
static void look_at_dmem(
	struct rac_kernel_cap *cap, struct room *room, size_t group_length, const char *pci)
{
	static const char name[] = "/dmem.max";
	uint64_t bytes;
	size_t length;

	memcpy(room->path + group_length, name, sizeof(name));
	if (read_file(room->path, room->text, sizeof(room->text), &length) &&
		rac_dmem_limit(room->text, length, pci, &bytes))
		lower(cap, RAC_KERNEL_CAP_DMEM, bytes);
	room->path[group_length] = '\0';
}

/* What is not below the device's size, and that is also how "no limit" is written, limits nothing. */
static void look_at_driver(
	struct rac_kernel_cap *cap, const char *group, nvmlDevice_t device, uint64_t total_bytes)
{
	nvmlGetMemoryLimits_v1_t limits = {.nameSpace = group};

	if (device != NULL &&
		rac_nvml()->nvmlDeviceGetMemoryLimits_v1(device, &limits) == NVML_SUCCESS &&
		limits.hardLimit < total_bytes)
		lower(cap, RAC_KERNEL_CAP_NVML, limits.hardLimit);
}

/* The folder of the own group. False: there is none of version 2. */
static bool find_group(struct room *room, size_t *root_length, size_t *length)
{
	const char *path;
	size_t n;
	struct rac_text folder;

	/* Beside the older version, the newer one lies below it. */
	rac_text_init(&folder, room->path, sizeof(room->path) - 32);
	rac_text_string(&folder, ROOT);
	if (access(ROOT "/cgroup.controllers", F_OK) != 0)
		rac_text_string(&folder, "/unified");
	*root_length = folder.used;
	if (!read_file("/proc/self/cgroup", room->text, sizeof(room->text), &n) ||
		!rac_cgroup_path(room->text, n, &path, &n))
		return false;
	if (n > 1)
		rac_text_bytes(&folder, path, n);
	*length = folder.used;
	return !folder.cut;
}

struct rac_kernel_cap rac_kernel_cap_find(const char *pci, const char *uuid, uint64_t total_bytes)
{
	struct rac_kernel_cap cap = {RAC_KERNEL_CAP_NONE, 0};
	nvmlDevice_t device = NULL;
	size_t root, length;
	int saved = errno;
	struct room *room = mmap(
		NULL, sizeof(*room), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED) {
		errno = saved;
		return cap;
	}
	if (find_group(room, &root, &length)) {
		if (rac_nvml()->nvmlDeviceGetHandleByUUID(uuid, &device) != NVML_SUCCESS)
			device = NULL;
		/* Each group is held to the limits of those around it too. */
		for (;;) {
			look_at_dmem(&cap, room, length, pci);
			look_at_driver(&cap, room->path, device, total_bytes);
			if (length <= root)
				break;
			do
				length--;
			while (length > root && room->path[length] != '/');
			room->path[length] = '\0';
		}
	}
	munmap(room, sizeof(*room));
	errno = saved;
	return cap;
}

const char *rac_kernel_cap_name(enum rac_kernel_cap_source source)
{
	return source == RAC_KERNEL_CAP_DMEM ? "dmem.max of its cgroup"
					     : "the driver's limit of its cgroup";
}

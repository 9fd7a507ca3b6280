/*
 * group_file.h - the file in which a group lies: its name, whether it is ours, its size, and locks on
 * places in it; what its bytes mean is core's (group.h), who joins is group_share.c's.
 *
 * The file is /dev/shm/rac-group-UID-NAME-UUID, of one user, group and device. It is made at first need
 * and never removed: left behind it takes a hundred KiB, and holds nothing that counts without members.
 *
 * Locks are those of open file descriptions. They belong to what open made, not to the process: closing the
 * descriptor does not end them while a mapping made of it is there, and such a mapping goes with the
 * process's memory, at its death or its exec. Nobody waits for a lock for long, and none is held over
 * a call of the driver.
 *
 * All keep errno for the host and take no part in thread cancellation.
 */
#ifndef RAC_GROUP_FILE_H
#define RAC_GROUP_FILE_H

#include "text.h"
#include <stdbool.h>
#include <stdint.h>

#define RAC_GROUP_PATH_MAX 192

/* What can stand between a process and its group; see group_trouble.c. */
enum rac_group_trouble {
	RAC_GROUP_FINE,
	RAC_GROUP_NO_UUID,
	RAC_GROUP_NOT_OPENED,
	RAC_GROUP_NOT_OURS,
	RAC_GROUP_NO_ROOM,
	RAC_GROUP_NOT_MAPPED,
	RAC_GROUP_NOT_LOCKED,
	RAC_GROUP_BUSY,
	RAC_GROUP_REMOVED,
	RAC_GROUP_OTHER_VERSION,
	RAC_GROUP_DAMAGED,
	RAC_GROUP_OTHER_CAP,
	RAC_GROUP_NO_SEAT,
};

/* An open file; which one it is, is known also after it is closed. */
struct rac_group_file {
	int fd;
	int error; /* errno of what went wrong last */
	uint64_t inode;
	uint32_t device_major, device_minor;
};

void rac_group_file_path(
	char path[RAC_GROUP_PATH_MAX], uint32_t uid, const char *group, const char *uuid);

/*
 * Opens the file, makes it if `makes`, and checks that it is a plain file of this user's alone, of full
 * size and, if `makes`, with all its memory: then a mapping of it cannot fail under us.
 * Where something is wrong nothing stays open.
 */
enum rac_group_trouble rac_group_file_open(struct rac_group_file *f, const char *path, bool makes);
void rac_group_file_close(struct rac_group_file *f);

static inline bool rac_group_file_is_same(
	const struct rac_group_file *a, const struct rac_group_file *b)
{
	return a->inode == b->inode && a->device_major == b->device_major &&
		a->device_minor == b->device_minor;
}

/* NULL with f->error. A token is mapped only to keep the locks of the file; children do not get it. */
void *rac_group_file_map(struct rac_group_file *f);
void *rac_group_file_map_token(struct rac_group_file *f);
void rac_group_unmap(void *group);
void rac_group_unmap_token(void *token);

/* Places that can be locked. */
#define RAC_GROUP_DOOR       0 /* who changes who sits where */
#define RAC_GROUP_SEAT(seat) (1 + (uint64_t)(seat))

/* RAC_GROUP_BUSY: somebody else has it. */
enum rac_group_trouble rac_group_file_lock(struct rac_group_file *f, uint64_t place);
/* As a lock that several may have at once. */
enum rac_group_trouble rac_group_file_lock_shared(struct rac_group_file *f, uint64_t place);
void rac_group_file_unlock(struct rac_group_file *f, uint64_t place);

/* The same, but tries for some time, since others have it for a moment. */
enum rac_group_trouble rac_group_file_lock_soon(
	struct rac_group_file *f, uint64_t place, uint64_t patience_ns);

/* Says for as long as the locks last that the file is that of this path. */
enum rac_group_trouble rac_group_file_mark(struct rac_group_file *f, const char *path);

/* Whether a file that was once at this path is in use by others: then they do not meet who opens it now. */
bool rac_group_file_was_removed(const struct rac_group_file *f, const char *path);

/* Whether somebody else has it; and whether somebody has any seat. True where the kernel does not say. */
bool rac_group_file_is_locked(struct rac_group_file *f, uint64_t place);
bool rac_group_file_has_members(struct rac_group_file *f);

#endif

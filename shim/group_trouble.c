/*
 * group_trouble.c - see group_trouble.h.
 */
#include "group_trouble.h"

#include "cap.h"
#include "group.h"
#include "message.h"
#include "startup.h"
#include <errno.h>
#include <string.h>

/* strerror is neither short nor the same in all languages. */
static void say_error(struct rac_text *t, int error)
{
	const char *word = error == ENOENT           ? "there is no such folder"
		: error == EACCES || error == EPERM  ? "this user may not"
		: error == EROFS                     ? "it cannot be written to"
		: error == ENOSPC || error == EFBIG  ? "there is no room"
		: error == ELOOP                     ? "it is a link"
		: error == EISDIR                    ? "it is a folder"
		: error == EMFILE || error == ENFILE ? "too many files are open"
						     : NULL;

	rac_text_string(t, " (");
	rac_text_string(t, word);
	rac_text_string(t, word != NULL ? ", errno " : "errno ");
	rac_text_i64(t, error);
	rac_text_string(t, ")");
}

static void say_cap(struct rac_text *t, uint64_t cap)
{
	if (cap == RAC_NO_LIMIT)
		rac_text_string(t, "none");
	else
		rac_text_size_exact(t, cap);
}

static void say_with_path(
	struct rac_text *t, const struct rac_group_case *c, const char *before, const char *after)
{
	rac_text_string(t, before);
	rac_text_string(t, c->path);
	if (c->error != 0)
		say_error(t, c->error);
	rac_text_string(t, after);
}

static void say_other_cap(struct rac_text *t, const struct rac_state *state, uint32_t device,
	const struct rac_group_case *c)
{
	rac_text_string(t, "its members have a cap of ");
	say_cap(t, c->cap_of_others);
	rac_text_string(t, ", this process one of ");
	say_cap(t, c->cap);
	rac_text_string(t, " (");
	rac_cap_say_source(t, state, device);
	rac_text_string(t, "); give all the same");
}

static void say_what(struct rac_text *t, const struct rac_state *state, uint32_t device,
	const struct rac_group_case *c)
{
	switch (c->trouble) {
	case RAC_GROUP_FINE:
		break;
	case RAC_GROUP_NO_UUID:
		rac_text_string(t,
			"the driver does not tell its UUID, by which members meet; unset RAC_GROUP");
		break;
	case RAC_GROUP_NOT_OPENED:
		say_with_path(t, c, "cannot open ",
			"; the group needs a /dev/shm that this user can write to");
		break;
	case RAC_GROUP_NOT_OURS:
		say_with_path(t, c, "",
			" is not a plain file of this user's alone (mode 0600, one name); remove it or take another name");
		break;
	case RAC_GROUP_NO_ROOM:
		say_with_path(t, c, "no room for ",
			"; it needs some hundred KiB of /dev/shm and of the file size limit");
		break;
	case RAC_GROUP_NOT_MAPPED:
		say_with_path(
			t, c, "cannot map ", "; the group needs some hundred KiB of address space");
		break;
	case RAC_GROUP_NOT_LOCKED:
		say_with_path(t, c, "cannot lock ",
			"; the group needs locks of open file descriptions (Linux 3.15)");
		break;
	case RAC_GROUP_BUSY:
		say_with_path(t, c, "another process does not let go of ", "; is it stopped?");
		break;
	case RAC_GROUP_REMOVED:
		say_with_path(t, c, "",
			" was removed while members use it; let them end, or take another name");
		break;
	case RAC_GROUP_OTHER_VERSION:
		say_with_path(t, c, "",
			" is in use by another version of librac_track; run the same one everywhere");
		break;
	case RAC_GROUP_DAMAGED:
		say_with_path(t, c, "", " is damaged; remove it when no member runs");
		break;
	case RAC_GROUP_OTHER_CAP:
		say_other_cap(t, state, device, c);
		break;
	case RAC_GROUP_NO_SEAT:
		rac_text_string(t, "it is full: ");
		rac_text_u64(t, RAC_GROUP_SEATS);
		rac_text_string(t, " processes; make several groups of it");
		break;
	}
}

void rac_group_trouble_say(
	const struct rac_state *state, uint32_t device, const struct rac_group_case *c)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	rac_startup_begin_line(&t, line, sizeof(line), state);
	rac_text_string(&t, "RAC_GROUP='");
	rac_text_string(&t, state->settings.group);
	rac_text_string(&t, "' on device ");
	rac_text_u64(&t, device);
	rac_text_string(&t, ": ");
	say_what(&t, state, device, c);
	rac_text_string(&t, "; until then every allocation on this device is refused");
	rac_text_end_line(&t);
	rac_message_stderr(state, line, t.used);
}

/*
 * status_file.c - publishes the counters of a record in the folder that RAC_STATUS_DIR names, where
 * anybody may read them; the record itself is record_file.c's.
 *
 * The folder may be everybody's to write, with the sticky bit. A name that nobody can guess and that must
 * not be there yet leaves nothing for others to prepare.
 */
#include "record_file_parts.h"

#include "file_name.h"
#include "text.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE 0644 /* whatever the umask: to be read by others is what it is for */

static void complain(struct rac_status_file *s, const char *folder, int error)
{
	rac_record_file_complain(s->complaint, "not published: cannot create a file in", folder,
		error, "RAC_STATUS_DIR must name a folder that this process may write to");
}

/* "FOLDER/PID-NONCE.rac", in full. */
static bool make_path(struct rac_state *state, struct rac_status_file *s)
{
	const char *folder = state->settings.status_folder;
	struct rac_text t;

	rac_text_init(&t, s->path, sizeof(s->path));
	if (folder[0] != '/')
		rac_record_file_begin_here(&t, state->record_file.scratch);
	rac_text_string(&t, folder);
	rac_text_string(&t, "/");
	rac_text_i64(&t, state->pid);
	rac_text_string(&t, "-");
	rac_text_hex(&t, state->record.header->nonce[0]);
	rac_text_string(&t, ".rac");
	errno = ENAMETOOLONG;
	return !t.cut;
}

static void *make_file(struct rac_status_file *s)
{
	uint64_t bytes = rac_record_file_round(rac_record_bytes());
	int fd = rac_file_open(s->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, MODE);
	void *p = NULL;

	if (fd < 0)
		return NULL;
	if (rac_shared_file_identify(fd, &s->file) && fchmod(fd, MODE) == 0)
		p = rac_shared_file_map(fd, 0, bytes);
	if (p == NULL) {
		int error = errno;

		unlink(s->path);
		errno = error;
	}
	rac_file_close(fd);
	return p;
}

/* Who and when, but not with which arguments: those may be nobody else's business. */
static void describe(const struct rac_record_header *from, struct rac_record_header *to)
{
	to->storage = RAC_RECORD_IN_MEMORY;
	to->build_id_bytes = from->build_id_bytes;
	memcpy(to->build_id, from->build_id, sizeof(to->build_id));
	memcpy(to->nonce, from->nonce, sizeof(to->nonce));
	to->process = from->process;
	to->process.command_bytes = 0;
	memset(to->process.command, 0, sizeof(to->process.command));
}

void rac_status_file_start(struct rac_state *state)
{
	struct rac_status_file *s = &state->status_file;
	void *head = make_path(state, s) ? make_file(s) : NULL;

	if (head == NULL) {
		complain(s, state->settings.status_folder, errno);
		return;
	}
	rac_record_init(head, rac_record_bytes(), &s->parts);
	describe(state->record.header, s->parts.header);
	memcpy(state->record.header->counters_at, s->path, sizeof(s->path));
	rac_record_count_in(&state->record, &s->parts);
	rac_record_ready(s->parts.header);
}

void rac_status_file_remove(struct rac_state *state)
{
	if (state->status_file.parts.header != NULL)
		rac_shared_file_unlink(state->status_file.path, &state->status_file.file);
}

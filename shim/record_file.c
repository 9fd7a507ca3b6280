/*
 * record_file.c - see record_file.h; the folder of RAC_STATUS_DIR is status_file.c's.
 */
#include "record_file.h"

#include "file_name.h"
#include "file_status.h"
#include "message.h"
#include "path_pattern.h"
#include "process_identity.h"
#include "process_info.h"
#include "record_dead.h"
#include "record_file_parts.h"
#include "run_reader.h"
#include "startup.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How often a thread that grows looks again while another gives the file its name. */
#define NAMING_LOOKS 64

uint64_t rac_record_file_round(uint64_t bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

void rac_record_file_complain(
	char complaint[512], const char *what, const char *path, int error, const char *advice)
{
	struct rac_text t;

	rac_text_init(&t, complaint, 512);
	rac_text_string(&t, what);
	rac_text_string(&t, " ");
	rac_text_quoted(&t, path, strlen(path), 256);
	rac_text_string(&t, " (errno ");
	rac_text_i64(&t, error);
	rac_text_string(&t, "); ");
	rac_text_string(&t, advice);
}

/* Where the folder was removed its name begins with "(unreachable)". */
void rac_record_file_begin_here(struct rac_text *path, char *room)
{
	if (syscall(SYS_getcwd, room, RAC_FILE_NAME_MAX) <= 0 || room[0] != '/')
		return;
	rac_text_string(path, room);
	rac_text_string(path, "/");
}

static void complain(struct rac_record_file *f, int error)
{
	rac_record_file_complain(f->complaint, "no file for the record: cannot create", f->path,
		error, "RAC_RECORD must name a place that this process may write to");
}

/* The path in full, since the program may change its folder. False: it was said why there is none. */
static bool expand_path(struct rac_state *state, struct rac_text *path)
{
	struct rac_record_file *f = &state->record_file;
	const struct rac_path_values values =
		rac_process_info_path_values(&state->record.header->process);
	struct rac_text why;

	rac_text_init(path, f->path, sizeof(f->path));
	if (state->settings.record_pattern[0] != '/')
		rac_record_file_begin_here(path, f->scratch);
	rac_text_init(&why, f->complaint, sizeof(f->complaint));
	return rac_path_expand(path, "RAC_RECORD", state->settings.record_pattern, &values, &why) ==
		RAC_OK;
}

/* Whether something is there that nobody means to be appended to or replaced. */
static bool is_special(const char *path)
{
	struct statx st;

	return rac_file_status(AT_FDCWD, path, 0, STATX_TYPE, &st) == 0 && !S_ISREG(st.stx_mode);
}

static void *make_file(struct rac_state *state, const struct rac_text *path)
{
	struct rac_record_file *f = &state->record_file;
	uint64_t bytes = rac_record_file_round(rac_record_bytes());
	void *head = NULL;

	if (is_special(path->buffer)) {
		errno = EINVAL;
		return NULL;
	}
	int fd = rac_file_name_create(state, path, f->temporary, O_RDWR, 0600);

	if (fd < 0)
		return NULL;
	if (rac_shared_file_identify(fd, &f->file))
		head = rac_shared_file_map(fd, 0, bytes);
	rac_file_close(fd);
	if (head == NULL) {
		int error = errno;

		unlink(f->temporary);
		errno = error;
	}
	rac_store_relaxed(&f->end, bytes);
	return head;
}

static void start_record(struct rac_state *state)
{
	struct rac_record_file *f = &state->record_file;
	struct rac_text path;

	if (!expand_path(state, &path))
		return;
	f->head = make_file(state, &path);
	if (f->head == NULL) {
		complain(f, errno);
		return;
	}
	state->record.header->storage = RAC_RECORD_IN_FILE;
	rac_record_copy(&state->record, f->head, &state->record);
}

void rac_record_file_start(struct rac_state *state)
{
	struct rac_record_header *header = state->record.header;

	if (state->settings.record_pattern[0] == '\0' && state->settings.status_folder[0] == '\0')
		return;
	rac_process_identify(header);
	if (state->settings.record_pattern[0] != '\0')
		start_record(state);
	if (state->settings.status_folder[0] != '\0')
		rac_status_file_start(state);
}

static void say(const struct rac_state *state, const char *complaint)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	if (complaint[0] == '\0')
		return;
	rac_startup_begin_line(&t, line, sizeof(line), state);
	rac_text_string(&t, complaint);
	rac_text_end_line(&t);
	rac_message_stderr(state, line, t.used);
}

static void name_record(struct rac_state *state)
{
	struct rac_record_file *f = &state->record_file;
	struct rac_text path;

	rac_text_init(&path, f->scratch, sizeof(f->scratch));
	rac_text_string(&path, f->path);
	if (rac_file_name_take(state, f->temporary, &path, rac_record_is_dead)) {
		memcpy(f->path, path.buffer, path.used + 1);
		f->is_linked = rac_run_reader_link(state);
		/* Release: who sees that it has a name finds it. */
		rac_store_release(&f->has_name, 1);
		return;
	}
	complain(f, errno);
	unlink(f->temporary);
}

void rac_record_file_publish(struct rac_state *state)
{
	if (state->record_file.head != NULL)
		name_record(state);
	say(state, state->record_file.complaint);
	say(state, state->status_file.complaint);
}

void rac_record_file_discard(struct rac_state *state)
{
	struct rac_record_file *f = &state->record_file;

	rac_status_file_remove(state);
	if (state->status_file.parts.header != NULL)
		munmap(state->status_file.parts.header, rac_record_file_round(rac_record_bytes()));
	if (f->head == NULL)
		return;
	rac_shared_file_unlink(f->temporary, &f->file);
	munmap(f->head, rac_record_file_round(rac_record_bytes()));
}

/* Another thread may be giving the file its name. */
static int reopen(const struct rac_record_file *f)
{
	int fd = -1;

	for (int i = 0; fd < 0 && i < NAMING_LOOKS; i++) {
		bool has_name = rac_load_acquire(&f->has_name) != 0;

		fd = rac_shared_file_reopen(has_name ? f->path : f->temporary, &f->file);
		if (has_name)
			break;
		if (fd < 0)
			syscall(SYS_sched_yield);
	}
	return fd;
}

void *rac_record_file_grow(struct rac_state *state, uint64_t bytes, uint64_t *offset)
{
	struct rac_record_file *f = &state->record_file;
	int fd = reopen(f);

	if (fd < 0)
		return NULL;
	/* Relaxed: only that nobody gets the same place matters. */
	*offset = rac_fetch_add_relaxed(&f->end, bytes);
	void *p = rac_shared_file_map(fd, *offset, bytes);
	uint64_t end = *offset + bytes;

	/* Unless somebody else has taken the place behind it. */
	if (p == NULL)
		rac_cas_strong_acq_rel(&f->end, &end, *offset);
	rac_file_close(fd);
	return p;
}

void rac_record_file_shrink(struct rac_state *state, uint64_t offset, uint64_t bytes)
{
	int fd = reopen(&state->record_file);

	if (fd < 0)
		return;
	rac_shared_file_punch(fd, offset, bytes);
	rac_file_close(fd);
}

void rac_record_file_end(struct rac_state *state, const struct rac_record_fate *ended)
{
	struct rac_record_header *published = state->status_file.parts.header;

	if (published != NULL) {
		rac_record_end(published, ended);
		rac_record_settle(&state->record);
	}
	rac_record_end(state->record.header, ended);
	if (ended->how != RAC_END_EXEC)
		rac_status_file_remove(state);
}

void rac_record_file_resume(struct rac_state *state)
{
	const struct rac_record_fate running = {.how = RAC_END_RUNNING};
	struct rac_record_header *published = state->status_file.parts.header;

	if (published != NULL) {
		rac_record_end(published, &running);
		rac_record_unsettle(&state->record);
	}
	rac_record_end(state->record.header, &running);
}

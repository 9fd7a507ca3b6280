/*
 * run_reader.c - see run_reader.h.
 */
#include "run_reader.h"

#include "process_stat.h"
#include "text.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t take_number(const char **at)
{
	uint64_t value = 0;

	for (; **at >= '0' && **at <= '9'; ++*at)
		value = value * 10 + (uint64_t)(**at - '0');
	if (**at == '.')
		++*at;
	return value;
}

/* The folder tells which process made it: /rac-run.UID.PID.TICKS.XXXXXX/ */
static bool maker_is_there(const char *path)
{
	const char *at = strstr(path, "/" RAC_RECORD_RUN_FOLDER);
	struct rac_process_stat maker;

	if (at == NULL)
		return false;
	at += strlen("/" RAC_RECORD_RUN_FOLDER);
	take_number(&at);
	uint64_t pid = take_number(&at), started = take_number(&at);

	return rac_process_stat_read(pid, &maker) == RAC_PROCESS_THERE && !maker.exiting &&
		maker.state != 'Z' && maker.started == started;
}

bool rac_run_reader_link(struct rac_state *state)
{
	const char *folder = state->settings.run_folder, *path = state->record_file.path;
	int saved = errno;
	struct rac_text t;

	if (folder[0] == '\0' || path[0] != '/' || strncmp(path, folder, strlen(folder)) == 0)
		return false;
	/* "FOLDER/PID-NONCE": the pid is what tells whether a path leads to another record by now. */
	rac_text_init(&t, state->record_file.link, sizeof(state->record_file.link));
	rac_text_string(&t, folder);
	rac_text_string(&t, "/");
	rac_text_i64(&t, state->pid);
	rac_text_string(&t, "-");
	rac_text_hex(&t, state->record.header->nonce[0]);
	/* A link to the file itself stays when another record takes its name. */
	bool done = !t.cut &&
		(link(path, state->record_file.link) == 0 ||
			syscall(SYS_symlinkat, path, AT_FDCWD, state->record_file.link) == 0);

	errno = saved;
	return done;
}

bool rac_run_reader_reports(const struct rac_state *state)
{
	const struct rac_record_file *f = &state->record_file;

	/* Acquire: who sees that it has its name sees which. */
	return state->settings.report_to == RAC_REPORT_STDERR && f->head != NULL &&
		rac_load_acquire(&f->has_name) != 0 &&
		rac_load_relaxed(&state->record.header->lost.bytes) == 0 &&
		maker_is_there(f->is_linked ? f->link : f->path);
}

/*
 * exit_report.c - gathers the figures of a process that ends and hands them to the emitters of core;
 * when that is, is life.c's business.
 */
#include "exit_report.h"

#include "at_start.h"
#include "group_view.h"
#include "judge.h"
#include "message.h"
#include "path_pattern.h"
#include "process_info.h"
#include "refusal.h"
#include "report_file.h"
#include "signals.h"
#include "site.h"
#include "startup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static enum rac_delivery write_to_path(struct rac_state *state, const struct rac_report *report)
{
	const struct rac_path_values values =
		rac_process_info_path_values(&state->record.header->process);
	struct rac_text path, why;

	rac_text_init(&path, state->report_path, sizeof(state->report_path));
	rac_startup_begin_line(&why, state->report_line, sizeof(state->report_line), state);
	if (rac_path_expand(&path, "RAC_REPORT", state->settings.report_pattern, &values, &why) !=
		RAC_OK) {
		rac_text_end_line(&why);
		rac_message_stderr(state, state->report_line, why.used);
		return RAC_DELIVERED_NOWHERE;
	}
	return rac_report_file_write(
		state, &path, report, state->settings.format == RAC_FORMAT_JSON);
}

struct gathered {
	char *bytes;
	size_t capacity, used; /* used counts on where there is no room */
};

static bool gather_bytes(void *context, const char *bytes, size_t n)
{
	struct gathered *g = context;

	if (g->used + n <= g->capacity)
		memcpy(g->bytes + g->used, bytes, n);
	g->used += n;
	return true;
}

/* JSON cannot be cut, so it may be longer than what a pipe takes in one piece; it is handed over as one
 * all the same. */
static void write_json_to_stderr(struct rac_state *state, const struct rac_report *report)
{
	struct gathered g = {state->report_buffer, sizeof(state->report_buffer), 0};
	struct rac_sink sink = {gather_bytes, &g};

	rac_report_json(report, &sink);
	if (g.used > g.capacity) {
		size_t bytes = g.used;
		void *room = mmap(
			NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (room == MAP_FAILED)
			return;
		g = (struct gathered){room, bytes, 0};
		rac_report_json(report, &sink);
	}
	rac_message_stderr(state, g.bytes, g.used < g.capacity ? g.used : g.capacity);
}

static void write_text_to_stderr(struct rac_state *state, const struct rac_report *report)
{
	rac_message_stderr(state, state->report_buffer,
		rac_report_text_fit(report, state->report_buffer, sizeof(state->report_buffer)));
}

static enum rac_delivery deliver(struct rac_state *state, const struct rac_report *report)
{
	switch (state->settings.report_to) {
	case RAC_REPORT_PATH:
		return write_to_path(state, report);
	case RAC_REPORT_STDERR:
		if (state->settings.format == RAC_FORMAT_JSON)
			write_json_to_stderr(state, report);
		else
			write_text_to_stderr(state, report);
		return RAC_DELIVERED_STREAM;
	default:
		return RAC_DELIVERED_NOWHERE;
	}
}

RAC_AT_START_CODE bool rac_exit_report_is_due(void)
{
	const struct rac_state *state = rac_state_if_started();

	return state != NULL && rac_load_relaxed(&state->reported) == 0;
}

bool rac_exit_report(enum rac_end end, int64_t status)
{
	struct rac_state *state = rac_state_if_started();
	int saved = errno;
	struct rac_report report;

	if (state == NULL)
		return false;
	const struct rac_signals held = rac_signals_hold();

	/* Two threads may end the process at once; one of them reports. */
	if (rac_exchange_acq_rel(&state->reported, 1) != 0) {
		rac_signals_release(&held);
		return false;
	}
	const struct rac_record_fate ended = {end, status, rac_monotonic_ns()};

	state->report_delivery = RAC_DELIVERED_NOWHERE;
	if (rac_load_relaxed(&state->used) != 0) {
		for (uint32_t device = 0; device < RAC_MAX_DEVICES; device++)
			rac_group_note(state, device);
		rac_record_report(&state->record, &ended, &state->report_room, &report);
		struct rac_site_room room = rac_site_report_begin(state, &report);

		rac_judge_exit(state, &report);
		if (state->settings.report_to != RAC_REPORT_STDERR)
			rac_refusal_say_total(state);
		rac_judge_say(state, &report);
		state->report_delivery = deliver(state, &report);
		rac_site_report_end(&room);
	}
	rac_record_file_end(state, &ended);
	rac_signals_release(&held);
	errno = saved;
	return true;
}

static void say_withdrawn(struct rac_state *state, int error)
{
	struct rac_text t;

	rac_startup_begin_line(&t, state->report_line, sizeof(state->report_line), state);
	rac_text_string(&t, "the program goes on, since what was to end it failed (errno ");
	rac_text_i64(&t, error);
	rac_text_string(&t, "): the report ");
	if (state->settings.report_to == RAC_REPORT_PATH) {
		rac_text_string(&t, "in ");
		rac_text_quoted(&t, state->report_path, strlen(state->report_path), 256);
	} else {
		rac_text_string(&t, "above");
	}
	rac_text_string(&t, " does not hold, another follows");
	rac_text_end_line(&t);
	rac_message_stderr(state, state->report_line, t.used);
}

void rac_exit_report_withdraw(int error)
{
	struct rac_state *state = rac_state();
	int saved = errno;

	if (state->report_delivery == RAC_DELIVERED_FILE)
		rac_report_file_remove(state);
	else if (state->report_delivery == RAC_DELIVERED_STREAM)
		say_withdrawn(state, error);
	rac_record_file_resume(state);
	/* Release: who reports next finds the buffers free. */
	rac_store_release(&state->reported, 0);
	errno = saved;
}

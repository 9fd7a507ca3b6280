/*
 * exit_report.c - gathers the figures of a process that ends and hands them to the emitters of core;
 * when that is, is life.c's business.
 */
#include "exit_report.h"

#include "group_view.h"
#include "judge.h"
#include "message.h"
#include "path_pattern.h"
#include "process_info.h"
#include "refusal.h"
#include "report_file.h"
#include "run_reader.h"
#include "search.h"
#include "signals.h"
#include "site.h"
#include "startup.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How many times 1 ms a thread that ends the program waits for another one's report. */
#define MOMENTS 1000

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

static void make(struct rac_state *state, enum rac_end end, int64_t status)
{
	struct rac_record_fate ended = {end, status, rac_monotonic_ns(), false};
	struct rac_report report;

	state->report_delivery = RAC_DELIVERED_NOWHERE;
	if (rac_load_relaxed(&state->used) != 0) {
		for (uint32_t device = 0; device < RAC_MAX_DEVICES; device++)
			rac_group_note(state, device);
		rac_search(state);
		rac_record_report(&state->record, &ended, &state->report_room, &report);
		struct rac_site_room room = rac_site_report_begin(state, &report);

		rac_judge_exit(state, &report);
		if (state->settings.report_to != RAC_REPORT_STDERR)
			rac_refusal_say_total(state);
		rac_judge_say(state, &report);
		ended.is_left_to_reader = rac_run_reader_reports(state);
		if (!ended.is_left_to_reader)
			state->report_delivery = deliver(state, &report);
		rac_site_report_end(&room);
	}
	rac_record_file_end(state, &ended);
}

static void say_overtaken(struct rac_state *state, const char *why, int64_t error)
{
	struct rac_text t;

	rac_startup_begin_line(&t, state->report_line, sizeof(state->report_line), state);
	rac_text_string(&t, why);
	if (error != 0) {
		rac_text_string(&t, " (errno ");
		rac_text_i64(&t, error);
		rac_text_string(&t, ")");
	}
	rac_text_string(&t, ": the report ");
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

/* Acquire: who comes next finds the rooms for the report as the last one left them. */
static bool claim(struct rac_state *state, uint32_t phase)
{
	return rac_cas_strong_acq_rel(&state->report_phase, &phase, RAC_REPORT_IS_UNDER_WAY);
}

/* Release: pairs with claim. */
static void leave(struct rac_state *state, enum rac_report_phase phase)
{
	rac_store_release(&state->report_phase, phase);
}

/*
 * For a report that is the last. Returns what was there before it, or that there is nothing to be done. The
 * process must not end while another thread is about a report; but that one may wait for a reader.
 */
static enum rac_report_phase claim_the_last(struct rac_state *state)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	uint32_t phase = rac_load_relaxed(&state->report_phase);

	for (int i = 0; i < MOMENTS && phase != RAC_REPORT_IS_MADE; i++) {
		if (phase != RAC_REPORT_IS_UNDER_WAY && claim(state, phase))
			return (enum rac_report_phase)phase;
		syscall(SYS_nanosleep, &moment, NULL);
		phase = rac_load_relaxed(&state->report_phase);
	}
	return RAC_REPORT_IS_MADE;
}

bool rac_exit_report_is_due(void)
{
	const struct rac_state *state = rac_state_if_started();

	return state != NULL && rac_load_relaxed(&state->report_phase) == RAC_REPORT_IS_DUE;
}

void rac_exit_report(enum rac_end end, int64_t status)
{
	struct rac_state *state = rac_state_if_started();
	int saved = errno;

	if (state == NULL)
		return;
	const struct rac_signals held = rac_signals_hold();
	enum rac_report_phase before = claim_the_last(state);

	if (before == RAC_REPORT_IS_PROVISIONAL) {
		if (state->report_delivery == RAC_DELIVERED_STREAM)
			say_overtaken(state, "the program ends by another thread", 0);
		rac_record_file_resume(state);
	}
	if (before != RAC_REPORT_IS_MADE) {
		make(state, end, status);
		leave(state, RAC_REPORT_IS_MADE);
	}
	rac_signals_release(&held);
	errno = saved;
}

bool rac_exit_report_provisionally(enum rac_end end, int64_t status)
{
	struct rac_state *state = rac_state_if_started();
	int saved = errno;

	if (state == NULL)
		return false;
	const struct rac_signals held = rac_signals_hold();
	bool ours = claim(state, RAC_REPORT_IS_DUE);

	if (ours) {
		make(state, end, status);
		leave(state, RAC_REPORT_IS_PROVISIONAL);
	}
	rac_signals_release(&held);
	errno = saved;
	return ours;
}

void rac_exit_report_withdraw(int error)
{
	struct rac_state *state = rac_state();
	int saved = errno;
	const struct rac_signals held = rac_signals_hold();

	if (claim(state, RAC_REPORT_IS_PROVISIONAL)) {
		if (state->report_delivery == RAC_DELIVERED_FILE)
			rac_report_file_remove(state);
		else if (state->report_delivery == RAC_DELIVERED_STREAM)
			say_overtaken(state, "the program goes on, since what was to end it failed",
				error);
		rac_record_file_resume(state);
		leave(state, RAC_REPORT_IS_DUE);
	}
	rac_signals_release(&held);
	errno = saved;
}

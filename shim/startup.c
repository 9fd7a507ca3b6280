/*
 * startup.c - see startup.h.
 */
#include "startup.h"

#include "judge.h"
#include "message.h"
#include <unistd.h>

void rac_startup_begin_line(
	struct rac_text *t, char *line, size_t capacity, const struct rac_state *state)
{
	rac_text_init(t, line, capacity);
	rac_text_string(t, "==rac ");
	rac_text_i64(t, state->pid);
	rac_text_string(t, "== ");
}

/* For readers of the record. */
static void record_settings(struct rac_state *state)
{
	struct rac_text t;

	rac_text_init(&t, state->record.settings, RAC_RECORD_SETTINGS_MAX);
	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		rac_settings_describe(&t, &state->settings, (enum rac_setting)i);
		rac_text_end_line(&t);
	}
}

void rac_startup_say(const struct rac_state *state, const char *message)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	rac_startup_begin_line(&t, line, sizeof(line), state);
	rac_text_string(&t, message);
	rac_text_end_line(&t);
	rac_message_stderr(state, line, t.used);
}

void rac_startup_read_settings(struct rac_state *state)
{
	state->problem_count =
		rac_settings_read(&state->settings, environ, state->problems, RAC_STATE_PROBLEMS);
	record_settings(state);
	if (state->settings.limit_is_broken)
		rac_store_relaxed(&state->devices_closed, UINT64_MAX);
}

static void say_problem(struct rac_state *state, const struct rac_settings_problem *problem)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	rac_startup_begin_line(&t, line, sizeof(line), state);
	rac_text_string(&t, problem->message);
	if (problem->kind == RAC_PROBLEM_LIMIT)
		rac_text_string(&t, "; until then every device allocation is refused");
	rac_text_end_line(&t);
	rac_message_stderr(state, line, t.used);
}

static void say_settings(struct rac_state *state)
{
	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		char line[RAC_STARTUP_LINE_MAX];
		struct rac_text t;

		rac_startup_begin_line(&t, line, sizeof(line), state);
		rac_settings_describe(&t, &state->settings, (enum rac_setting)i);
		rac_text_end_line(&t);
		rac_message_stderr(state, line, t.used);
	}
}

void rac_startup_announce(struct rac_state *state)
{
	size_t kept = state->problem_count < RAC_STATE_PROBLEMS ? state->problem_count
								: RAC_STATE_PROBLEMS;
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	for (size_t i = 0; i < kept; i++)
		say_problem(state, &state->problems[i]);
	if (state->problem_count > kept) {
		rac_startup_begin_line(&t, line, sizeof(line), state);
		rac_text_u64(&t, state->problem_count - kept);
		rac_text_string(&t, " further settings are wrong");
		rac_text_end_line(&t);
		rac_message_stderr(state, line, t.used);
	}
	rac_judge_announce(state);
	if (state->settings.verbose)
		say_settings(state);
}

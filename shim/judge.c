/*
 * judge.c - see judge.h.
 */
#include "judge.h"

#include "checkpoints.h"
#include "message.h"
#include "process_info.h"
#include "report_modules.h"
#include "rule_files.h"
#include "startup.h"
#include "verdict.h"
#include <string.h>

/* Conditions that this process cannot judge; the baseline belongs to one of them. */
static void say_left_out(struct rac_state *state)
{
	const struct rac_conditions *conditions = &state->settings.fail_on;
	char line[RAC_STARTUP_LINE_MAX];
	const char *comma = "";
	struct rac_text t;

	rac_text_init(&t, line, sizeof(line));
	rac_text_string(&t, "RAC_FAIL_ON: ");
	for (uint32_t i = 0; i < conditions->count; i++) {
		if (!rac_condition_needs_run(conditions->entries[i].kind))
			continue;
		rac_text_string(&t, comma);
		rac_text_string(&t, conditions->entries[i].text);
		comma = " and ";
	}
	rac_text_string(&t, " can only be judged by rac run, not here");
	if (comma[0] != '\0')
		rac_startup_say(state, line);
	if (state->settings.shown[RAC_SETTING_BASELINE].is_set)
		rac_startup_say(
			state, "RAC_BASELINE is read by rac run alone; it has no effect here");
}

void rac_judge_announce(struct rac_state *state)
{
	say_left_out(state);
	rac_rule_files_read(state);
}

void rac_judge_exit(struct rac_state *state, struct rac_report *report)
{
	/* Acquire pairs with the release in rac_rule_files_read. */
	struct rac_rule_set *set = atomic_load_explicit(&state->rules, memory_order_acquire);
	struct rac_judge judge = {
		.conditions = &state->settings.fail_on,
		.checkpoints = rac_checkpoints_count(report->checkpoints),
		.has_builtin = set == NULL || set->has_builtin,
		.application = rac_module_file(state->record.header->process.executable),
		.exit_code = state->settings.exit_code,
	};

	if (set != NULL) {
		judge.rules = set->rules;
		judge.rule_count = set->count;
		/* A report that was taken back has counted in them. */
		for (size_t i = 0; i < set->count; i++)
			set->rules[i].bytes = set->rules[i].count = 0;
	}
	/* They lie in memory that the sites of this report were put into. */
	rac_judge_sites(
		&judge, (struct rac_report_site *)(uintptr_t)report->sites, report->site_count);
	rac_judge_report(&judge, report, state->conditions);
	/* Relaxed: read by the thread that stores it. */
	rac_store_relaxed(&state->verdict, (uint32_t)report->exit_code);
}

void rac_judge_say(struct rac_state *state, const struct rac_report *report)
{
	struct rac_text t;

	if (report->exit_code == 0 || state->settings.report_to == RAC_REPORT_STDERR)
		return;
	rac_startup_begin_line(&t, state->report_line, sizeof(state->report_line), state);
	rac_text_string(&t, "verdict: failed by ");
	rac_judge_put_failed(&t, report);
	rac_text_string(&t, "; exit code ");
	rac_text_i64(&t, report->exit_code);
	rac_text_end_line(&t);
	rac_message_stderr(state, state->report_line, t.used);
}

int rac_judge_status(void)
{
	const struct rac_state *state = rac_state_if_started();

	return state != NULL ? (int)rac_load_relaxed(&state->verdict) : 0;
}

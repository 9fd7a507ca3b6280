/*
 * report_text_verdict.c - the lines of the text report about what failed and what was forgiven; how it is judged
 * is verdict.c's.
 */
#include "checkpoints.h"
#include "conditions.h"
#include "report_parts.h"
#include "rules.h"
#include "size_text.h"
#include <string.h>

#define WORD_SHOWN 64
#define RULE_SHOWN 120

static void put_measured(struct rac_emit *e, const struct rac_report_condition *c)
{
	char size[RAC_SIZE_TEXT_EXACT_MAX];

	rac_emit_string(e, ", measured ");
	if (rac_condition_unit(c->condition) == RAC_CONDITION_COUNT) {
		rac_emit_u64(e, c->value);
		return;
	}
	rac_size_text_exact(size, c->value);
	rac_emit_string(e, size);
}

static void put_condition(
	struct rac_emit *e, const struct rac_report *r, const struct rac_report_condition *c)
{
	if (c->condition == NULL || (!c->failed && c->unjudged == NULL))
		return;
	rac_words_prefix(e, r);
	rac_emit_string(e, c->failed ? "failed: " : "not judged: ");
	rac_emit_foreign(e, c->condition, strlen(c->condition), WORD_SHOWN);
	if (c->unjudged != NULL) {
		rac_emit_string(e, ": ");
		rac_emit_foreign(e, c->unjudged, strlen(c->unjudged), RULE_SHOWN);
	} else {
		put_measured(e, c);
	}
	rac_emit_string(e, "\n");
}

/* Of rules that did what they were written for nothing needs to be said. */
static void put_rule(struct rac_emit *e, const struct rac_report *r, const struct rac_rule *rule)
{
	bool exceeded = rac_rule_is_exceeded(rule);

	if (!exceeded && rule->count > 0)
		return;
	rac_words_prefix(e, r);
	rac_emit_string(e, "rule '");
	rac_emit_foreign(e, rule->text, rule->text_bytes, RULE_SHOWN);
	if (!exceeded) {
		rac_emit_string(e, "' matched nothing\n");
		return;
	}
	rac_emit_string(e, "' forgives nothing: it matched ");
	rac_words_size(e, rule->bytes);
	rac_emit_string(e, " in ");
	rac_words_count(e, rule->count, "allocation");
	rac_emit_string(e, "\n");
}

static void put_checkpoint(struct rac_emit *e, const struct rac_report_checkpoint *c)
{
	rac_words_size(e, c->live_bytes);
	rac_emit_string(e, " at '");
	rac_emit_foreign(e, c->name, strlen(c->name), RAC_CHECKPOINT_NAME_MAX);
	rac_emit_string(e, "'");
}

static void put_checkpoints(struct rac_emit *e, const struct rac_report *r)
{
	struct rac_report_checkpoint one;
	size_t kept = rac_checkpoints_kept(r->checkpoints);

	if (kept == 0)
		return;
	rac_words_prefix(e, r);
	rac_words_count(e, rac_checkpoints_count(r->checkpoints), "checkpoint");
	rac_emit_string(e, ": ");
	rac_checkpoint_read(r->checkpoints, 0, &one);
	put_checkpoint(e, &one);
	if (kept > 1) {
		rac_emit_string(e, ", ");
		rac_checkpoint_read(r->checkpoints, kept - 1, &one);
		put_checkpoint(e, &one);
	}
	rac_emit_string(e, "\n");
}

/* What was found is said of each place. */
static void put_search(struct rac_emit *e, const struct rac_report *r)
{
	if (!r->search.is_asked)
		return;
	rac_words_prefix(e, r);
	if (r->search.failed != NULL) {
		rac_emit_string(e, "references: nothing is known of them: ");
		rac_emit_foreign(e, r->search.failed, strlen(r->search.failed), RULE_SHOWN);
	} else {
		rac_emit_string(e, "references: looked for in ");
		rac_words_size(e, r->search.bytes);
		rac_emit_string(e, " of the program's memory, less ");
		rac_emit_u64(e, r->search.driver_copies);
		rac_emit_string(e, " of each that the driver keeps");
	}
	rac_emit_string(e, "\n");
}

void rac_report_text_verdict(struct rac_emit *e, const struct rac_report *report)
{
	put_checkpoints(e, report);
	put_search(e, report);
	for (size_t i = 0; i < report->condition_count; i++)
		put_condition(e, report, &report->conditions[i]);
	for (size_t i = 0; i < report->rule_count && !e->refused; i++)
		put_rule(e, report, &report->rules[i]);
}

void rac_report_text_grades(struct rac_emit *e, const struct rac_report *report, uint32_t ordinal)
{
	uint64_t bytes[RAC_GRADE_LEAK + 1] = {0}, forgiven = 0;
	const char *comma = "";

	for (size_t i = 0; i < report->site_count; i++) {
		const struct rac_report_site *s = &report->sites[i];

		if (s->kind == RAC_KIND_PINNED || s->device != ordinal || s->grade > RAC_GRADE_LEAK)
			continue;
		bytes[s->grade] += s->live_bytes;
		forgiven += s->grade != RAC_GRADE_LEAK ? s->live_bytes : 0;
	}
	if (forgiven == 0)
		return;
	rac_words_prefix(e, report);
	rac_emit_string(e, "    of that ");
	for (unsigned grade = 0; grade <= RAC_GRADE_LEAK; grade++) {
		if (bytes[grade] == 0)
			continue;
		rac_emit_string(e, comma);
		rac_words_size(e, bytes[grade]);
		rac_emit_string(e, " ");
		rac_emit_string(e, rac_grade_name((enum rac_grade)grade));
		comma = ", ";
	}
	rac_emit_string(e, "\n");
}

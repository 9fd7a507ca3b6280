/*
 * verdict.c - see verdict.h.
 *
 * Two passes over the sites: bounds of a suppression hold over all that it matches, so what that is has to be
 * known before anything is forgiven.
 */
#include "verdict.h"

#include "report_modules.h"
#include <string.h>

/* A sum that stops at 2^64-1. */
static void add(uint64_t *to, uint64_t more)
{
	if (__builtin_add_overflow(*to, more, to))
		*to = UINT64_MAX;
}

static bool does_suppress(const struct rac_rule *rule)
{
	return rac_rule_effect(rule) == RAC_EFFECT_SUPPRESS;
}

/* The first suppression that fits, or NULL. */
static struct rac_rule *suppression_of(
	const struct rac_judge *judge, const struct rac_report_site *site)
{
	for (size_t i = 0; i < judge->rule_count; i++) {
		struct rac_rule *rule = &judge->rules[i];

		if (does_suppress(rule) && (judge->has_symbols || !rac_rule_needs_symbols(rule)) &&
			rac_rule_fits(rule, site))
			return rule;
	}
	return NULL;
}

/* The user's rule that says what the module that called is; NULL: there is none. */
static struct rac_rule *users_owner(
	const struct rac_judge *judge, const struct rac_report_site *site)
{
	for (size_t i = 0; i < judge->rule_count; i++)
		if (!does_suppress(&judge->rules[i]) && rac_rule_fits(&judge->rules[i], site))
			return &judge->rules[i];
	return NULL;
}

static const struct rac_rule *builtin_owner(
	const struct rac_judge *judge, const struct rac_report_site *site)
{
	const struct rac_rule *rules = NULL;
	size_t count = judge->has_builtin ? rac_rules_builtin(&rules) : 0;

	for (size_t i = 0; i < count; i++)
		if (rac_rule_fits(&rules[i], site))
			return &rules[i];
	return NULL;
}

static void name_owner(const struct rac_judge *judge, struct rac_report_site *site)
{
	struct rac_rule *users = users_owner(judge, site);
	const struct rac_rule *rule = users != NULL ? users : builtin_owner(judge, site);

	if (rule != NULL && rule->name[0] != '\0')
		site->owner_name = rule->name;
	else if (judge->application != NULL && site->owner != NULL &&
		strcmp(site->owner, judge->application) == 0)
		site->owner_name = "application";
	if (users == NULL)
		return;
	add(&users->bytes, site->live_bytes);
	add(&users->count, site->live_count);
}

/* What is known of the module that called. */
static enum rac_rule_effect effect_of(
	const struct rac_judge *judge, const struct rac_report_site *site)
{
	const struct rac_rule *rule = users_owner(judge, site);

	if (rule != NULL)
		return rac_rule_effect(rule);
	rule = builtin_owner(judge, site);
	if (rule == NULL)
		return RAC_EFFECT_OWN;
	enum rac_rule_effect effect = rac_rule_effect(rule);

	return effect == RAC_EFFECT_POOL && judge->is_uncached ? RAC_EFFECT_OWN : effect;
}

static enum rac_grade grade_of(const struct rac_judge *judge, const struct rac_report_site *site)
{
	const struct rac_rule *rule = suppression_of(judge, site);

	if (site->is_ignored || (rule != NULL && !rac_rule_is_exceeded(rule)))
		return RAC_GRADE_SUPPRESSED;
	enum rac_rule_effect effect = effect_of(judge, site);

	if (effect == RAC_EFFECT_POOL)
		return RAC_GRADE_POOL;
	if (effect == RAC_EFFECT_LIBRARY)
		return RAC_GRADE_LIBRARY;
	if (site->trend == RAC_TREND_SETTLED)
		return RAC_GRADE_ONCE;
	return site->is_searched && site->lost_count == 0 ? RAC_GRADE_REFERENCED : RAC_GRADE_LEAK;
}

void rac_judge_sites(struct rac_judge *judge, struct rac_report_site *sites, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		name_owner(judge, &sites[i]);
		struct rac_rule *rule =
			sites[i].live_count > 0 ? suppression_of(judge, &sites[i]) : NULL;

		if (rule == NULL)
			continue;
		add(&rule->bytes, sites[i].live_bytes);
		add(&rule->count, sites[i].live_count);
	}
	for (size_t i = 0; i < count; i++)
		sites[i].grade = grade_of(judge, &sites[i]);
}

/* What the conditions ask for. */
struct figures {
	uint64_t leak_bytes, leak_count, new_sites, growing;
	uint64_t peak, untracked, refused;
	bool untracked_known;
	bool has_ended; /* by itself: what is left, it left */
};

static bool is_in_baseline(const struct rac_judge *judge, const char *id)
{
	size_t low = 0, high = judge->baseline_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(judge->baseline[middle], id);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void measure_sites(
	const struct rac_judge *judge, const struct rac_report *report, struct figures *out)
{
	for (size_t i = 0; i < report->site_count; i++) {
		const struct rac_report_site *site = &report->sites[i];

		if (site->trend == RAC_TREND_GROWS && site->grade != RAC_GRADE_SUPPRESSED)
			out->growing++;
		if (site->grade != RAC_GRADE_LEAK || site->live_count == 0)
			continue;
		add(&out->leak_bytes, site->is_searched ? site->lost_bytes : site->live_bytes);
		add(&out->leak_count, site->is_searched ? site->lost_count : site->live_count);
		out->new_sites += !is_in_baseline(judge, site->id != NULL ? site->id : "");
	}
}

static void add_left(struct figures *out, const struct rac_counts *c)
{
	add(&out->leak_bytes, c->live_bytes);
	if (c->allocations > c->frees)
		add(&out->leak_count, c->allocations - c->frees);
}

/* Where no sites are kept nothing can be forgiven; what pools and graphs hold is the driver's. */
static void measure_whole(const struct rac_report *report, struct figures *out)
{
	for (size_t i = 0; i < report->device_count; i++)
		for (unsigned kind = 0; kind < RAC_KIND_COUNT; kind++)
			if (kind != RAC_KIND_POOL && kind != RAC_KIND_GRAPH)
				add_left(out, &report->devices[i].kinds[kind]);
	add_left(out, &report->host_pinned);
}

static void measure(
	const struct rac_judge *judge, const struct rac_report *report, struct figures *out)
{
	enum rac_end how = report->process.end;

	*out = (struct figures){.has_ended = how == RAC_END_EXIT ||
			how == RAC_END_UNDERSCORE_EXIT || how == RAC_END_EXEC};
	if (report->site_count > 0)
		measure_sites(judge, report, out);
	else
		measure_whole(report, out);
	for (size_t i = 0; i < report->device_count; i++) {
		const struct rac_device_snapshot *d = &report->devices[i];

		if (d->peak_bytes > out->peak)
			out->peak = d->peak_bytes;
		add(&out->refused, d->refused);
		if (report->untracked == NULL || !report->untracked[i].known)
			continue;
		out->untracked_known = true;
		if (report->untracked[i].bytes > out->untracked)
			out->untracked = report->untracked[i].bytes;
	}
}

static void judge_one(const struct rac_judge *judge, const struct figures *f,
	const struct rac_condition *condition, struct rac_report_condition *out)
{
	*out = (struct rac_report_condition){.condition = condition->text};
	if (!f->has_ended &&
		(condition->kind == RAC_CONDITION_LEAK || condition->kind == RAC_CONDITION_LEAKS ||
			condition->kind == RAC_CONDITION_NEW)) {
		out->unjudged = "the process did not end by itself";
		return;
	}
	switch (condition->kind) {
	case RAC_CONDITION_LEAK:
		out->value = f->leak_bytes;
		break;
	case RAC_CONDITION_LEAKS:
		out->value = f->leak_count;
		break;
	case RAC_CONDITION_PEAK:
		out->value = f->peak;
		break;
	case RAC_CONDITION_REFUSED:
		out->value = f->refused;
		break;
	case RAC_CONDITION_UNTRACKED:
		out->value = f->untracked;
		if (!f->untracked_known)
			out->unjudged =
				"nothing told what the driver charges beyond what is tracked";
		break;
	case RAC_CONDITION_GROWTH:
		out->value = f->growing;
		if (judge->checkpoints < RAC_CHECKPOINTS_LEAST)
			out->unjudged = "it takes 4 checkpoints or more";
		break;
	case RAC_CONDITION_NEW:
		out->value = judge->is_run ? f->new_sites : 0;
		if (!judge->is_run)
			out->unjudged = "rac run judges it";
		break;
	case RAC_CONDITION_NOCUDA:
		/* Who has a report used CUDA. */
		out->value = 1;
		return;
	case RAC_CONDITION_UNREADABLE:
		out->failed = true;
		return;
	}
	out->failed = out->unjudged == NULL && out->value > condition->bound;
}

void rac_judge_report(const struct rac_judge *judge, struct rac_report *report,
	struct rac_report_condition room[RAC_CONDITIONS_MAX])
{
	struct figures figures;

	measure(judge, report, &figures);
	report->conditions = room;
	report->condition_count = 0;
	report->exit_code = 0;
	report->rules = judge->rules;
	report->rule_count = judge->rule_count;
	for (uint32_t i = 0; i < judge->conditions->count; i++) {
		judge_one(judge, &figures, &judge->conditions->entries[i], &room[i]);
		report->condition_count++;
		if (room[i].failed)
			report->exit_code = judge->exit_code;
	}
}

bool rac_judge_cuda(const struct rac_judge *judge, uint64_t processes)
{
	for (uint32_t i = 0; i < judge->conditions->count; i++)
		if (judge->conditions->entries[i].kind == RAC_CONDITION_NOCUDA)
			return processes == 0;
	return false;
}

void rac_judge_put_failed(struct rac_text *t, const struct rac_report *report)
{
	const char *comma = "";

	for (size_t i = 0; i < report->condition_count; i++) {
		const struct rac_report_condition *c = &report->conditions[i];

		if (!c->failed)
			continue;
		rac_text_string(t, comma);
		rac_text_string(t, c->condition);
		rac_text_string(t, " (");
		if (rac_condition_unit(c->condition) == RAC_CONDITION_BYTES)
			rac_text_size(t, c->value);
		else
			rac_text_u64(t, c->value);
		rac_text_string(t, ")");
		comma = ", ";
	}
}

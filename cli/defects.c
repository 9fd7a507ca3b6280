/*
 * defects.c - see defects.h. Leaks are gathered over all reports, sorted so that those of one place stand beside
 * each other, and made one; conditions likewise by their words.
 */
#include "defects.h"

#include "checked.h"
#include "defect_words.h"
#include "site_id.h"
#include "site_words.h"
#include <stdlib.h>
#include <string.h>

struct leak {
	const struct rac_loaded *from;
	const struct rac_report_site *site;
	enum rac_defect_level level;
};

struct work {
	const struct rac_export *in;
	struct rac_defects *out;
	struct leak *leaks;
	size_t leak_count;
};

const char *rac_defect_level_name(enum rac_defect_level level)
{
	static const char *const names[] = {"error", "warning", "note", "suppressed"};

	return names[level];
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Whether a condition is about what is left. */
static bool is_about_leaks(const struct rac_report_condition *c)
{
	return begins(c->condition, "leak") || begins(c->condition, "new") ||
		begins(c->condition, "growth");
}

static enum rac_defect_level leak_level(const struct rac_report *r)
{
	if (r->condition_count == 0)
		return RAC_DEFECT_WARNING;
	for (size_t i = 0; i < r->condition_count; i++)
		if (r->conditions[i].failed && is_about_leaks(&r->conditions[i]))
			return RAC_DEFECT_ERROR;
	return RAC_DEFECT_NOTE;
}

static bool has_ended_by_itself(const struct rac_report *r)
{
	return r->process.end == RAC_END_EXIT || r->process.end == RAC_END_UNDERSCORE_EXIT;
}

static void gather_leaks(struct work *w, const struct rac_loaded *from)
{
	const struct rac_report *r = &from->report;

	for (size_t i = 0; i < r->site_count && has_ended_by_itself(r); i++) {
		const struct rac_report_site *s = &r->sites[i];
		bool is_leak = s->grade == RAC_GRADE_LEAK;

		if (s->live_bytes > 0 && (is_leak || s->grade == RAC_GRADE_SUPPRESSED))
			w->leaks[w->leak_count++] = (struct leak){
				from, s, is_leak ? leak_level(r) : RAC_DEFECT_SUPPRESSED};
	}
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(rac_or_empty(a), rac_or_empty(b));
}

/* By what makes one defect of several leaks, then the worst first, then as given. */
static int compare_places(const struct leak *one, const struct leak *other)
{
	const struct rac_report_site *a = one->site, *b = other->site;
	int order = compare_text(a->id, b->id);

	if (order == 0)
		order = (one->level == RAC_DEFECT_SUPPRESSED) -
			(other->level == RAC_DEFECT_SUPPRESSED);
	if (order == 0)
		order = (a->frame_count > b->frame_count) - (a->frame_count < b->frame_count);
	for (size_t i = 0; order == 0 && i < a->frame_count; i++) {
		order = (a->frames[i].line > b->frames[i].line) -
			(a->frames[i].line < b->frames[i].line);
		if (order == 0)
			order = compare_text(a->frames[i].file, b->frames[i].file);
	}
	return order;
}

static int compare_leaks(const void *a, const void *b)
{
	const struct leak *one = a, *other = b;
	int order = compare_places(one, other);

	if (order == 0)
		order = (int)one->level - (int)other->level;
	return order != 0 ? order : (one->from > other->from) - (one->from < other->from);
}

static void add(uint64_t *to, uint64_t more)
{
	if (!rac_checked_add(*to, more, to))
		*to = UINT64_MAX;
}

/* Those of one place, which stand beside each other; of one process several, on as many devices. */
static size_t take_leak(struct work *w, size_t first)
{
	struct rac_defect *d = &w->out->list[w->out->count++];
	size_t at = first;

	*d = (struct rac_defect){
		.level = w->leaks[first].level,
		.site = w->leaks[first].site,
	};
	for (; at < w->leak_count && compare_places(&w->leaks[first], &w->leaks[at]) == 0; at++) {
		add(&d->bytes, w->leaks[at].site->live_bytes);
		add(&d->count, w->leaks[at].site->live_count);
		d->processes += at == first || w->leaks[at].from != w->leaks[at - 1].from;
	}
	rac_defect_describe_leak(w->out, d, &w->leaks[first].from->report, at - first);
	return at;
}

/* What is known of a condition so far; a new one where it is not known yet. */
static struct rac_defect *condition_defect(
	struct rac_defects *out, const struct rac_report_condition *c)
{
	size_t i = 0;

	for (; i < out->count; i++)
		if (out->list[i].condition != NULL &&
			strcmp(out->list[i].condition->condition, c->condition) == 0)
			return &out->list[i];
	out->list[out->count++] = (struct rac_defect){.condition = c};
	return &out->list[i];
}

static void take_conditions(struct work *w, const struct rac_report *r)
{
	for (size_t i = 0; i < r->condition_count; i++) {
		const struct rac_report_condition *c = &r->conditions[i];

		if (!c->failed && c->unjudged == NULL)
			continue;
		struct rac_defect *d = condition_defect(w->out, c);

		d->processes++;
		/* The one that is farthest off; one that failed is farther than one that nobody judged. */
		if (d->message == NULL || c->failed > d->condition->failed ||
			(c->failed == d->condition->failed && c->value > d->condition->value)) {
			d->condition = c;
			d->level = c->failed ? RAC_DEFECT_ERROR : RAC_DEFECT_NOTE;
			rac_defect_describe_condition(w->out, d, r);
		}
	}
}

/* Conditions first, since they decide; then the worst, then the largest. */
static int compare_defects(const void *a, const void *b)
{
	const struct rac_defect *one = a, *other = b;

	if (one->level != other->level)
		return (int)one->level - (int)other->level;
	if ((one->condition == NULL) != (other->condition == NULL))
		return one->condition == NULL ? 1 : -1;
	if (one->bytes != other->bytes)
		return one->bytes < other->bytes ? 1 : -1;
	return strcmp(one->fingerprint, other->fingerprint);
}

static void gather(struct work *w)
{
	struct rac_defects *out = w->out;

	for (size_t i = 0; i < w->in->count; i++) {
		out->conditions += w->in->reports[i].report.condition_count;
		take_conditions(w, &w->in->reports[i].report);
		gather_leaks(w, &w->in->reports[i]);
	}
	if (w->leak_count > 1)
		qsort(w->leaks, w->leak_count, sizeof(*w->leaks), compare_leaks);
	for (size_t i = 0; i < w->leak_count;)
		i = take_leak(w, i);
	rac_defect_number(out);
	if (out->count > 1)
		qsort(out->list, out->count, sizeof(*out->list), compare_defects);
	for (size_t i = 0; i < out->count; i++)
		out->by_level[out->list[i].level]++;
}

bool rac_defects_make(const struct rac_export *in, struct rac_defects *out, struct rac_complaint *c)
{
	struct work w = {.in = in, .out = out};
	size_t sites = 0, conditions = 0;

	*out = (struct rac_defects){.count = 0};
	if (!rac_source_root_open(&out->root, in->source_root, c))
		return false;
	for (size_t i = 0; i < in->count; i++) {
		sites += in->reports[i].report.site_count;
		conditions += in->reports[i].report.condition_count;
	}
	w.leaks = calloc(sites + 1, sizeof(*w.leaks));
	out->list = calloc(sites + conditions + 1, sizeof(*out->list));
	bool done = w.leaks != NULL && out->list != NULL;

	if (done)
		gather(&w);
	free(w.leaks);
	if (done && !out->pool.failed && !out->cleaner.failed)
		return true;
	rac_defects_free(out);
	return rac_complain(c, "no memory for what was found");
}

void rac_defects_free(struct rac_defects *defects)
{
	free(defects->list);
	rac_pool_free(&defects->pool);
	rac_cleaner_free(&defects->cleaner);
}

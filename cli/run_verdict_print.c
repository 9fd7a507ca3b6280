/*
 * run_verdict_print.c - what failed in a process, as lines for people: conditions, then the places that leak or
 * grow, with their call stacks.
 */
#include "run_verdict.h"

#include "report_frames.h"
#include "report_modules.h"
#include "site_words.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SITES_SHOWN  10
#define FRAMES_SHOWN 16
#define TEXT_SHOWN   160
#define TEXT_ROOM    (4 * TEXT_SHOWN + 8)

/* Foreign bytes, safe for a terminal. */
static const char *safe(const char *text, char out[TEXT_ROOM])
{
	struct rac_text t;

	rac_text_init(&t, out, TEXT_ROOM);
	rac_text_foreign(&t, rac_or_empty(text), strlen(rac_or_empty(text)), TEXT_SHOWN);
	return out;
}

static void size_words(uint64_t bytes, char out[RAC_SIZE_TEXT_MAX])
{
	rac_size_text(out, bytes);
}

static void put_measured(FILE *to, const struct rac_report_condition *c)
{
	char size[RAC_SIZE_TEXT_EXACT_MAX];

	if (rac_condition_unit(c->condition) == RAC_CONDITION_COUNT) {
		fprintf(to, ", measured %llu\n", (unsigned long long)c->value);
		return;
	}
	rac_size_text_exact(size, c->value);
	fprintf(to, ", measured %s\n", size);
}

static void put_conditions(FILE *to, const char *prefix, const struct rac_report *report)
{
	char text[TEXT_ROOM];

	for (size_t i = 0; i < report->condition_count; i++) {
		const struct rac_report_condition *c = &report->conditions[i];

		if (c->failed) {
			fprintf(to, "%sfailed: %s", prefix, safe(c->condition, text));
			put_measured(to, c);
		} else if (c->unjudged != NULL) {
			fprintf(to, "%snot judged: %s: %s\n", prefix, safe(c->condition, text),
				c->unjudged);
		}
	}
	for (size_t i = 0; i < report->rule_count; i++)
		if (rac_rule_is_exceeded(&report->rules[i]))
			fprintf(to,
				"%srule '%.*s' forgives nothing: it matched %llu bytes in %llu "
				"allocations\n",
				prefix, (int)report->rules[i].text_bytes, report->rules[i].text,
				(unsigned long long)report->rules[i].bytes,
				(unsigned long long)report->rules[i].count);
}

static void put_frame(FILE *to, const char *prefix, size_t number, const struct rac_report_frame *f)
{
	char text[TEXT_ROOM];
	const char *function = rac_or_empty(f->function), *file = rac_or_empty(f->file);
	const char *module = rac_module_file(rac_or_empty(f->module));

	fprintf(to, "%s    #%zu ", prefix, number);
	if (function[0] != '\0')
		fputs(safe(function, text), to);
	else
		fprintf(to, "%s+0x%llx", safe(module, text), (unsigned long long)f->offset);
	if (file[0] != '\0')
		fprintf(to, "  %s", safe(file, text));
	if (file[0] != '\0' && f->line > 0)
		fprintf(to, ":%llu", (unsigned long long)f->line);
	if (function[0] != '\0' && module[0] != '\0')
		fprintf(to, "  (%s)", safe(module, text));
	fputc('\n', to);
}

static bool is_python(const struct rac_report_frame *f)
{
	return strcmp(rac_or_empty(f->language), "python") == 0;
}

static void put_stack(FILE *to, const char *prefix, const struct rac_report_site *s)
{
	size_t count = rac_site_frames_told(s), outermost = 0, shown = 0;

	for (size_t i = 0; i < count; i++)
		if (is_python(&s->frames[i]))
			outermost = i + 1;
	if (outermost > 0)
		count = outermost;
	for (size_t i = 0; i < count; i++) {
		/* Between functions of Python, those of the interpreter say nothing of the program. */
		if (outermost > 0 && rac_frame_is_interpreter(&s->frames[i]))
			continue;
		if (shown < FRAMES_SHOWN)
			put_frame(to, prefix, shown, &s->frames[i]);
		shown++;
	}
	if (shown > FRAMES_SHOWN)
		fprintf(to, "%s    … %zu more\n", prefix, shown - FRAMES_SHOWN);
}

static void put_site(FILE *to, const char *prefix, const struct rac_report_site *s, bool is_new)
{
	char size[RAC_SIZE_TEXT_MAX], api[TEXT_ROOM], owner[TEXT_ROOM], device[32] = "of the host";

	size_words(s->live_bytes, size);
	if (s->kind != RAC_KIND_PINNED)
		snprintf(device, sizeof(device), "on device %u", s->device);
	fprintf(to, "%s%s%s: %s in %llu allocation%s %s, %s by %s [%s]\n", prefix,
		is_new ? "new " : "",
		s->grade == RAC_GRADE_LEAK ? "leak" : rac_grade_name(s->grade), size,
		(unsigned long long)s->live_count, s->live_count == 1 ? "" : "s", device,
		safe(s->api, api), safe(s->owner, owner), rac_or_empty(s->id));
	if (s->is_searched && s->lost_count > 0 && s->lost_count < s->live_count) {
		size_words(s->lost_bytes, size);
		fprintf(to, "%s    of these %llu definitely lost: %s\n", prefix,
			(unsigned long long)s->lost_count, size);
	}
	if (s->trend == RAC_TREND_GROWS)
		fprintf(to, "%s    grows from checkpoint to checkpoint\n", prefix);
	put_stack(to, prefix, s);
}

static bool is_known(const struct rac_judge *judge, const struct rac_report_site *s)
{
	for (size_t i = 0; i < judge->baseline_count; i++)
		if (strcmp(judge->baseline[i], rac_or_empty(s->id)) == 0)
			return true;
	return false;
}

static bool is_finding(const struct rac_report_site *s)
{
	return (s->grade == RAC_GRADE_LEAK && s->live_count > 0) ||
		(s->trend == RAC_TREND_GROWS && s->grade != RAC_GRADE_SUPPRESSED);
}

static void put_sites(FILE *to, const char *prefix, const struct rac_judge *judge,
	const struct rac_report *report)
{
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < report->site_count; i++) {
		const struct rac_report_site *s = &report->sites[i];

		if (!is_finding(s))
			continue;
		if (shown < SITES_SHOWN)
			put_site(to, prefix, s, judge->has_baseline && !is_known(judge, s));
		else
			more++;
		shown++;
	}
	if (more > 0)
		fprintf(to, "%sand %zu other places, which a JSON report lists\n", prefix, more);
}

void rac_run_verdict_print(
	const struct rac_run_verdict *v, const struct rac_report *report, bool is_shown)
{
	char prefix[40], *text = NULL;
	size_t n = 0;
	FILE *to = v->is_asked ? open_memstream(&text, &n) : NULL;

	if (to == NULL)
		return;
	snprintf(prefix, sizeof(prefix), "==rac %llu== ", (unsigned long long)report->process.pid);
	if (!is_shown)
		put_conditions(to, prefix, report);
	if (report->exit_code != 0)
		put_sites(to, prefix, &v->judge, report);
	/* A pipe that nobody reads any more is no reason to fail. */
	if (fclose(to) == 0 && n > 0 && write(STDERR_FILENO, text, n) < 0)
		clearerr(stderr);
	free(text);
}

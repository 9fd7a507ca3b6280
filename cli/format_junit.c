/*
 * format_junit.c - findings as JUnit's XML, as Jenkins, GitLab and most dashboards read it: a test case for each
 * condition and each place that left memory. Conditions that hold pass; what is suppressed or was not judged
 * is skipped, and what the conditions tolerate passes with its words as output.
 */
#include "defects.h"
#include "emit.h"
#include "site_words.h"
#include <string.h>

/* Clean strings: control characters are gone, but XML has more that it cannot hold. */
static void put_text(struct rac_emit *e, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '&')
			rac_emit_string(e, "&amp;");
		else if (*text == '<')
			rac_emit_string(e, "&lt;");
		else if (*text == '>')
			rac_emit_string(e, "&gt;");
		else if (*text == '"')
			rac_emit_string(e, "&quot;");
		else if (strncmp(text, "\xef\xbf\xbe", 3) == 0 ||
			strncmp(text, "\xef\xbf\xbf", 3) == 0) {
			rac_emit_string(e, "?");
			text += 2;
		} else
			rac_emit_bytes(e, text, 1);
	}
}

static void put_attribute(struct rac_emit *e, const char *name, const char *text)
{
	rac_emit_string(e, " ");
	rac_emit_string(e, name);
	rac_emit_string(e, "=\"");
	put_text(e, text);
	rac_emit_string(e, "\"");
}

static void put_number(struct rac_emit *e, const char *name, uint64_t number)
{
	rac_emit_string(e, " ");
	rac_emit_string(e, name);
	rac_emit_string(e, "=\"");
	rac_emit_u64(e, number);
	rac_emit_string(e, "\"");
}

static void put_stack(struct rac_emit *e, const struct rac_defect *d)
{
	char words[2 * RAC_CLEAN_MOST];

	for (size_t i = 0; i < d->frame_count && !e->refused; i++) {
		struct rac_text t;

		rac_text_init(&t, words, sizeof(words));
		rac_frame_words(&t, &d->frames[i]);
		rac_emit_string(e, "\n#");
		rac_emit_u64(e, i);
		rac_emit_string(e, " ");
		put_text(e, words);
	}
}

static void put_begin(struct rac_emit *e, const char *class, const char *name)
{
	rac_emit_string(e, "  <testcase");
	put_attribute(e, "classname", class);
	put_attribute(e, "name", name);
	rac_emit_string(e, " time=\"0\"");
}

static void put_output(struct rac_emit *e, const struct rac_defect *d)
{
	rac_emit_string(e, "<system-out>");
	put_text(e, d->message);
	put_stack(e, d);
	rac_emit_string(e, "</system-out>");
}

static bool is_skipped(const struct rac_defect *d)
{
	return d->level == RAC_DEFECT_SUPPRESSED ||
		(d->condition != NULL && d->level == RAC_DEFECT_NOTE);
}

static void put_defect(struct rac_emit *e, struct rac_defects *all, const struct rac_defect *d)
{
	char name[2 * RAC_CLEAN_MOST];
	struct rac_text t;

	rac_text_init(&t, name, sizeof(name));
	/* Not the line: a test that moves is the same test. */
	rac_text_string(&t, d->fingerprint);
	rac_text_string(&t, " ");
	rac_text_string(&t, d->file);
	if (d->condition == NULL)
		put_begin(e, "rac.leak", name);
	else
		put_begin(e, "rac.condition", rac_clean(&all->cleaner, d->condition->condition));
	if (d->is_in_sources) {
		put_attribute(e, "file", d->file);
		put_number(e, "line", d->line);
	}
	rac_emit_string(e, ">");
	if (is_skipped(d)) {
		rac_emit_string(e, "<skipped");
		put_attribute(e, "message", d->condition != NULL ? d->message : "suppressed");
		rac_emit_string(e, "/>");
	}
	if (d->level == RAC_DEFECT_NOTE || d->level == RAC_DEFECT_SUPPRESSED) {
		put_output(e, d);
	} else {
		rac_emit_string(e, "<failure");
		put_attribute(e, "type", d->title);
		put_attribute(e, "message", d->message);
		rac_emit_string(e, ">");
		put_text(e, d->message);
		put_stack(e, d);
		rac_emit_string(e, "</failure>");
	}
	rac_emit_string(e, "</testcase>\n");
}

/* Each condition that holds everywhere, once. */
static size_t put_passed(struct rac_emit *e, const struct rac_export *in, struct rac_defects *all)
{
	const char *passed[64];
	size_t count = 0;

	for (size_t i = 0; i < in->count; i++)
		for (size_t j = 0; j < in->reports[i].report.condition_count; j++) {
			const char *name = in->reports[i].report.conditions[j].condition;
			bool is_known = false;

			for (size_t k = 0; k < all->count && all->list[k].condition != NULL; k++)
				is_known = is_known ||
					strcmp(all->list[k].condition->condition, name) == 0;
			for (size_t k = 0; k < count; k++)
				is_known = is_known || strcmp(passed[k], name) == 0;
			if (is_known || count == sizeof(passed) / sizeof(passed[0]))
				continue;
			passed[count++] = name;
			if (e == NULL)
				continue;
			put_begin(e, "rac.condition", rac_clean(&all->cleaner, name));
			rac_emit_string(e, "/>\n");
		}
	return count;
}

static void put_counts(struct rac_emit *e, const struct rac_defects *all, size_t passed)
{
	size_t skipped = 0;

	for (size_t i = 0; i < all->count; i++)
		skipped += is_skipped(&all->list[i]);
	put_number(e, "tests", all->count + passed);
	put_number(
		e, "failures", all->by_level[RAC_DEFECT_ERROR] + all->by_level[RAC_DEFECT_WARNING]);
	put_number(e, "errors", 0);
	put_number(e, "skipped", skipped);
}

bool rac_format_junit(const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	struct rac_defects all;
	struct rac_emit e;

	if (!rac_defects_make(in, &all, c))
		return false;
	size_t passed = put_passed(NULL, in, &all);

	rac_emit_init(&e, sink);
	rac_emit_string(&e, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	put_counts(&e, &all, passed);
	rac_emit_string(&e, ">\n <testsuite name=\"GPU memory\" time=\"0\"");
	put_counts(&e, &all, passed);
	rac_emit_string(&e, ">\n");
	put_passed(&e, in, &all);
	for (size_t i = 0; i < all.count && !e.refused; i++)
		put_defect(&e, &all, &all.list[i]);
	rac_emit_string(&e, " </testsuite>\n</testsuites>\n");
	rac_defects_free(&all);
	return rac_emit_finish(&e);
}

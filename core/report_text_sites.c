/*
 * report_text_sites.c - the lines of the text report that say who took a device's memory; all others are
 * report_text.c's.
 */
#include "report_modules.h"
#include "report_parts.h"
#include "site_id.h"
#include <string.h>

/* Places named for each device; the JSON report has them all. */
#define SITES_SHOWN 5
#define NAME_SHOWN  64

static bool has_text(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* The innermost function whose name is known, outside CUDA: what somebody can go and look at. */
static const struct rac_report_frame *place_of(const struct rac_report_site *s)
{
	for (size_t i = 0; i < s->frame_count; i++)
		if (has_text(s->frames[i].function) && !rac_frame_is_cuda(&s->frames[i]))
			return &s->frames[i];
	return NULL;
}

static void put_place(struct rac_emit *e, const struct rac_report_frame *f)
{
	rac_emit_string(e, " in ");
	rac_emit_foreign(e, f->function, strlen(f->function), NAME_SHOWN);
	if (!has_text(f->file))
		return;
	const char *file = rac_module_file(f->file);

	rac_emit_string(e, " (");
	rac_emit_foreign(e, file, strlen(file), NAME_SHOWN);
	if (f->line > 0) {
		rac_emit_string(e, ":");
		rac_emit_u64(e, f->line);
	}
	rac_emit_string(e, ")");
}

static bool is_on(const struct rac_report_site *s, uint32_t ordinal)
{
	return s->kind != RAC_KIND_PINNED && s->device == ordinal &&
		(s->live_bytes | s->peak_bytes) != 0;
}

static void put_name(struct rac_emit *e, const struct rac_report_site *s)
{
	if (has_text(s->owner)) {
		rac_emit_foreign(e, s->owner, strlen(s->owner), NAME_SHOWN);
		if (s->owner_name != NULL && strcmp(s->owner_name, "application") != 0) {
			rac_emit_string(e, " (");
			rac_emit_foreign(e, s->owner_name, strlen(s->owner_name), NAME_SHOWN);
			rac_emit_string(e, ")");
		}
		rac_emit_string(e, ", ");
	}
	if (has_text(s->api))
		rac_emit_foreign(e, s->api, strlen(s->api), NAME_SHOWN);
	else
		rac_emit_string(e, "call unknown");
	const struct rac_report_frame *place = place_of(s);

	if (place != NULL)
		put_place(e, place);
}

static void put_site(
	struct rac_emit *e, const struct rac_report *r, const struct rac_report_site *s)
{
	rac_words_prefix(e, r);
	rac_emit_string(e, "  by ");
	put_name(e, s);
	rac_emit_string(e, ": ");
	rac_words_size(e, s->peak_bytes);
	rac_emit_string(e, " at the peak, ");
	rac_words_size(e, s->live_bytes);
	rac_emit_string(e, r->process.end == RAC_END_RUNNING ? " now" : " left");
	if (s->live_count > 0) {
		rac_emit_string(e, " in ");
		rac_words_count(e, s->live_count, "allocation");
	}
	if (s->live_count > 0 && s->grade != RAC_GRADE_LEAK) {
		rac_emit_string(e, ", ");
		rac_emit_string(e, rac_grade_name(s->grade));
	}
	if (s->trend == RAC_TREND_GROWS)
		rac_emit_string(e, ", grows");
	rac_emit_string(e, "\n");
}

void rac_report_text_sites(struct rac_emit *e, const struct rac_report *report, uint32_t ordinal)
{
	uint64_t more = 0, shown = 0;

	for (size_t i = 0; i < report->site_count && !e->refused; i++) {
		if (!is_on(&report->sites[i], ordinal))
			continue;
		if (shown == SITES_SHOWN) {
			more++;
			continue;
		}
		put_site(e, report, &report->sites[i]);
		shown++;
	}
	if (more > 0) {
		rac_words_prefix(e, report);
		rac_emit_string(e, "  and by ");
		rac_words_count(e, more, "other place");
		rac_emit_string(e, ", which a JSON report lists\n");
	}
}

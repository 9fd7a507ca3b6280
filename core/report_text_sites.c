/*
 * report_text_sites.c - the lines of the text report that say who took a device's memory; all others are
 * report_text.c's.
 */
#include "report_frames.h"
#include "report_modules.h"
#include "report_parts.h"
#include "site_id.h"
#include "text.h"
#include <string.h>

/* Places named for each device; the JSON report has them all. */
#define SITES_SHOWN  5
#define FRAMES_SHOWN 4
#define NAME_SHOWN   64

static bool has_text(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static void put_word(struct rac_emit *e, const char *word)
{
	rac_emit_foreign(e, word, strlen(word), NAME_SHOWN);
}

/* "KVCache::grow(unsigned long) (kv_cache.cu:118)", "libnccl.so.2+0x2000" */
static void put_frame(struct rac_emit *e, const struct rac_report_frame *f)
{
	char digits[24];
	struct rac_text offset;

	if (!has_text(f->function)) {
		rac_text_init(&offset, digits, sizeof(digits));
		rac_text_hex(&offset, f->offset);
		put_word(e, rac_module_file(f->module));
		rac_emit_string(e, "+");
		rac_emit_string(e, digits);
		return;
	}
	put_word(e, f->function);
	if (!has_text(f->file))
		return;
	rac_emit_string(e, " (");
	put_word(e, rac_module_file(f->file));
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
	const struct rac_report_frame *place = rac_site_place(s);

	if (has_text(s->owner)) {
		put_word(e, s->owner);
		if (s->owner_name != NULL && strcmp(s->owner_name, "application") != 0) {
			rac_emit_string(e, " (");
			put_word(e, s->owner_name);
			rac_emit_string(e, ")");
		}
		rac_emit_string(e, ", ");
	}
	put_word(e, has_text(s->api) ? s->api : "call unknown");
	if (place != NULL) {
		rac_emit_string(e, " in ");
		put_frame(e, place);
	}
	if (has_text(s->scope)) {
		rac_emit_string(e, ", scope ");
		put_word(e, s->scope);
	}
}

/* ", 2 definitely lost, 1 possibly" */
static void put_references(struct rac_emit *e, const struct rac_report_site *s)
{
	if (s->lost_count > 0) {
		rac_emit_string(e, ", ");
		rac_emit_u64(e, s->lost_count);
		rac_emit_string(e, " definitely lost");
	}
	if (s->inside_count > 0) {
		rac_emit_string(e, ", ");
		rac_emit_u64(e, s->inside_count);
		rac_emit_string(e, " possibly lost");
	}
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
	if (s->is_searched && s->live_count > 0)
		put_references(e, s);
	if (s->trend == RAC_TREND_GROWS)
		rac_emit_string(e, ", grows");
	rac_emit_string(e, "\n");
}

/* Frames of a stack by how much they say to who reads it. */
enum frame_worth { FRAME_CUDA, FRAME_PLACE, FRAME_NAMED, FRAME_PYTHON };

static enum frame_worth worth_of(const struct rac_report_frame *f)
{
	if (f->language != NULL && strcmp(f->language, "python") == 0)
		return FRAME_PYTHON;
	if (!has_text(f->module) || rac_frame_is_cuda(f))
		return FRAME_CUDA;
	return has_text(f->function) ? FRAME_NAMED : FRAME_PLACE;
}

/* What called the place that is named already, or where nothing is named, all: the innermost functions of
 * those that say most, Python's, else those with names. */
static void put_stack(
	struct rac_emit *e, const struct rac_report *r, const struct rac_report_site *s)
{
	const struct rac_report_frame *place = rac_site_place(s);
	size_t first = place != NULL ? (size_t)(place - s->frames) + 1 : 0;
	enum frame_worth most = FRAME_CUDA;
	uint64_t shown = 0, more = 0;
	size_t count = rac_site_frames_told(s);

	for (size_t i = first; i < count; i++)
		most = worth_of(&s->frames[i]) > most ? worth_of(&s->frames[i]) : most;
	for (size_t i = first; i < count && most != FRAME_CUDA; i++) {
		if (worth_of(&s->frames[i]) != most)
			continue;
		if (shown == FRAMES_SHOWN) {
			more++;
			continue;
		}
		if (shown == 0) {
			rac_words_prefix(e, r);
			rac_emit_string(e, place != NULL ? "    called by " : "    in ");
		} else {
			rac_emit_string(e, shown == 1 && place == NULL ? ", called by " : ", ");
		}
		put_frame(e, &s->frames[i]);
		shown++;
	}
	if (more > 0) {
		rac_emit_string(e, " and ");
		rac_emit_u64(e, more);
		rac_emit_string(e, " more");
	}
	if (shown > 0)
		rac_emit_string(e, "\n");
}

void rac_report_text_sites(struct rac_emit *e, const struct rac_report *report, uint32_t ordinal,
	enum rac_text_detail detail)
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
		if (detail == RAC_TEXT_WHOLE)
			put_stack(e, report, &report->sites[i]);
		shown++;
	}
	if (more > 0) {
		rac_words_prefix(e, report);
		rac_emit_string(e, "  and by ");
		rac_words_count(e, more, "other place");
		rac_emit_string(e, ", which a JSON report lists\n");
	}
}

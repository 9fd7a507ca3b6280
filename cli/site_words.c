/*
 * site_words.c - see site_words.h.
 */
#include "site_words.h"

#include "report_frames.h"
#include <string.h>

int rac_site_compare(const struct rac_report_site *a, const struct rac_report_site *b)
{
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind != RAC_KIND_PINNED && a->device != b->device)
		return a->device < b->device ? -1 : 1;
	order = strcmp(rac_or_empty(a->id), rac_or_empty(b->id));
	if (order != 0 || rac_or_empty(a->id)[0] != '\0')
		return order;
	order = strcmp(rac_or_empty(a->owner), rac_or_empty(b->owner));
	return order != 0 ? order : strcmp(rac_or_empty(a->api), rac_or_empty(b->api));
}

const char *rac_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

void rac_frame_words(struct rac_text *t, const struct rac_report_frame *frame)
{
	const char *function = rac_or_empty(frame->function), *file = rac_or_empty(frame->file);

	if (function[0] == '\0') {
		rac_text_string(t,
			frame->module != NULL && frame->module[0] != '\0'
				? rac_base_name(frame->module)
				: "unknown");
		rac_text_string(t, "+");
		rac_text_hex(t, frame->offset);
	} else {
		rac_text_string(t, function);
	}
	if (file[0] == '\0')
		return;
	rac_text_string(t, " (");
	rac_text_string(t, file);
	if (frame->line > 0) {
		rac_text_string(t, ":");
		rac_text_u64(t, frame->line);
	}
	rac_text_string(t, ")");
}

const struct rac_report_frame *rac_site_frame(const struct rac_report_site *site)
{
	const struct rac_report_frame *place = rac_site_place(site);

	return place != NULL || site->frame_count == 0 ? place : &site->frames[0];
}

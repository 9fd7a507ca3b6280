/*
 * site_words.h - how sites and frames are named for people and programs; their figures are printed by
 * others.
 */
#ifndef RAC_SITE_WORDS_H
#define RAC_SITE_WORDS_H

#include "report.h"
#include "text.h"

/* "" for NULL. */
static inline const char *rac_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* Whether two sites are one: the same id on the same device for the same kind of memory; without an id,
 * the same call of the same owner. As strcmp. */
int rac_site_compare(const struct rac_report_site *a, const struct rac_report_site *b);

/* What follows the last slash. */
const char *rac_base_name(const char *path);

/* "KVCache::grow(unsigned long) (src/kv_cache.cu:118)", "libnccl.so.2+0x2000" where nothing else is
 * known. Foreign bytes as they are. */
void rac_frame_words(struct rac_text *t, const struct rac_report_frame *frame);

/* The frame that says most about where a site is: its place (report_frames.h), else the innermost; NULL if there
 * is none. */
const struct rac_report_frame *rac_site_frame(const struct rac_report_site *site);

#endif

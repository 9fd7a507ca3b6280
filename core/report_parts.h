/*
 * report_parts.h - the text report in its two parts, for those who deliver it under different bounds,
 * and the words that its lines share; it is private to the report files.
 */
#ifndef RAC_REPORT_PARTS_H
#define RAC_REPORT_PARTS_H

#include "emit.h"

/* All lines before the last, which of a stack may be without its functions; and the last one, of fewer than 600 bytes whatever the report holds. */
enum rac_text_detail { RAC_TEXT_WHOLE, RAC_TEXT_WITHOUT_STACKS };
void rac_report_text_body(
	struct rac_emit *e, const struct rac_report *report, enum rac_text_detail detail);
void rac_report_text_summary(struct rac_emit *e, const struct rac_report *report);

/* Who took the memory of the device with that ordinal. */
void rac_report_text_sites(struct rac_emit *e, const struct rac_report *report, uint32_t ordinal,
	enum rac_text_detail detail);

/* What the verdict says, and what it took from the user's rules. */
void rac_report_text_verdict(struct rac_emit *e, const struct rac_report *report);

/* What is left on the device with that ordinal, by grade; nothing where all of it is a leak. */
void rac_report_text_grades(struct rac_emit *e, const struct rac_report *report, uint32_t ordinal);

/* "==rac PID== " */
void rac_words_prefix(struct rac_emit *e, const struct rac_report *report);

/* "1 line", "2 lines". */
void rac_words_count(struct rac_emit *e, uint64_t count, const char *noun);

/* "1.50 GiB" */
void rac_words_size(struct rac_emit *e, uint64_t bytes);

/* Tenths of a percent are cut off, so that 100.0% means that the whole was reached. whole > 0. */
void rac_words_percent(struct rac_emit *e, uint64_t part, uint64_t whole);

/* "ended with status 0" */
void rac_words_end(struct rac_emit *e, const struct rac_report_process *process);

/* "still allocated at exit: 12.0 MiB in 3 allocations" */
void rac_words_left(struct rac_emit *e, enum rac_end end, uint64_t bytes, uint64_t count);

#endif

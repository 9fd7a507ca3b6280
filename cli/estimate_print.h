/*
 * estimate_print.h - how estimates appear: as tables for people and as JSON (schema rac.estimate/1).
 */
#ifndef RAC_ESTIMATE_PRINT_H
#define RAC_ESTIMATE_PRINT_H

#include "args.h"
#include "emit.h"
#include "rac_estimate.h"

/* Prints one table row: words, size, bytes. */
void rac_print_row(const char *words, uint64_t bytes);

/* Prints a row for each part that is not empty, and the total. */
void rac_print_table(const struct rac_estimate *e);

/* An object of schema rac.estimate/1 on its way to stdout. */
struct rac_print_json {
	struct rac_sink sink;
	struct rac_emit emit;
};
void rac_print_json_begin(struct rac_print_json *j);
void rac_print_json_end(struct rac_print_json *j);

/* The members bytes and breakdown. */
void rac_print_breakdown(struct rac_emit *out, const struct rac_estimate *e);

/* The whole object, and a newline. */
void rac_print_json(const struct rac_estimate *e);

/* Words a refused estimate: which flag or part, and the rule. False, as rac_complain. */
bool rac_why_complain(struct rac_complaint *c, enum rac_status status, const struct rac_why *why);

#endif

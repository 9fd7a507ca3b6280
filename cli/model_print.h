/*
 * model_print.h - what `rac estimate model` and `rac fit` print about a model beside the sum.
 */
#ifndef RAC_MODEL_PRINT_H
#define RAC_MODEL_PRINT_H

#include "emit.h"
#include "model_source.h"
#include "rac_plan.h"

/* "config.json of llama: 8030261248 parameters in bf16", and an empty line. */
void rac_model_print_head(const struct rac_model_source *source, const struct rac_plan *plan);

/* All notes, one a line. */
void rac_model_print_notes(const struct rac_model_source *source);

/* Both as members of a JSON object. */
void rac_model_print_json(struct rac_emit *out, const struct rac_model_source *source);

/* What the file is silent about, or what the flags ask beyond it, as more notes. */
void rac_model_add_notes(
	struct rac_model_source *source, const struct rac_plan *plan, uint64_t host_bytes);

#endif

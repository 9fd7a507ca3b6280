/*
 * fuzz_model.h - what must hold of anything that a reader of model files accepts.
 */
#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

#include "model_source.h"
#include "rac_plan.h"
#include <stdlib.h>
#include <string.h>

#define REQUIRE(holds)           \
	do {                     \
		if (!(holds))    \
			abort(); \
	} while (0)

/* A refusal has words, a success a model or weights that can be estimated or overflow. */
static inline void check_source(
	bool accepted, const struct rac_model_source *s, const struct rac_complaint *c)
{
	REQUIRE(memchr(c->text, '\0', sizeof(c->text)) != NULL);
	if (!accepted) {
		REQUIRE(c->text[0] != '\0');
		return;
	}
	REQUIRE(c->text[0] == '\0');
	REQUIRE(s->has_model || s->weight_bytes > 0 || s->tensors > 0);
	REQUIRE(s->note_count <= RAC_MODEL_NOTES);
	if (!s->has_model)
		return;
	struct rac_plan plan = {
		.model = s->model,
		.dtype = s->has_dtype ? s->dtype : RAC_DTYPE_BF16,
		.rest = RAC_DTYPE_BF16,
		.key_dtype = RAC_DTYPE_Q8_0,
		.value_dtype = RAC_DTYPE_BF16,
		.weight_bytes = s->weight_bytes,
		.context = 4096,
		.step = 1,
		.block_tokens = 16,
	};
	struct rac_estimate e;
	struct rac_fit fit;

	REQUIRE(rac_estimate_plan(&plan, &e, NULL, NULL) != RAC_INVALID);
	REQUIRE(rac_plan_fit(&plan, RAC_FIT_LAYERS, UINT64_C(80) << 30, &fit, NULL) == RAC_OK);
	if (s->inference_only)
		return;
	plan.training = true;
	plan.weight_bytes = 0;
	REQUIRE(rac_estimate_plan(&plan, &e, NULL, NULL) != RAC_INVALID);
}

#endif

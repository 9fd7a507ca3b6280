/*
 * model_print.c - prints what is known of a model, and what its estimate leaves out.
 */
#include "model_print.h"

#include "size_text.h"
#include <inttypes.h>
#include <stdio.h>

/* Parameters of the checkpoint where it counts them, else of the shape; 0: not known. */
static uint64_t parameters_of(const struct rac_model_source *source, uint64_t *active)
{
	struct rac_parameters parameters;

	*active = 0;
	if (!source->has_model || source->inference_only ||
		rac_model_parameters(&source->model, &parameters, NULL) != RAC_OK)
		return source->weight_parameters;
	*active = parameters.active;
	return parameters.total;
}

void rac_model_print_head(const struct rac_model_source *source, const struct rac_plan *plan)
{
	uint64_t active, total = parameters_of(source, &active);

	fputs(source->kind, stdout);
	if (total != 0)
		printf(": %" PRIu64 " parameters", total);
	if (active != 0 && active != total)
		printf(", %" PRIu64 " of them for each token", active);
	if (plan->weight_bytes != 0)
		fputs(", weights as in the checkpoint", stdout);
	else
		printf(", weights in %s", rac_dtype_name(plan->dtype));
	if (plan->rest != plan->dtype && plan->weight_bytes == 0)
		printf(" and %s", rac_dtype_name(plan->rest));
	fputs("\n\n", stdout);
}

void rac_model_add_notes(
	struct rac_model_source *source, const struct rac_plan *plan, uint64_t host_bytes)
{
	char size[RAC_SIZE_TEXT_MAX];

	if (source->max_context != 0 && plan->context > source->max_context)
		rac_model_note(source,
			"%" PRIu64 " tokens are more than the %" PRIu64
			" that the model is made for",
			plan->context, source->max_context);
	if (host_bytes != 0 && plan->states.zero >= 2) {
		rac_size_text(size, host_bytes);
		rac_model_note(source, "ZeRO needs %s of host memory on each node as well", size);
	}
	if (plan->context == 0)
		rac_model_note(source, "without --context no %s counted",
			plan->training ? "activations are" : "KV cache is");
	if (!plan->training && plan->context != 0 && plan->step == 0)
		rac_model_note(source, "without --step no workspace of a step is counted");
	if (plan->fixed == 0)
		rac_model_note(source,
			"without --fixed no CUDA context, NCCL or library workspace is counted");
}

void rac_model_print_notes(const struct rac_model_source *source)
{
	if (source->note_count > 0)
		putchar('\n');
	for (unsigned i = 0; i < source->note_count; i++)
		printf("note: %s\n", source->notes[i]);
}

void rac_model_print_json(struct rac_emit *out, const struct rac_model_source *source)
{
	uint64_t active, total = parameters_of(source, &active);

	rac_json_string(out, "model", source->kind);
	if (total != 0)
		rac_json_u64(out, "parameters", total);
	if (active != 0)
		rac_json_u64(out, "active_parameters", active);
	rac_json_array_begin(out, "notes");
	for (unsigned i = 0; i < source->note_count; i++)
		rac_json_string(out, NULL, source->notes[i]);
	rac_json_array_end(out);
}

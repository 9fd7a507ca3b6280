/*
 * format_folded.c - collapsed stacks, one a line, for flamegraph.pl and all that read its input
 * (brendangregg.com/flamegraphs.html): frames from the outermost on, separated by ";", and a number.
 */
#include "emit.h"
#include "export.h"
#include "site_words.h"
#include "stacks.h"

/* The separator cannot be written, so a name that holds one is changed. */
static void put_frame(struct rac_emit *e, const struct rac_report_frame *frame)
{
	char words[2 * RAC_CLEAN_MOST];
	struct rac_text t;

	rac_text_init(&t, words, sizeof(words));
	rac_frame_words(&t, frame);
	for (size_t i = 0; i < t.used; i++)
		if (words[i] == ';')
			words[i] = ':';
	rac_emit_string(e, ";");
	rac_emit_bytes(e, words, t.used);
}

static void put_stack(
	struct rac_emit *e, const struct rac_stack *stack, const char *place, enum rac_value value)
{
	if (stack->values[value] == 0)
		return;
	rac_emit_string(e, place);
	for (size_t at = stack->frame_count; at-- > 0;)
		put_frame(e, &stack->frames[at]);
	rac_emit_string(e, " ");
	rac_emit_u64(e, stack->values[value]);
	rac_emit_string(e, "\n");
}

bool rac_format_folded(const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	struct rac_stacks stacks;
	struct rac_emit e;

	if (!rac_stacks_make(&in->reports[0].report, &stacks))
		return rac_complain(c, "no memory for the stacks");
	rac_emit_init(&e, sink);
	for (size_t i = 0; i < stacks.count && !e.refused; i++)
		put_stack(&e, &stacks.stacks[i], stacks.places[stacks.stacks[i].place], in->value);
	rac_stacks_free(&stacks);
	return rac_emit_finish(&e);
}

/*
 * model_safetensors.c - what a safetensors header, or the index of several such files, says about
 * weights. Neither says what the model looks like.
 *
 * Format: https://github.com/huggingface/safetensors, section "Format"; sizes are checked against
 * the offsets that the header itself gives.
 */
#include "checked.h"
#include "json.h"
#include "model_source.h"
#include <stdio.h>
#include <string.h>

#define RANK_MAX 32

struct totals {
	struct rac_model_source *out;
	struct rac_complaint *c;
	const char *name;
	bool mixed; /* tensors of several types */
};

static bool wrong(struct totals *t, const char *tensor, const char *what)
{
	struct rac_quote file, quote;

	return rac_complain(t->c, "%s: tensor %s %s", rac_quote(&file, t->name),
		rac_quote(&quote, tensor), what);
}

/* Elements and bytes of one tensor by its shape and type. */
static bool measure(struct totals *t, const char *key, const struct rac_node *tensor,
	uint64_t *elements, uint64_t *bytes, enum rac_dtype *dtype)
{
	const struct rac_node *shape = rac_node_get(tensor, "shape");
	const char *type = rac_node_string(rac_node_get(tensor, "dtype"));
	size_t rank = rac_node_length(shape);
	uint64_t dims[RANK_MAX];

	if (type == NULL || rac_node_kind(shape) != RAC_NODE_ARRAY || rank > RANK_MAX)
		return wrong(t, key, "has no dtype, or no shape of at most 32 dimensions");
	if (rac_dtype_parse(type, dtype) != RAC_OK)
		return wrong(t, key, "has a dtype that is not known here");
	for (size_t i = 0; i < rank; i++)
		if (!rac_node_u64(rac_node_at(shape, i), &dims[i]))
			return wrong(t, key, "has a dimension that is not a whole number");
	/* The format counts the bits of a whole tensor; its types are all plain ones. */
	if (rac_estimate_tensor(dims, rank, RAC_DTYPE_U8, elements) != RAC_OK ||
		rac_estimate_tensor(dims, rank, *dtype, bytes) != RAC_OK)
		return wrong(t, key, "has more than 2^64 bytes");
	return true;
}

static bool add_tensor(void *context, const char *key, const struct rac_node *tensor)
{
	struct totals *t = context;
	const struct rac_node *offsets = rac_node_get(tensor, "data_offsets");
	uint64_t begin = 0, end = 0, elements = 0, bytes = 0;
	enum rac_dtype dtype = RAC_DTYPE_U8;

	if (strcmp(key, "__metadata__") == 0)
		return true;
	if (!measure(t, key, tensor, &elements, &bytes, &dtype))
		return false;
	if (rac_node_length(offsets) != 2 || !rac_node_u64(rac_node_at(offsets, 0), &begin) ||
		!rac_node_u64(rac_node_at(offsets, 1), &end) || end < begin)
		return wrong(t, key, "has no two data_offsets in order");
	if (end - begin != bytes)
		return wrong(t, key, "has a shape that does not fit its data_offsets");
	if (!rac_checked_add(t->out->weight_bytes, bytes, &t->out->weight_bytes) ||
		!rac_checked_add(t->out->weight_parameters, elements, &t->out->weight_parameters))
		return wrong(t, key, "brings the sum of all above 2^64 bytes");
	t->mixed = t->mixed || (t->out->has_dtype && t->out->dtype != dtype);
	t->out->has_dtype = true;
	t->out->dtype = dtype;
	t->out->tensors++;
	return true;
}

bool rac_model_read_safetensors(const struct rac_node *header, const char *name,
	struct rac_model_source *out, struct rac_complaint *c)
{
	struct totals t = {.out = out, .c = c, .name = name};
	struct rac_quote quote;

	snprintf(out->kind, sizeof(out->kind), "safetensors header");
	if (rac_node_kind(header) != RAC_NODE_OBJECT)
		return rac_complain(
			c, "%s: the header is not a JSON object", rac_quote(&quote, name));
	if (!rac_node_each(header, add_tensor, &t))
		return false;
	if (out->tensors == 0)
		return rac_complain(c, "%s names no tensors", rac_quote(&quote, name));
	if (t.mixed)
		out->has_dtype = false;
	return true;
}

static bool count_member(void *context, const char *key, const struct rac_node *value)
{
	uint64_t *n = context;

	(void)key;
	(void)value;
	*n += 1;
	return true;
}

bool rac_model_read_index(const struct rac_node *index, const char *name,
	struct rac_model_source *out, struct rac_complaint *c)
{
	const struct rac_node *metadata = rac_node_get(index, "metadata");
	struct rac_quote quote;

	snprintf(out->kind, sizeof(out->kind), "safetensors index");
	if (!rac_node_u64(rac_node_get(metadata, "total_size"), &out->weight_bytes) ||
		out->weight_bytes == 0)
		return rac_complain(c,
			"%s: metadata.total_size, the bytes of all tensors, is missing or not a"
			" number; give one of the .safetensors files, or config.json",
			rac_quote(&quote, name));
	rac_node_u64(rac_node_get(metadata, "total_parameters"), &out->weight_parameters);
	rac_node_each(rac_node_get(index, "weight_map"), count_member, &out->tensors);
	return true;
}

/*
 * model_gguf.c - reads the header of a GGUF file: the exact bytes of its tensors, and of the metadata
 * what a KV cache depends on.
 *
 * Nothing is kept but a few numbers, so no claim of the file leads to an allocation: each string,
 * array and tensor is compared with the bytes that are left before it is read or skipped.
 *
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3.
 */
#include "checked.h"
#include "model_source.h"
#include <stdio.h>
#include <string.h>

#define KEY_MAX     128
#define STRING_MAX  64
#define RANK_MAX    8
#define NESTING_MAX 4

enum value_type {
	VALUE_U8,
	VALUE_I8,
	VALUE_U16,
	VALUE_I16,
	VALUE_U32,
	VALUE_I32,
	VALUE_F32,
	VALUE_BOOL,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_U64,
	VALUE_I64,
	VALUE_F64,
	VALUE_TYPES
};

static const uint8_t value_bytes[VALUE_TYPES] = {
	[VALUE_U8] = 1,
	[VALUE_I8] = 1,
	[VALUE_U16] = 2,
	[VALUE_I16] = 2,
	[VALUE_U32] = 4,
	[VALUE_I32] = 4,
	[VALUE_F32] = 4,
	[VALUE_BOOL] = 1,
	[VALUE_U64] = 8,
	[VALUE_I64] = 8,
	[VALUE_F64] = 8,
};

/* Numbers of the metadata, by the part of the key behind the architecture's name. */
struct metadata {
	uint64_t block_count, context_length, embedding_length, feed_forward_length;
	uint64_t head_count, head_count_kv, key_length, value_length;
	uint64_t q_lora_rank, kv_lora_rank, rope_dimensions, sliding_window;
	uint64_t expert_count, expert_used_count, expert_ffn, shared_count, dense_blocks;
	uint64_t vocab_size, tokens;
};

static const struct {
	const char *key;
	size_t offset;
} known[] = {
#define KNOWN(key, field)                               \
	{                                               \
		(key), offsetof(struct metadata, field) \
	}
	KNOWN("block_count", block_count),
	KNOWN("context_length", context_length),
	KNOWN("embedding_length", embedding_length),
	KNOWN("feed_forward_length", feed_forward_length),
	KNOWN("attention.head_count", head_count),
	KNOWN("attention.head_count_kv", head_count_kv),
	KNOWN("attention.key_length", key_length),
	KNOWN("attention.value_length", value_length),
	KNOWN("attention.q_lora_rank", q_lora_rank),
	KNOWN("attention.kv_lora_rank", kv_lora_rank),
	KNOWN("rope.dimension_count", rope_dimensions),
	KNOWN("attention.sliding_window", sliding_window),
	KNOWN("expert_count", expert_count),
	KNOWN("expert_used_count", expert_used_count),
	KNOWN("expert_feed_forward_length", expert_ffn),
	KNOWN("expert_shared_count", shared_count),
	KNOWN("leading_dense_block_count", dense_blocks),
	KNOWN("vocab_size", vocab_size),
#undef KNOWN
};

struct reader {
	struct rac_stream *stream;
	const char *name;
	struct rac_model_source *out;
	struct rac_complaint *c;
	const char *at; /* what is being read, for messages */
	struct metadata metadata;
	char architecture[STRING_MAX];
	const char *uneven; /* a key whose value differs from layer to layer */
};

static bool refuse(struct reader *r, const char *what)
{
	struct rac_quote quote;

	return rac_complain(r->c, "%s: %s %s", rac_quote(&quote, r->name), r->at, what);
}

static bool take(struct reader *r, void *to, uint64_t n)
{
	if (n > r->stream->left)
		return refuse(r, "reaches beyond the end of the file");
	if (n == 0)
		return true;
	if (!r->stream->read(r->stream->context, to, n))
		return refuse(r, "cannot be read");
	r->stream->left -= n;
	return true;
}

/* A little-endian number of n bytes. */
static bool take_number(struct reader *r, size_t n, uint64_t *out)
{
	unsigned char bytes[8] = {0};

	if (!take(r, bytes, n))
		return false;
	*out = 0;
	for (size_t i = n; i > 0; i--)
		*out = *out << 8 | bytes[i - 1];
	return true;
}

/* A string, as much of it as fits; the rest is skipped. */
static bool take_string(struct reader *r, char *to, size_t capacity)
{
	uint64_t length;

	if (!take_number(r, 8, &length))
		return false;
	uint64_t kept = length < capacity ? length : capacity - 1;

	if (length > r->stream->left)
		return refuse(r, "has a string that reaches beyond the end of the file");
	if (!take(r, to, kept) || !take(r, NULL, length - kept))
		return false;
	to[kept] = '\0';
	return true;
}

static bool skip_array(struct reader *r, uint64_t type, uint64_t count, unsigned nesting);

static bool skip_value(struct reader *r, uint64_t type, unsigned nesting)
{
	uint64_t length, items;

	if (type == VALUE_STRING)
		return take_number(r, 8, &length) && take(r, NULL, length);
	if (type == VALUE_ARRAY)
		return take_number(r, 4, &items) && take_number(r, 8, &length) &&
			skip_array(r, items, length, nesting + 1);
	return type < VALUE_TYPES ? take(r, NULL, value_bytes[type])
				  : refuse(r, "has a value of an unknown type");
}

static bool skip_array(struct reader *r, uint64_t type, uint64_t count, unsigned nesting)
{
	uint64_t bytes;

	if (type >= VALUE_TYPES)
		return refuse(r, "has a value of an unknown type");
	if (nesting > NESTING_MAX)
		return refuse(r, "has arrays nested too deep");
	if (value_bytes[type] != 0)
		return rac_checked_mul(count, value_bytes[type], &bytes)
			? take(r, NULL, bytes)
			: refuse(r, "has an array that reaches beyond the end of the file");
	/* Each item takes at least 8 bytes of the file, which bounds this loop. */
	for (uint64_t i = 0; i < count; i++)
		if (!skip_value(r, type, nesting))
			return false;
	return true;
}

static bool is_whole(uint64_t type)
{
	return type == VALUE_U8 || type == VALUE_I8 || type == VALUE_U16 || type == VALUE_I16 ||
		type == VALUE_U32 || type == VALUE_I32 || type == VALUE_U64 || type == VALUE_I64;
}

/* A whole number, or an array of them that are all the same; others are noted and give 0. */
static bool take_layered(struct reader *r, const char *key, uint64_t type, uint64_t *out)
{
	uint64_t count = 1, value;

	if (type == VALUE_ARRAY && (!take_number(r, 4, &type) || !take_number(r, 8, &count)))
		return false;
	if (!is_whole(type))
		return skip_array(r, type, count, 1);
	for (uint64_t i = 0; i < count; i++) {
		if (!take_number(r, value_bytes[type], &value))
			return false;
		if (i == 0)
			*out = value;
		else if (value != *out)
			r->uneven = key;
	}
	return true;
}

static bool take_pair(struct reader *r)
{
	char key[KEY_MAX];
	uint64_t type, items, count;

	if (!take_string(r, key, sizeof(key)) || !take_number(r, 4, &type))
		return false;
	if (strcmp(key, "general.architecture") == 0 && type == VALUE_STRING)
		return take_string(r, r->architecture, sizeof(r->architecture));
	if (strcmp(key, "tokenizer.ggml.tokens") == 0 && type == VALUE_ARRAY) {
		if (!take_number(r, 4, &items) || !take_number(r, 8, &count))
			return false;
		r->metadata.tokens = count;
		return skip_array(r, items, count, 1);
	}
	const char *dot = strchr(key, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(dot + 1, known[i].key) == 0)
			return take_layered(r, known[i].key, type,
				(uint64_t *)((char *)&r->metadata + known[i].offset));
	return skip_value(r, type, 0);
}

static bool take_tensor(struct reader *r)
{
	char name[STRING_MAX];
	uint64_t rank, dims[RANK_MAX], rows = 1, number, offset, bytes, elements;
	enum rac_dtype dtype;

	if (!take_string(r, name, sizeof(name)) || !take_number(r, 4, &rank))
		return false;
	if (rank == 0 || rank > RANK_MAX)
		return refuse(r, "has a tensor with no dimensions or more than 8");
	for (uint64_t i = 0; i < rank; i++)
		if (!take_number(r, 8, &dims[i]))
			return false;
	if (!take_number(r, 4, &number) || !take_number(r, 8, &offset))
		return false;
	if (rac_dtype_from_gguf((uint32_t)number, &dtype) != RAC_OK)
		return refuse(r, "has a tensor of a type that is not known here");
	/* The first dimension is the contiguous one. */
	for (uint64_t i = 1; i < rank; i++)
		if (!rac_checked_mul(rows, dims[i], &rows))
			return refuse(r, "has a tensor of more than 2^64 bytes");
	if (rac_dtype_bytes(dtype, rows, dims[0], &bytes) != RAC_OK ||
		!rac_checked_mul(rows, dims[0], &elements) ||
		!rac_checked_add(r->out->weight_bytes, bytes, &r->out->weight_bytes) ||
		!rac_checked_add(r->out->weight_parameters, elements, &r->out->weight_parameters))
		return refuse(r, "has tensors of more than 2^64 bytes");
	r->out->tensors++;
	return true;
}

static uint64_t or_else(uint64_t value, uint64_t fallback)
{
	return value != 0 ? value : fallback;
}

/* What a KV cache needs. The names of weights are not looked at: their bytes are known. */
static struct rac_model shape_of(const struct metadata *g)
{
	struct rac_model m = {
		.layers = g->block_count,
		.hidden = g->embedding_length,
		.vocab = or_else(g->vocab_size, g->tokens),
		.heads = g->head_count,
		.kv_heads = or_else(g->head_count_kv, g->head_count),
		.head_dim = g->key_length,
		.value_dim = g->value_length,
		.ffn = g->feed_forward_length,
		.gated = true,
		.layer_norms = 2,
		.final_norm = true,
	};

	if (m.head_dim == 0 && m.heads != 0)
		m.head_dim = g->embedding_length / g->head_count;
	if (g->kv_lora_rank != 0) {
		m.q_rank = g->q_lora_rank;
		m.kv_rank = g->kv_lora_rank;
		m.rope_dim = g->rope_dimensions;
		m.kv_heads = 0;
		m.head_dim = or_else(rac_saturating_sub(g->key_length, m.rope_dim), 1);
	}
	if (g->expert_count != 0) {
		m.experts = g->expert_count;
		m.experts_per_token = g->expert_used_count;
		m.expert_ffn = or_else(g->expert_ffn, g->feed_forward_length);
		m.dense_layers = g->dense_blocks;
		if (!rac_checked_mul(g->shared_count, m.expert_ffn, &m.shared_ffn))
			m.shared_ffn = 0;
	}
	return m;
}

static void conclude(struct reader *r)
{
	struct rac_model_source *out = r->out;
	struct rac_parameters parameters;
	struct rac_why why;

	snprintf(out->kind, sizeof(out->kind), "GGUF of %.40s",
		r->architecture[0] != '\0' ? r->architecture : "an unnamed architecture");
	/* It goes to terminals and into JSON. */
	for (char *p = out->kind; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
			*p = '?';
	out->inference_only = true;
	out->model = shape_of(&r->metadata);
	out->max_context = r->metadata.context_length;
	if (r->uneven != NULL)
		rac_model_note(out, "layers differ in %s: only weights can be counted", r->uneven);
	else if (rac_model_parameters(&out->model, &parameters, &why) != RAC_OK)
		rac_model_note(out, "the metadata lack what a KV cache depends on (%s %s)",
			why.what, why.rule);
	else
		out->has_model = true;
	if (r->metadata.sliding_window != 0)
		rac_model_note(out,
			"the file does not say which layers have the sliding window: none counted");
}

bool rac_model_read_gguf(struct rac_stream *stream, const char *name, struct rac_model_source *out,
	struct rac_complaint *c)
{
	struct reader r = {.stream = stream, .name = name, .out = out, .c = c, .at = "the header"};
	uint64_t magic, version, tensors, pairs;

	if (!take_number(&r, 4, &magic) || !take_number(&r, 4, &version))
		return false;
	if (magic != 0x46554747)
		return refuse(&r, "does not begin with GGUF");
	if (version != 2 && version != 3)
		return refuse(&r, "is of a version other than 2 and 3, or big-endian");
	if (!take_number(&r, 8, &tensors) || !take_number(&r, 8, &pairs))
		return false;
	r.at = "the metadata";
	for (uint64_t i = 0; i < pairs; i++)
		if (!take_pair(&r))
			return false;
	r.at = "the list of tensors";
	for (uint64_t i = 0; i < tensors; i++)
		if (!take_tensor(&r))
			return false;
	if (out->tensors == 0)
		return refuse(&r, "is empty");
	conclude(&r);
	return true;
}

/*
 * rac_estimate.h - how many bytes a tensor, an attention layer, a KV cache and an allocator's blocks
 * will take, before anything is allocated. Whole models are in rac_model.h, the largest batch that
 * fits in rac_fit.h.
 *
 * Units are bytes; all sizes are unsigned and 64 bits wide. Estimates are exact where the formula
 * is, and otherwise rounded up: stopping early is cheaper than running out of memory half-way.
 *
 * Results. RAC_OK; RAC_INVALID: an argument is outside the range named at its field; RAC_OVERFLOW:
 * the result does not fit 64 bits, and *out then says UINT64_MAX bytes. `why`, where it is not NULL,
 * says which argument or part that was; it is written only on failure.
 *
 * No function keeps state; any number of threads may call any of them.
 */
#ifndef RAC_ESTIMATE_H
#define RAC_ESTIMATE_H

#include "rac_dtype.h"
#include "rac_status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rac_part {
#define RAC_PART(id, key, words) RAC_PART_##id,
#include "estimate_parts.def"
#undef RAC_PART
	RAC_PART_COUNT
};

/* An estimate and what it is made of; bytes is the sum of the parts, unless it overflowed. */
struct rac_estimate {
	uint64_t bytes;
	uint64_t parts[RAC_PART_COUNT];
};

/* Why an estimate was refused: `what`, whose value was `value`, did not keep to `rule`. The strings
 * are static; `what` is the name of a field (RAC_INVALID) or of a part (RAC_OVERFLOW). */
struct rac_why {
	const char *what;
	uint64_t value;
	const char *rule;
};

/* The key of a part in JSON ("kv_cache") and its words in tables; NULL outside the enum. */
const char *rac_part_name(enum rac_part part);
const char *rac_part_words(enum rac_part part);

/* Adds bytes to a part. RAC_OVERFLOW: the sum does not fit. RAC_INVALID: no such part. */
enum rac_status rac_estimate_add(struct rac_estimate *e, enum rac_part part, uint64_t bytes);

/* Adds `more`, part by part, `times` times. RAC_OVERFLOW: a sum does not fit. */
enum rac_status rac_estimate_merge(
	struct rac_estimate *e, const struct rac_estimate *more, uint64_t times);

/*
 * Multiplies by a factor in thousandths and puts the difference into RAC_PART_OVERHEAD, rounded up.
 * For what an estimate cannot know (fragmentation, alignment); 1100 is the seed's customary factor.
 * RAC_INVALID: the factor is not in [1000, 10000].
 */
#define RAC_OVERHEAD_NONE    1000
#define RAC_OVERHEAD_DEFAULT 1100
#define RAC_OVERHEAD_MAX     10000
enum rac_status rac_estimate_overhead(
	struct rac_estimate *e, uint64_t permille, struct rac_why *why);

/*
 * Bytes of a tensor of `rank` dimensions, the last one contiguous: product of the dimensions times
 * the size of an element, rounded up to a byte once (or per row, see rac_dtype.h). Rank 0 is one
 * element; a tensor with a dimension of 0 has 0 bytes, however large the others are. The order of
 * dimensions is irrelevant, except for types that pad rows.
 * RAC_OVERFLOW: *bytes is UINT64_MAX. RAC_INVALID: no such dtype, or dims is NULL with rank > 0.
 */
enum rac_status rac_estimate_tensor(
	const uint64_t *dims, size_t rank, enum rac_dtype dtype, uint64_t *bytes);

enum rac_kernel {
	RAC_KERNEL_NAIVE, /* the scores are a tensor in memory */
	RAC_KERNEL_FLASH, /* scores stay on chip; fp32 log-sum-exp is kept */
};

enum rac_pass {
	RAC_PASS_FORWARD,  /* nothing is kept */
	RAC_PASS_TRAINING, /* a forward pass that keeps what backward needs */
	RAC_PASS_BACKWARD, /* the peak of the backward pass, all of the above included */
};

/* One attention layer. A field of 0 takes the default named beside it; others must be >= 1, except
 * that a batch or query of 0 is an estimate of nothing. */
struct rac_attention {
	uint64_t batch;
	uint64_t heads;
	uint64_t kv_heads; /* must divide heads; 0: as heads (MHA); 1 is MQA */
	uint64_t query;    /* query tokens */
	uint64_t keys;     /* key and value tokens; 0: as query (self-attention) */
	uint64_t head_dim;
	uint64_t value_dim; /* 0: as head_dim */
	bool value_in_key; /* values are a part of the keys (MLA, absorbed): no memory of their own */
	uint64_t window;   /* each token sees this many, itself included; 0: all */
	uint64_t chunk;    /* query tokens processed at once; 0: all */
	uint64_t key_splits; /* flash only: decode splits the keys; 0 or 1: it does not */
	enum rac_dtype dtype;
	bool scores_given;
	enum rac_dtype scores; /* of the naive score tensor, where scores_given; else as dtype */
	bool no_dropout;       /* keep the softmax alone for backward */
	enum rac_kernel kernel;
	enum rac_pass pass;
};

/*
 * Memory of one attention layer. With b, a, g, d, v for batch, heads, kv_heads, head_dim, value_dim,
 * e for the bytes of an element, and with s = min(query, chunk), t = min(keys, window - 1 + s):
 *
 *	both	query b*a*s*d*e, key b*g*t*d*e, value b*g*t*v*e, output b*a*s*v*e
 *	naive	scores b*a*s*t*e_scores
 *	  kept	softmax b*a*s*t*e; with dropout its result and a byte of mask too: (2e + 1)
 *	flash	log_sum_exp 4*b*a*s; key_splits n > 1: splits n*b*a*s*(v' + 1)*4
 *	backward	grad_output, grad_query, grad_key, grad_value as their tensors;
 *	  naive	grad_scores b*a*s*t*e_scores (of the two gradients of that shape that are alive,
 *		one takes the room of the scores)
 *	  flash	delta 4*b*a*s'; grad_query also 4*b*a*s'*d' to add up in fp32; with fewer KV heads
 *		than heads, grad_key and grad_value once more for each head before they are summed
 *
 * where s' is s rounded up to 128, and d', v' are rounded up to 32 (from 129 on: to 64).
 * With naive, g = a, t = s, v = d this is 4*b*a*s*d*e + b*a*s*s*e, the seed's formula.
 *
 * Sources: rust-ai-core memory.rs (naive); Korthikanti et al., arXiv 2205.05198, section 4.1 (what
 * softmax and dropout keep); flash-attention csrc/flash_attn/flash_api.cpp (softmax_lse,
 * softmax_lse_accum and out_accum, softmax_d, dq_accum, dk_expanded); a chunk of s tokens under a
 * window w reads w - 1 + s keys, as vLLM's SlidingWindowSpec counts them.
 */
enum rac_status rac_estimate_attention(
	const struct rac_attention *a, struct rac_estimate *out, struct rac_why *why);

/* The KV cache of like layers. Fields are >= 1 unless said otherwise. */
struct rac_kv_cache {
	uint64_t batch;     /* sequences */
	uint64_t tokens;    /* of each sequence; may be 0 */
	uint64_t layers;    /* may be 0 */
	uint64_t kv_heads;  /* MLA: 1 */
	uint64_t key_dim;   /* MLA: rank of the latent */
	uint64_t value_dim; /* MLA: the rotary part; 0: nothing but keys */
	enum rac_dtype key_dtype, value_dtype;
	uint64_t key_scale_bytes;   /* per token and head, for quantised caches; may be 0 */
	uint64_t value_scale_bytes; /* the same for values */
	uint64_t block_tokens;      /* tokens of a page; 0: not paged */
	uint64_t window;            /* 0: all tokens are kept */
	uint64_t window_step;       /* tokens of one sequence in one step, under a window; 0: 1 */
};

/*
 * Bytes of a KV cache: layers * batch * kept tokens * kv_heads * (key row + value row), each row
 * padded as its dtype demands, into RAC_PART_KV_CACHE, and the scales into RAC_PART_KV_SCALES.
 * Kept tokens: all of them; under a window w with steps of n, min(tokens, w - 1 + n); paged with
 * blocks of k, rounded up to whole blocks, and one block more under a window, which need not begin
 * where a block does.
 *
 * Sources: vLLM kv_cache_interface.py (FullAttentionSpec, MLAAttentionSpec: no factor of two, one
 * head; SlidingWindowSpec); llama.cpp (K and V of their own types, rows in whole blocks).
 */
enum rac_status rac_estimate_kv_cache(
	const struct rac_kv_cache *kv, struct rac_estimate *out, struct rac_why *why);

/*
 * What PyTorch's caching allocator takes from the driver for `count` tensors of `bytes` bytes each:
 * blocks of 512 bytes; up to 1 MiB from segments of 2 MiB, below 10 MiB from segments of 20 MiB, and
 * larger ones in multiples of 2 MiB. Tensors of other sizes share segments too, so a sum over sizes
 * is an upper bound for a program that frees nothing.
 * Source: c10/cuda/CUDACachingAllocator (kMinBlockSize, kSmallSize, kSmallBuffer, kLargeBuffer,
 * kMinLargeAlloc, kRoundLarge) with default settings.
 * RAC_OVERFLOW: *reserved is UINT64_MAX.
 */
enum rac_status rac_torch_reserved(uint64_t bytes, uint64_t count, uint64_t *reserved);

#ifdef __cplusplus
}
#endif
#endif

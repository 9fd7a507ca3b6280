/*
 * rac_model.h - how many parameters a transformer has, and how much memory it takes to run or to
 * train it. Where the figures of a model come from is the caller's affair; the command reads them
 * from config.json and GGUF files.
 *
 * Units, results and threads are as in rac_estimate.h. No function allocates; a model is a plain
 * struct that the caller owns.
 */
#ifndef RAC_MODEL_H
#define RAC_MODEL_H

#include "rac_estimate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of rac_model.biases: which layers add a vector. */
#define RAC_BIAS_QKV    1u /* query, key and value projections */
#define RAC_BIAS_OUTPUT 2u /* the attention's output projection */
#define RAC_BIAS_FFN    4u
#define RAC_BIAS_HEAD   8u
#define RAC_BIAS_ROUTER 16u /* one number for each expert */

enum rac_qk_norm {
	RAC_QK_NORM_NONE,
	RAC_QK_NORM_HEAD, /* head_dim weights for queries, as many for keys, shared by the heads */
	RAC_QK_NORM_FULL, /* a weight for each element of all heads */
};

/*
 * A decoder of like layers. Fields are 0 where a model has no such thing, unless a range is named.
 * With kv_rank the attention is latent (MLA, DeepSeek-V2): keys and values are made from a latent of
 * kv_rank elements and rope_dim rotary ones; head_dim is then the part without rotation.
 */
struct rac_model {
	uint64_t layers;    /* >= 1 */
	uint64_t hidden;    /* >= 1 */
	uint64_t vocab;     /* >= 1 */
	uint64_t positions; /* learned position embeddings */

	uint64_t heads;     /* >= 1 */
	uint64_t kv_heads;  /* divides heads; 0: as heads */
	uint64_t head_dim;  /* >= 1 */
	uint64_t value_dim; /* 0: as head_dim */
	uint64_t q_rank, kv_rank, rope_dim;
	enum rac_qk_norm qk_norm;
	uint64_t window, window_layers; /* this many of the layers see a window only */

	uint64_t ffn; /* width of a dense layer; >= 1 unless all layers have experts */
	bool gated;   /* three matrices instead of two */
	uint64_t experts, experts_per_token; /* the latter in [1, experts] */
	uint64_t expert_ffn;                 /* width of one expert; >= 1 with experts */
	uint64_t shared_ffn;                 /* width of all shared experts together */
	bool shared_gate;                    /* hidden weights that scale the shared experts */
	uint64_t dense_layers;               /* layers without experts, where others have them */

	uint64_t layer_norms; /* norms of width hidden in a layer, usually 2 */
	bool final_norm;
	bool norm_biases;
	unsigned biases; /* RAC_BIAS_... */
	bool tied;       /* the head uses the embedding's weights */
};

enum rac_role {
	RAC_ROLE_EMBEDDING,
	RAC_ROLE_POSITION,
	RAC_ROLE_QUERY,
	RAC_ROLE_KEY,
	RAC_ROLE_VALUE,
	RAC_ROLE_OUTPUT,
	RAC_ROLE_FFN,
	RAC_ROLE_EXPERT,
	RAC_ROLE_ROUTER,
	RAC_ROLE_NORM,
	RAC_ROLE_BIAS,
	RAC_ROLE_HEAD,
	RAC_ROLE_COUNT
};

/* `count` tensors of rows x columns in all layers together; `active` of them work on one token. */
struct rac_model_tensor {
	enum rac_role role;
	uint64_t rows, columns, count, active;
};

/*
 * Calls visit for each shape of tensor that the model has, until it returns false. The walk is what
 * every count below rests on. RAC_INVALID: a field is outside its range. RAC_OVERFLOW: a number of
 * rows or tensors does not fit.
 */
enum rac_status rac_model_each_tensor(const struct rac_model *m,
	bool (*visit)(void *context, const struct rac_model_tensor *t), void *context,
	struct rac_why *why);

struct rac_parameters {
	uint64_t total;
	uint64_t active;  /* of those, what works on one token; fewer with experts */
	uint64_t largest; /* of the largest single tensor: DeepSpeed's "largest layer" */
	uint64_t roles[RAC_ROLE_COUNT];
};

/*
 * Counts parameters, not bytes: attention h*a*d + h*g*d + h*g*v + a*v*h in each layer; MLA
 * q_r*(h + a*(d + rope)) (without q_rank: h*a*(d + rope)), h*(r + rope) + r*a*(d + v), a*v*h and the
 * two norms of its latents; 2 or 3 matrices of h*f for a dense layer and for each expert, h*E for
 * the router; V*h for the embedding and again for a head that is not tied; norms and biases.
 * Sources: Megatron-LM theoretical_memory_usage.py; DeepSeek-V2, arXiv 2405.04434, section 2.1;
 * checked against the published counts of the models in tests/data/models.
 */
enum rac_status rac_model_parameters(
	const struct rac_model *m, struct rac_parameters *out, struct rac_why *why);

/*
 * Parameters of LoRA adapters of a rank on the matrices of some roles (1u << RAC_ROLE_...): for each
 * rank * (rows + columns). Source: Hu et al., LoRA, arXiv 2106.09685, section 4.
 */
#define RAC_LORA_ATTENTION \
	(1u << RAC_ROLE_QUERY | 1u << RAC_ROLE_KEY | 1u << RAC_ROLE_VALUE | 1u << RAC_ROLE_OUTPUT)
#define RAC_LORA_ALL (RAC_LORA_ATTENTION | 1u << RAC_ROLE_FFN | 1u << RAC_ROLE_EXPERT)
enum rac_status rac_model_lora_parameters(const struct rac_model *m, uint64_t rank, unsigned roles,
	uint64_t *parameters, struct rac_why *why);

/*
 * Bytes of the weights, into RAC_PART_WEIGHTS: the matrices inside the layers in `dtype`, and the
 * rest (embeddings, head, router, norms, biases) in `rest`, because quantisation spares those; for
 * 16 and 32-bit types both are usually the same. Each row or tensor is padded as its type demands.
 * With torch_blocks, RAC_PART_ROUNDING holds what PyTorch's allocator adds (rac_torch_reserved).
 */
enum rac_status rac_model_weights(const struct rac_model *m, enum rac_dtype dtype,
	enum rac_dtype rest, bool torch_blocks, struct rac_estimate *out, struct rac_why *why);

/* The KV cache of a whole model; kv_heads and dims of *shape are ignored, and so are its layers,
 * window and scales: they follow from the model. MLA caches the latent and the rotary part, and in
 * 8 bits the layout of FlashMLA: the latent with a 4-byte scale for each 128 elements, the rotary
 * part in 16 bits. */
enum rac_status rac_model_kv_cache(const struct rac_model *m, const struct rac_kv_cache *shape,
	struct rac_estimate *out, struct rac_why *why);

enum rac_regime {
#define RAC_REGIME(id, ...) RAC_REGIME_##id,
#include "estimate_regimes.def"
#undef RAC_REGIME
	RAC_REGIME_COUNT
};

/* "adam", and what it means; NULL outside the enum. */
const char *rac_regime_name(enum rac_regime regime);
const char *rac_regime_words(enum rac_regime regime);

/* Weights, gradients and optimizer states of training. */
struct rac_states {
	uint64_t parameters; /* that are trained */
	uint64_t largest;    /* parameters of the largest tensor; used by ZeRO-3 */
	enum rac_regime regime;
	unsigned zero;              /* ZeRO stage, 0 to 3 */
	uint64_t ranks;             /* data-parallel GPUs, 0: 1 */
	uint64_t ranks_per_node;    /* 0: all on one node; must divide ranks */
	bool offload_optimizer;     /* stages 2 and 3: to host memory */
	bool offload_weights;       /* stage 3 with offload_optimizer */
	bool zero_init;             /* stage 3: the model is built in shards */
	bool communication_buffers; /* count the default buckets of DeepSpeed */
};

/*
 * States on one GPU, and in *host_bytes (unless NULL) on one node's host.
 *
 * Stage 0: the row of the regime times N. Stage 1: the optimizer's share is divided by the ranks D.
 * Stages 2 and 3 are DeepSpeed's own formulas, for the two mixed-precision Adam regimes only:
 *	2			weights 2N, gradients 2N, optimizer 16N/D
 *	2, optimizer offloaded	weights 2N;	host max(4*D, 16)*N*1.5
 *	3			weights 2N/D, optimizer 16N/D, working layer 4*largest
 *	3, optimizer offloaded	weights 2N/D, working layer;	host 16N/nodes*1.5
 *	3, weights as well	working layer;	host 18N/nodes*1.5
 * without offload host 4*ranks_per_node*N*1.5 (3 with zero_init: of the largest tensor only), which
 * is also the least for stage 3 without zero_init. Communication: 5e8 elements of 2 bytes from
 * stage 1 on, 1e9 more for stage 3.
 *
 * Sources: arXiv 1910.02054; DeepSpeed stage_1_and_2.py and stage3.py
 * (estimate_zero{2,3}_model_states_mem_needs); cookbook calc_transformer_mem.py (buckets).
 */
enum rac_status rac_estimate_states(const struct rac_states *s, struct rac_estimate *out,
	uint64_t *host_bytes, struct rac_why *why);

enum rac_recompute {
	RAC_RECOMPUTE_NONE,
	RAC_RECOMPUTE_SELECTIVE, /* scores and softmax; what flash attention amounts to */
	RAC_RECOMPUTE_FULL,      /* each layer keeps its input only */
};

struct rac_activations {
	uint64_t batch, sequence; /* of one microbatch; may be 0 */
	enum rac_dtype dtype;     /* of the activations; a plain type */
	enum rac_recompute recompute;
	enum rac_kernel kernel;
	bool no_dropout;
	uint64_t tensor_parallel; /* ranks, 0: 1 */
	bool sequence_parallel;
	uint64_t in_flight; /* microbatches that a pipeline stage holds, 0: 1 */
};

/*
 * Activations that one GPU keeps for the backward pass, for s tokens in b sequences:
 *
 *	layer	s*b*e*(h*(norms + 2) + q + k + v + o + 2f) + 2*s*b*h, where q = a*d, k = g*d, v = g*v,
 *		o = a*v; a gated FFN keeps 4f; experts keep their own copies of input and output
 *	scores	s*b*a*s*(2e + 1), without dropout s*b*a*s*e; none with flash or selective
 *	full	s*b*h*e for each layer, and one layer (RAC_PART_RECOMPUTED) as above
 *	outside	ids 8*s*b and a mask s*b*h (RAC_PART_EMBEDDING); 4*s*b*(h + V) for the last norm, the
 *		logits and the loss in fp32 (RAC_PART_LOGITS)
 *
 * For q = k = v = o = h, two norms and f = 4h a layer is s*b*h*((16e + 2) + (2e + 1)*a*s/h), with
 * e = 2 the paper's s*b*h*(34 + 5*a*s/h). Tensor parallelism divides q, k, v, o, f, the scores and
 * the logits, so a layer is s*b*h*(10 + 24/T + 5*a*s/(h*T)); with sequence parallelism all of it.
 *
 * Sources: Korthikanti et al., arXiv 2205.05198, sections 4.1 to 4.3, equations 1 to 6;
 * Megatron-LM theoretical_memory_usage.py (embedding, logits). Counted by the same rules, but not in
 * either: fewer KV heads, gated FFNs (gate, its activation, up and product), experts and MLA.
 */
enum rac_status rac_estimate_activations(const struct rac_model *m, const struct rac_activations *a,
	struct rac_estimate *out, struct rac_why *why);

/* One step of inference. */
struct rac_step {
	uint64_t batch;
	uint64_t tokens;  /* of each sequence in this step: 1 to decode, a chunk to prefill */
	uint64_t context; /* tokens that they see; 0: as tokens */
	enum rac_dtype dtype;
	enum rac_kernel kernel;
};

/*
 * Workspace of a step beside weights and KV cache: the residual stream and its normalised copy
 * 2*b*n*h*e, the wider of one layer's attention (rac_estimate_attention; flash reads old keys from
 * the cache, naive copies them) and FFN, and fp32 logits of the last token of each sequence 4*b*V.
 * An estimate by construction: engines fuse and reuse; a measured step is better.
 */
enum rac_status rac_estimate_step(const struct rac_model *m, const struct rac_step *step,
	struct rac_estimate *out, struct rac_why *why);

#ifdef __cplusplus
}
#endif
#endif

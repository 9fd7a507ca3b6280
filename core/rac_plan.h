/*
 * rac_plan.h - a whole run of a model on one GPU: everything that rac_model.h estimates, put
 * together, and the largest batch, context or number of layers that fits a budget.
 *
 * Units, results and threads are as in rac_estimate.h.
 */
#ifndef RAC_PLAN_H
#define RAC_PLAN_H

#include "rac_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What depends on a field that is 0 is left out, unless a default is named. */
struct rac_plan {
	struct rac_model model;
	bool training;

	enum rac_dtype dtype;  /* of the weights in inference, of a frozen base, of activations */
	enum rac_dtype rest;   /* of embeddings, head, norms; see rac_model_weights */
	uint64_t weight_bytes; /* known from a file: instead of what dtype makes of the model */
	uint64_t batch;        /* sequences; 0: 1 */
	uint64_t context;      /* tokens of each; 0: no KV cache and no activations */
	uint64_t tensor_parallel; /* divides weights, states, KV heads; 0: 1 */

	enum rac_dtype key_dtype, value_dtype; /* of the KV cache */
	uint64_t block_tokens;                 /* of a page of it */
	uint64_t step; /* tokens of a sequence in one step; 0: no workspace */
	enum rac_kernel kernel;

	struct rac_states states; /* parameters and largest are filled in */
	uint64_t lora_rank;       /* 0: everything is trained */
	unsigned lora_roles;
	enum rac_recompute recompute;
	bool no_dropout, sequence_parallel;
	uint64_t in_flight;

	bool torch_blocks; /* count what PyTorch's allocator rounds up */
	uint64_t overhead; /* thousandths, on all but fixed; 0: 1000 */
	uint64_t fixed;    /* bytes: CUDA context, NCCL, cuBLAS workspaces */
};

/*
 * The sum. Inference: weights, KV cache and, with step, its workspace. Training: states (with LoRA:
 * the frozen base, the adapters and their states) and, with context, activations. Then allocator
 * rounding, overhead and fixed costs, in this order. *host_bytes (unless NULL) is what ZeRO keeps in
 * the host memory of a node.
 * With torch_blocks weights and states are rounded tensor by tensor, and each other part to 2 MiB.
 */
enum rac_status rac_estimate_plan(const struct rac_plan *p, struct rac_estimate *out,
	uint64_t *host_bytes, struct rac_why *why);

/* What is sought. */
enum rac_fit_variable {
	RAC_FIT_BATCH,
	RAC_FIT_CONTEXT,
	RAC_FIT_LAYERS, /* of the model's own; embedding and head stay */
};

struct rac_fit {
	uint64_t value;           /* the largest that fits; 0: not even 1 does */
	bool bounded;             /* false: all values up to the ceiling fit, and `past` is empty */
	struct rac_estimate at;   /* with value; empty when value is 0 */
	struct rac_estimate past; /* with value + 1: why no more fits */
};

/*
 * The largest value in [1, ceiling] for which estimate(context, value) gives at most `budget` bytes.
 * estimate must be monotone. An overflow counts as not fitting; RAC_INVALID ends the search and is
 * returned. About 2*log2(value) calls: doubling, then bisection.
 */
enum rac_status rac_fit_largest(
	enum rac_status (*estimate)(void *context, uint64_t value, struct rac_estimate *out),
	void *context, uint64_t budget, uint64_t ceiling, struct rac_fit *out);

/* The same for a plan; its field of that variable is ignored. The ceiling of layers is the model's
 * own number, that of the others 2^40. */
enum rac_status rac_plan_fit(const struct rac_plan *p, enum rac_fit_variable variable,
	uint64_t budget, struct rac_fit *out, struct rac_why *why);

#ifdef __cplusplus
}
#endif
#endif

/*
 * estimate_kv.c - the verb `rac estimate kv`: flags in, the bytes of a KV cache out.
 */
#include "estimate.h"

struct options {
	uint64_t batch, context, layers, kv_heads, head_dim, value_dim, latent, rope;
	uint64_t block, window, step, scale, overhead;
	enum rac_dtype dtype, value_dtype;
	bool json;
};

#define FLAG(name, value, type, field, help)                                                    \
	{                                                                                       \
		(name), (value), RAC_FLAG_##type, offsetof(struct options, field), NULL, (help) \
	}

static const struct rac_flag shape_flags[] = {
	FLAG("--layers", "L", COUNT, layers, "layers that have a cache"),
	FLAG("--kv-heads", "G", COUNT, kv_heads, "key and value heads"),
	FLAG("--head-dim", "D", COUNT, head_dim, "elements of a key"),
	FLAG("--value-dim", "D", COUNT, value_dim, "elements of a value; default: --head-dim"),
	FLAG("--context", "N", COUNT, context, "tokens of a sequence"),
	FLAG("--batch", "B", COUNT, batch, "sequences; default 1"),
	FLAG("--dtype", "T", DTYPE, dtype, "data type of the keys, and of the values"),
};
static const struct rac_flag how_flags[] = {
	FLAG("--value-dtype", "T", DTYPE, value_dtype, "of the values; default: as --dtype"),
	FLAG("--latent", "R", COUNT, latent,
		"MLA: rank of the latent, instead of --kv-heads, --head-dim"),
	FLAG("--rope-dim", "P", COUNT, rope, "MLA: rotary elements beside the latent"),
	FLAG("--block", "K", COUNT, block, "tokens of a page; default: not paged"),
	FLAG("--window", "W", COUNT, window, "tokens that are kept; default: all"),
	FLAG("--step", "S", COUNT, step, "tokens of a sequence in one step, under --window"),
	FLAG("--scale-bytes", "N", COUNT, scale,
		"scale of a key and of a value, for each token and head"),
	FLAG("--overhead", "F", FACTOR, overhead, "multiply by F, as in 1.1; default 1"),
	FLAG("--json", NULL, SWITCH, json, "print the result as JSON"),
};
static const struct rac_flag_group shape = {
	"shape", shape_flags, sizeof(shape_flags) / sizeof(shape_flags[0])};
static const struct rac_flag_group how = {
	"the rest", how_flags, sizeof(how_flags) / sizeof(how_flags[0])};
static const struct rac_flag_group *const groups[] = {&shape, &how, NULL};
const struct rac_usage rac_estimate_kv_usage = {
	.verb = "rac estimate kv",
	.operands = "",
	.summary = "Bytes of a KV cache. Needs --layers, --kv-heads and --head-dim (or --latent),\n"
		   "--context and --dtype.",
	.groups = groups,
};

static bool check(const void *options, struct rac_complaint *c)
{
	const struct options *o = options;
	const struct rac_required needed[] = {
		{"--layers L", o->layers == 0},
		{"--kv-heads G", o->kv_heads == 0 && o->latent == 0},
		{"--head-dim D", o->head_dim == 0 && o->latent == 0},
		{"--context N", o->context == 0},
		{"--dtype T", o->dtype == RAC_DTYPE_COUNT},
	};

	if (!rac_required_check(needed, sizeof(needed) / sizeof(needed[0]), c))
		return false;
	if (o->latent != 0 && (o->head_dim != 0 || o->value_dim != 0 || o->kv_heads != 0))
		return rac_complain(c,
			"--latent is key and value to all heads; leave --head-dim,"
			" --value-dim and --kv-heads away");
	if (o->rope != 0 && o->latent == 0)
		return rac_complain(c, "--rope-dim belongs to --latent R, which is missing");
	if (o->step != 0 && o->window == 0)
		return rac_complain(c, "--step belongs to --window W, which is missing");
	return true;
}

static struct rac_kv_cache cache_of(const struct options *o)
{
	bool mla = o->latent != 0;
	uint64_t value_dim = o->value_dim != 0 ? o->value_dim : o->head_dim;

	return (struct rac_kv_cache){
		.batch = o->batch,
		.tokens = o->context,
		.layers = o->layers,
		.kv_heads = mla ? 1 : o->kv_heads,
		.key_dim = mla ? o->latent : o->head_dim,
		.value_dim = mla ? o->rope : value_dim,
		.key_dtype = o->dtype,
		.value_dtype = o->value_dtype != RAC_DTYPE_COUNT ? o->value_dtype : o->dtype,
		.key_scale_bytes = o->scale,
		.value_scale_bytes = mla ? 0 : o->scale,
		.block_tokens = o->block,
		.window = o->window,
		.window_step = o->step,
	};
}

static enum rac_status estimate(const void *options, struct rac_estimate *out, struct rac_why *why)
{
	struct rac_kv_cache kv = cache_of(options);

	return rac_estimate_kv_cache(&kv, out, why);
}

int rac_estimate_kv_verb(int argc, char **argv)
{
	struct options o = {.batch = 1,
		.dtype = RAC_DTYPE_COUNT,
		.value_dtype = RAC_DTYPE_COUNT,
		.overhead = RAC_OVERHEAD_NONE};
	const struct rac_estimate_verb verb = {
		&rac_estimate_kv_usage, check, estimate, &o, &o.json, &o.overhead};

	return rac_estimate_verb_run(&verb, argc, argv);
}

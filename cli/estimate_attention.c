/*
 * estimate_attention.c - the verb `rac estimate attention`: flags in, one layer's memory out.
 */
#include "estimate.h"

struct options {
	uint64_t batch, heads, kv_heads, seq, kv_seq, head_dim, value_dim;
	uint64_t window, chunk, splits, overhead, latent, rope;
	enum rac_dtype dtype, scores;
	unsigned kernel, pass;
	bool no_dropout, json;
};

#define FLAG(name, value, type, field, choices, help)                                         \
	{                                                                                     \
		(name), (value), RAC_FLAG_##type, offsetof(struct options, field), (choices), \
			(help)                                                                \
	}

static const struct rac_flag shape_flags[] = {
	FLAG("--batch", "B", COUNT, batch, NULL, "sequences"),
	FLAG("--heads", "H", COUNT, heads, NULL, "query heads"),
	FLAG("--kv-heads", "G", COUNT, kv_heads, NULL, "key and value heads; default: as --heads"),
	FLAG("--seq", "S", COUNT, seq, NULL, "query tokens of a sequence"),
	FLAG("--kv-seq", "N", COUNT, kv_seq, NULL, "key tokens; default: as --seq"),
	FLAG("--head-dim", "D", COUNT, head_dim, NULL, "elements of a head"),
	FLAG("--value-dim", "D", COUNT, value_dim, NULL,
		"elements of a value; default: --head-dim"),
	FLAG("--dtype", "T", DTYPE, dtype, NULL, "data type, such as bf16"),
};
static const struct rac_flag how_flags[] = {
	FLAG("--kernel", "naive|flash", CHOICE, kernel, "naive|flash",
		"whether scores are in memory; default naive"),
	FLAG("--scores-dtype", "T", DTYPE, scores, NULL,
		"of the scores of naive; default: as --dtype"),
	FLAG("--pass", "PASS", CHOICE, pass, "forward|training|backward",
		"forward (default), training or backward"),
	FLAG("--no-dropout", NULL, SWITCH, no_dropout, NULL, "training keeps no dropout mask"),
	FLAG("--window", "W", COUNT, window, NULL, "tokens that one token sees"),
	FLAG("--chunk", "C", COUNT, chunk, NULL, "query tokens processed at once"),
	FLAG("--splits", "N", COUNT, splits, NULL, "parts of the keys in flash decoding"),
	FLAG("--latent", "R", COUNT, latent, NULL,
		"MLA: rank of the latent that is key and value to all heads"),
	FLAG("--rope-dim", "P", COUNT, rope, NULL, "MLA: rotary elements beside the latent"),
	FLAG("--overhead", "F", FACTOR, overhead, NULL, "multiply by F, as in 1.1; default 1"),
	FLAG("--json", NULL, SWITCH, json, NULL, "print the result as JSON"),
};
static const struct rac_flag_group shape = {
	"shape", shape_flags, sizeof(shape_flags) / sizeof(shape_flags[0])};
static const struct rac_flag_group how = {
	"the rest", how_flags, sizeof(how_flags) / sizeof(how_flags[0])};
static const struct rac_flag_group *const groups[] = {&shape, &how, NULL};
const struct rac_usage rac_estimate_attention_usage = {
	.verb = "rac estimate attention",
	.operands = "",
	.summary =
		"Memory of one attention layer: query, key, value, output and the kernel's own.\n"
		"Needs --batch, --heads, --seq, --head-dim (or --latent) and --dtype.",
	.groups = groups,
};

static bool check(const void *options, struct rac_complaint *c)
{
	const struct options *o = options;
	const struct rac_required needed[] = {
		{"--batch B", o->batch == 0},
		{"--heads H", o->heads == 0},
		{"--seq S", o->seq == 0},
		{"--head-dim D", o->head_dim == 0 && o->latent == 0},
		{"--dtype T", o->dtype == RAC_DTYPE_COUNT},
	};

	if (!rac_required_check(needed, sizeof(needed) / sizeof(needed[0]), c))
		return false;
	if (o->latent != 0 && (o->head_dim != 0 || o->value_dim != 0 || o->kv_heads != 0))
		return rac_complain(c,
			"--latent makes keys and values itself; leave --head-dim,"
			" --value-dim and --kv-heads away");
	if (o->rope != 0 && o->latent == 0)
		return rac_complain(c, "--rope-dim belongs to --latent R, which is missing");
	if (o->splits > 1 && o->kernel != RAC_KERNEL_FLASH)
		return rac_complain(c, "--splits is for --kernel flash; naive splits nothing");
	return true;
}

static struct rac_attention layer_of(const struct options *o)
{
	struct rac_attention a = {
		.batch = o->batch,
		.heads = o->heads,
		.kv_heads = o->kv_heads,
		.query = o->seq,
		.keys = o->kv_seq,
		.head_dim = o->head_dim,
		.value_dim = o->value_dim,
		.window = o->window,
		.chunk = o->chunk,
		.key_splits = o->splits,
		.dtype = o->dtype,
		.scores_given = o->scores != RAC_DTYPE_COUNT,
		.scores = o->scores,
		.no_dropout = o->no_dropout,
		.kernel = (enum rac_kernel)o->kernel,
		.pass = (enum rac_pass)o->pass,
	};

	if (o->latent != 0) {
		a.kv_heads = 1;
		/* A sum that wraps would be far above 2^63 rows; saturate, and it overflows later. */
		if (__builtin_add_overflow(o->latent, o->rope, &a.head_dim))
			a.head_dim = UINT64_MAX;
		a.value_dim = o->latent;
		a.value_in_key = true;
	}
	return a;
}

static enum rac_status estimate(const void *options, struct rac_estimate *out, struct rac_why *why)
{
	struct rac_attention a = layer_of(options);

	return rac_estimate_attention(&a, out, why);
}

int rac_estimate_attention_verb(int argc, char **argv)
{
	struct options o = {
		.dtype = RAC_DTYPE_COUNT, .scores = RAC_DTYPE_COUNT, .overhead = RAC_OVERHEAD_NONE};
	const struct rac_estimate_verb verb = {
		&rac_estimate_attention_usage, check, estimate, &o, &o.json, &o.overhead};

	return rac_estimate_verb_run(&verb, argc, argv);
}

/*
 * estimate_states.c - weights, gradients and optimizer states of training, and how ZeRO divides them.
 */
#include "checked.h"
#include "estimate_tally.h"
#include "rac_model.h"

static const struct {
	const char *name, *words;
	uint8_t weight, gradient, optimizer, more;
} regimes[] = {
#define RAC_REGIME(id, text, weight_, gradient_, optimizer_, more_, words_) \
	[RAC_REGIME_##id] = {(text), (words_), (weight_), (gradient_), (optimizer_), (more_)},
#include "estimate_regimes.def"
#undef RAC_REGIME
};

const char *rac_regime_name(enum rac_regime regime)
{
	return (unsigned)regime < RAC_REGIME_COUNT ? regimes[regime].name : NULL;
}

const char *rac_regime_words(enum rac_regime regime)
{
	return (unsigned)regime < RAC_REGIME_COUNT ? regimes[regime].words : NULL;
}

/* A tally of one GPU's states. */
struct division {
	struct rac_tally t;
	const struct rac_states *s;
	uint64_t ranks, per_node, nodes;
	uint64_t host;
};

/* Adds ceil(n * bytes / ranks). */
static void share(
	struct division *d, enum rac_part part, uint64_t n, uint64_t bytes, uint64_t ranks)
{
	uint64_t result;

	if (d->t.status != RAC_OK)
		return;
	if (rac_checked_scale_up(n, bytes, ranks, &result))
		RAC_TALLY_BYTES(&d->t, part, result);
	else
		rac_tally_overflow(&d->t, rac_part_name(part));
}

/* ceil(n * bytes * 3 / 2 / nodes): DeepSpeed takes half as much again for buffers. */
static void host(struct division *d, uint64_t n, uint64_t bytes, uint64_t nodes)
{
	if (!rac_checked_mul(bytes, 3, &bytes) || !rac_checked_mul(nodes, 2, &nodes) ||
		!rac_checked_scale_up(n, bytes, nodes, &d->host))
		rac_tally_overflow(&d->t, "host memory");
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void divide_none(struct division *d)
{
	const struct rac_states *s = d->s;
	uint64_t ranks = s->zero == 1 ? d->ranks : 1;

	share(d, RAC_PART_WEIGHTS, s->parameters, regimes[s->regime].weight, 1);
	share(d, RAC_PART_GRADIENTS, s->parameters, regimes[s->regime].gradient, 1);
	share(d, RAC_PART_OPTIMIZER, s->parameters, regimes[s->regime].optimizer, ranks);
	if (regimes[s->regime].more != 0) {
		uint64_t blocks = s->parameters / 2048 + (s->parameters % 2048 != 0);

		share(d, RAC_PART_OPTIMIZER, blocks, regimes[s->regime].more, ranks);
	}
}

static void divide_2(struct division *d)
{
	const struct rac_states *s = d->s;

	share(d, RAC_PART_WEIGHTS, s->parameters, 2, 1);
	if (s->offload_optimizer) {
		uint64_t bytes = 16;

		if (!rac_checked_mul(d->ranks, 4, &bytes))
			rac_tally_overflow(&d->t, "ranks");
		host(d, s->parameters, larger(bytes, 16), 1);
		return;
	}
	share(d, RAC_PART_GRADIENTS, s->parameters, 2, 1);
	share(d, RAC_PART_OPTIMIZER, s->parameters, 16, d->ranks);
	host(d, s->parameters, 4 * d->per_node, 1);
}

static void divide_3(struct division *d)
{
	const struct rac_states *s = d->s;
	/* Bytes for each parameter on a host, times the number of hosts that share them. */
	uint64_t all = s->offload_weights ? 18 : 16, whole = 0;

	share(d, RAC_PART_WORKING_LAYER, s->largest, 4, 1);
	if (!s->offload_weights)
		share(d, RAC_PART_WEIGHTS, s->parameters, 2, d->ranks);
	if (!s->offload_optimizer) {
		share(d, RAC_PART_OPTIMIZER, s->parameters, 16, d->ranks);
		host(d, s->zero_init ? s->largest : s->parameters, 4 * d->per_node, 1);
		return;
	}
	/* Without sharded construction each rank of a node first builds a whole fp32 copy. */
	if (!rac_product((const uint64_t[]){4, d->per_node, d->nodes}, 3, &whole))
		rac_tally_overflow(&d->t, "ranks");
	host(d, s->parameters, s->zero_init ? all : larger(all, whole), d->nodes);
}

static void check(struct division *d)
{
	const struct rac_states *s = d->s;
	bool mixed_adam = s->regime == RAC_REGIME_ADAM || s->regime == RAC_REGIME_ADAM_F32_GRADS;

	if ((unsigned)s->regime >= RAC_REGIME_COUNT)
		rac_tally_refuse(&d->t, "regime", s->regime, "must be a regime of the table");
	if (s->zero > 3)
		rac_tally_refuse(&d->t, "zero", s->zero, "must be a stage from 0 to 3");
	if (d->per_node > d->ranks || d->ranks % d->per_node != 0)
		rac_tally_refuse(&d->t, "ranks_per_node", d->per_node, "must divide ranks");
	if (d->ranks >> 32 != 0)
		rac_tally_refuse(&d->t, "ranks", d->ranks, "must be below 2^32");
	if (s->zero >= 2 && !mixed_adam)
		rac_tally_refuse(
			&d->t, "zero", s->zero, "is known for Adam in mixed precision only");
	if (s->offload_optimizer && s->zero < 2)
		rac_tally_refuse(&d->t, "zero", s->zero, "must be 2 or 3 to offload the optimizer");
	if (s->offload_weights && (s->zero != 3 || !s->offload_optimizer))
		rac_tally_refuse(&d->t, "zero", s->zero,
			"must be 3, with the optimizer offloaded, to offload weights");
}

enum rac_status rac_estimate_states(const struct rac_states *s, struct rac_estimate *out,
	uint64_t *host_bytes, struct rac_why *why)
{
	struct division d = {.t = rac_tally_begin(out, why), .s = s};

	d.ranks = s->ranks != 0 ? s->ranks : 1;
	d.per_node = s->ranks_per_node != 0 ? s->ranks_per_node : d.ranks;
	d.nodes = d.ranks / d.per_node;
	check(&d);
	if (d.t.status != RAC_OK)
		return rac_tally_end(&d.t);
	if (s->zero == 3)
		divide_3(&d);
	else if (s->zero == 2)
		divide_2(&d);
	else
		divide_none(&d);
	if (s->communication_buffers && s->zero >= 1)
		RAC_TALLY_BYTES(&d.t, RAC_PART_COMMUNICATION, 2, 500000000);
	if (s->communication_buffers && s->zero == 3)
		RAC_TALLY_BYTES(&d.t, RAC_PART_COMMUNICATION, 2, 1000000000);
	if (host_bytes != NULL)
		*host_bytes = d.t.status == RAC_OK ? d.host : UINT64_MAX;
	return rac_tally_end(&d.t);
}

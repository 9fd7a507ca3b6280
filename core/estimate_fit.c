/*
 * estimate_fit.c - the largest value for which a monotone estimate stays within a budget.
 */
#include "checked.h"
#include "estimate_tally.h"
#include "rac_plan.h"
#include <string.h>

struct search {
	enum rac_status (*estimate)(void *context, uint64_t value, struct rac_estimate *out);
	void *context;
	uint64_t budget;
	struct rac_fit *out;
	bool invalid;
};

/* Whether a value fits; keeps the breakdown on the side of the border where it lies. */
static bool fits(struct search *s, uint64_t value)
{
	struct rac_estimate e;
	enum rac_status status = s->estimate(s->context, value, &e);

	if (status != RAC_OK && status != RAC_OVERFLOW) {
		s->invalid = true;
		return false;
	}
	if (status == RAC_OK && e.bytes <= s->budget) {
		s->out->value = value;
		s->out->at = e;
		return true;
	}
	s->out->past = e;
	s->out->bounded = true;
	return false;
}

enum rac_status rac_fit_largest(
	enum rac_status (*estimate)(void *context, uint64_t value, struct rac_estimate *out),
	void *context, uint64_t budget, uint64_t ceiling, struct rac_fit *out)
{
	struct search s = {estimate, context, budget, out, false};
	uint64_t good = 0, bad = 1;

	memset(out, 0, sizeof(*out));
	while (bad <= ceiling && fits(&s, bad)) {
		good = bad;
		/* The last probe is the ceiling itself. */
		if (bad == ceiling)
			break;
		bad = bad > ceiling / 2 ? ceiling : bad * 2;
	}
	while (!s.invalid && out->bounded && bad - good > 1) {
		uint64_t middle = good + (bad - good) / 2;

		if (fits(&s, middle))
			good = middle;
		else
			bad = middle;
	}
	return s.invalid ? RAC_INVALID : RAC_OK;
}

struct plan_search {
	struct rac_plan plan;
	const struct rac_plan *whole;
	enum rac_fit_variable variable;
	struct rac_why *why;
};

/* The first n layers: as many of them are dense or windowed as there would be in the whole. */
static enum rac_status take_layers(struct plan_search *s, uint64_t n)
{
	const struct rac_model *whole = &s->whole->model;
	struct rac_model *part = &s->plan.model;
	struct rac_parameters all, some;

	*part = *whole;
	part->layers = n;
	if (part->dense_layers > n)
		part->dense_layers = n;
	if (whole->window_layers > 0) {
		__extension__ typedef unsigned __int128 wide;

		part->window_layers = (uint64_t)((wide)n * whole->window_layers / whole->layers);
	}
	s->plan.weight_bytes = 0;
	if (s->whole->weight_bytes == 0)
		return RAC_OK;
	enum rac_status status = rac_model_parameters(whole, &all, s->why);

	if (status == RAC_OK)
		status = rac_model_parameters(part, &some, s->why);
	if (status == RAC_OK &&
		!rac_checked_scale_up(
			s->whole->weight_bytes, some.total, all.total, &s->plan.weight_bytes))
		status = RAC_OVERFLOW;
	return status;
}

static enum rac_status estimate_with(void *context, uint64_t value, struct rac_estimate *out)
{
	struct plan_search *s = context;
	enum rac_status status = RAC_OK;

	if (s->variable == RAC_FIT_BATCH)
		s->plan.batch = value;
	else if (s->variable == RAC_FIT_CONTEXT)
		s->plan.context = value;
	else
		status = take_layers(s, value);
	if (status == RAC_OK)
		return rac_estimate_plan(&s->plan, out, NULL, s->why);
	memset(out, 0, sizeof(*out));
	out->bytes = UINT64_MAX;
	return status;
}

enum rac_status rac_plan_fit(const struct rac_plan *p, enum rac_fit_variable variable,
	uint64_t budget, struct rac_fit *out, struct rac_why *why)
{
	struct plan_search s = {.plan = *p, .whole = p, .variable = variable, .why = why};
	uint64_t ceiling = variable == RAC_FIT_LAYERS ? p->model.layers : UINT64_C(1) << 40;

	return rac_fit_largest(estimate_with, &s, budget, ceiling, out);
}

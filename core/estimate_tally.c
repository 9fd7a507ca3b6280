/*
 * estimate_tally.c - the arithmetic that all estimates share: adding parts, products that look for
 * a zero first, and the overhead factor.
 */
#include "estimate_tally.h"

#include "checked.h"
#include <string.h>

static const struct {
	const char *name, *words;
} parts[] = {
#define RAC_PART(id, key, text) [RAC_PART_##id] = {(key), (text)},
#include "estimate_parts.def"
#undef RAC_PART
};

const char *rac_part_name(enum rac_part part)
{
	return (unsigned)part < RAC_PART_COUNT ? parts[part].name : NULL;
}

const char *rac_part_words(enum rac_part part)
{
	return (unsigned)part < RAC_PART_COUNT ? parts[part].words : NULL;
}

enum rac_status rac_estimate_add(struct rac_estimate *e, enum rac_part part, uint64_t bytes)
{
	if ((unsigned)part >= RAC_PART_COUNT)
		return RAC_INVALID;
	/* A part is never above the sum, so it fits when the sum does. */
	if (!rac_checked_add(e->bytes, bytes, &e->bytes)) {
		e->bytes = UINT64_MAX;
		return RAC_OVERFLOW;
	}
	e->parts[part] += bytes;
	return RAC_OK;
}

enum rac_status rac_estimate_merge(
	struct rac_estimate *e, const struct rac_estimate *more, uint64_t times)
{
	for (unsigned i = 0; i < RAC_PART_COUNT; i++) {
		uint64_t bytes = UINT64_MAX;

		if (!rac_checked_mul(more->parts[i], times, &bytes) ||
			rac_estimate_add(e, (enum rac_part)i, bytes) != RAC_OK) {
			e->bytes = UINT64_MAX;
			return RAC_OVERFLOW;
		}
	}
	return RAC_OK;
}

enum rac_status rac_estimate_overhead(
	struct rac_estimate *e, uint64_t permille, struct rac_why *why)
{
	struct rac_tally t = {.out = e, .why = why, .status = RAC_OK};
	uint64_t extra;

	if (permille < RAC_OVERHEAD_NONE || permille > RAC_OVERHEAD_MAX)
		rac_tally_refuse(&t, "overhead", permille, "must be 1000 to 10000 thousandths");
	else if (!rac_checked_scale_up(e->bytes, permille - RAC_OVERHEAD_NONE, 1000, &extra))
		rac_tally_overflow(&t, rac_part_name(RAC_PART_OVERHEAD));
	else
		RAC_TALLY_BYTES(&t, RAC_PART_OVERHEAD, extra);
	/* A refused factor leaves the estimate as it is: it is the caller's, and still right. */
	return t.status == RAC_OVERFLOW ? rac_tally_end(&t) : t.status;
}

struct rac_tally rac_tally_begin(struct rac_estimate *out, struct rac_why *why)
{
	memset(out, 0, sizeof(*out));
	return (struct rac_tally){.out = out, .why = why, .status = RAC_OK};
}

static void fail(struct rac_tally *t, enum rac_status status, struct rac_why why)
{
	if (t->status != RAC_OK)
		return;
	t->status = status;
	if (t->why != NULL)
		*t->why = why;
}

void rac_tally_refuse(struct rac_tally *t, const char *what, uint64_t value, const char *rule)
{
	fail(t, RAC_INVALID, (struct rac_why){what, value, rule});
}

void rac_tally_overflow(struct rac_tally *t, const char *what)
{
	fail(t, RAC_OVERFLOW, (struct rac_why){what, UINT64_MAX, "does not fit 64 bits"});
}

void rac_tally_require(struct rac_tally *t, const char *what, uint64_t value)
{
	if (value == 0)
		rac_tally_refuse(t, what, value, "must be at least 1");
}

bool rac_product(const uint64_t *factors, size_t n, uint64_t *out)
{
	uint64_t product = 1;

	for (size_t i = 0; i < n; i++) {
		if (factors[i] == 0) {
			*out = 0;
			return true;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!rac_checked_mul(product, factors[i], &product))
			return false;
	*out = product;
	return true;
}

void rac_tally_tensor(struct rac_tally *t, enum rac_part part, enum rac_dtype dtype,
	uint64_t columns, const uint64_t *factors, size_t n)
{
	uint64_t rows, bytes;

	if (t->status != RAC_OK || columns == 0)
		return;
	if (rac_dtype_info(dtype) == NULL)
		rac_tally_refuse(t, "dtype", (uint64_t)dtype, "must be a dtype of the table");
	else if (!rac_product(factors, n, &rows) ||
		rac_dtype_bytes(dtype, rows, columns, &bytes) != RAC_OK)
		rac_tally_overflow(t, rac_part_name(part));
	else
		RAC_TALLY_BYTES(t, part, bytes);
}

void rac_tally_bytes(struct rac_tally *t, enum rac_part part, const uint64_t *factors, size_t n)
{
	uint64_t bytes;

	if (t->status != RAC_OK)
		return;
	if (!rac_product(factors, n, &bytes) || rac_estimate_add(t->out, part, bytes) != RAC_OK)
		rac_tally_overflow(t, rac_part_name(part));
}

enum rac_status rac_tally_end(struct rac_tally *t)
{
	if (t->status != RAC_OK)
		t->out->bytes = UINT64_MAX;
	return t->status;
}

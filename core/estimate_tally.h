/*
 * estimate_tally.h - adds up the parts of an estimate; the first failure sticks, so that formulas
 * read as formulas. It knows no formula itself.
 */
#ifndef RAC_ESTIMATE_TALLY_H
#define RAC_ESTIMATE_TALLY_H

#include "rac_estimate.h"

/* The caller owns all three; why may be NULL. */
struct rac_tally {
	struct rac_estimate *out;
	struct rac_why *why;
	enum rac_status status;
};

/* A tally that starts *out at nothing. */
struct rac_tally rac_tally_begin(struct rac_estimate *out, struct rac_why *why);

/* Refuses an argument; later calls of this tally do nothing. */
void rac_tally_refuse(struct rac_tally *t, const char *what, uint64_t value, const char *rule);

/* Notes that a part does not fit 64 bits. */
void rac_tally_overflow(struct rac_tally *t, const char *what);

/* Refuses a value that is 0. */
void rac_tally_require(struct rac_tally *t, const char *what, uint64_t value);

/* The product of n factors; 0 if one of them is 0, whatever the others are. False: overflow. */
bool rac_product(const uint64_t *factors, size_t n, uint64_t *out);

/* Adds rows of `columns` elements; the number of rows is the product of n factors. */
void rac_tally_tensor(struct rac_tally *t, enum rac_part part, enum rac_dtype dtype,
	uint64_t columns, const uint64_t *factors, size_t n);

/* Adds the product of n factors as bytes. */
void rac_tally_bytes(struct rac_tally *t, enum rac_part part, const uint64_t *factors, size_t n);

#define RAC_FACTORS(...) \
	(const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)
#define RAC_TALLY_TENSOR(t, part, dtype, columns, ...) \
	rac_tally_tensor((t), (part), (dtype), (columns), RAC_FACTORS(__VA_ARGS__))
#define RAC_TALLY_BYTES(t, part, ...) rac_tally_bytes((t), (part), RAC_FACTORS(__VA_ARGS__))

/* The status; after a failure *out is saturated. */
enum rac_status rac_tally_end(struct rac_tally *t);

#endif

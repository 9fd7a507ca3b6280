/*
 * size_text.h - sizes as people write and read them: parses "8GiB" or "80%", prints "1.50 GiB".
 * Integer arithmetic throughout; no locale.
 *
 *	size   := number [ unit ]
 *	number := digit { digit } [ "." digit { digit } ]
 *	unit   := "B" | ( "K" | "M" | "G" | "T" ) [ "B" | "i" | "iB" ]
 *	amount := size | number "%" | "none"
 *
 * Letters are taken in any case; units are powers of 1024. White space may stand before, after and
 * between tokens. A number with a fraction needs one of the units K to T or "%"; what is left of
 * less than a byte is cut off, so a limit is never higher than was asked for. At most 18 digits may
 * follow the point, 6 before "%". Signs, exponents, empty text and anything after the last token
 * are errors.
 */
#ifndef RAC_SIZE_TEXT_H
#define RAC_SIZE_TEXT_H

#include "fault.h"
#include "rac_status.h"
#include <stddef.h>
#include <stdint.h>

enum rac_amount_unit {
	RAC_AMOUNT_NONE,    /* "none", and any amount of zero; value is 0 */
	RAC_AMOUNT_BYTES,   /* value > 0 */
	RAC_AMOUNT_PERCENT, /* value in millionths of a percent, in (0, 100 %] */
};

#define RAC_AMOUNT_PERCENT_ONE UINT64_C(1000000)

struct rac_amount {
	enum rac_amount_unit unit;
	uint64_t value;
};

/*
 * Both read all of `length` bytes; text needs no NUL. On failure *out is left alone and *fault says
 * what is wrong at which offset. RAC_INVALID: not in the grammar, or a size greater than zero of
 * less than one byte. RAC_OVERFLOW: 2^64 bytes or more.
 */
enum rac_status rac_size_parse(
	const char *text, size_t length, uint64_t *out, struct rac_fault *fault);
enum rac_status rac_amount_parse(
	const char *text, size_t length, struct rac_amount *out, struct rac_fault *fault);

/* Bytes that an amount of a total is: rounded down, but at least 1 for what is more than none. */
uint64_t rac_amount_bytes(const struct rac_amount *amount, uint64_t total_bytes);

#define RAC_SIZE_TEXT_MAX       16 /* "1023 MiB" and NUL, with room to spare */
#define RAC_SIZE_TEXT_EXACT_MAX 48

/*
 * "0 B", "1023 B", "1.50 GiB", "12.0 MiB", "1023 KiB": three digits or the whole number, cut off,
 * not rounded, so that nothing is shown larger than it is. Returns the length.
 */
size_t rac_size_text(char out[RAC_SIZE_TEXT_MAX], uint64_t bytes);

/* The same, and where that cuts something off also the bytes: "1.00 GiB (1073741825 bytes)". */
size_t rac_size_text_exact(char out[RAC_SIZE_TEXT_EXACT_MAX], uint64_t bytes);

#endif

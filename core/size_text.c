/*
 * size_text.c - parses and prints sizes; the grammar is in size_text.h.
 */
#include "size_text.h"
#include "checked.h"
#include "text.h"
#include <string.h>

#define FRACTION_MOST         18 /* 10^18 < 2^63, and times 2^40 it fits 128 bits */
#define FRACTION_PERCENT_MOST 6

#define WRITE_NUMBER "write a number and a unit, such as 8G, 512M or 1.5G"
#define WRITE_UNIT   "write K, M, G or T, alone or followed by B, i or iB; or B for bytes"
#define WRITE_AMOUNT "write a size such as 8G, a percentage such as 80%, or none"

__extension__ typedef unsigned __int128 wide;

/* One pass over the text; `at` only grows. */
struct scan {
	const char *text;
	size_t length, at;
	struct rac_fault *fault;
};

struct number {
	size_t offset; /* where it begins, and how long it is, for messages */
	size_t length;
	uint64_t whole;
	uint64_t fraction, scale; /* fraction / scale is below 1; scale is 10^digits */
	unsigned digits;          /* after the point */
};

static enum rac_status fail(struct scan *s, size_t offset, size_t length, const char *wrong,
	const char *right, enum rac_status status)
{
	*s->fault = (struct rac_fault){
		.offset = offset, .length = length, .wrong = wrong, .right = right};
	return status;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_letter(char c)
{
	return upper(c) >= 'A' && upper(c) <= 'Z';
}

static void skip_space(struct scan *s)
{
	while (s->at < s->length && is_space(s->text[s->at]))
		s->at++;
}

static bool at_digit(const struct scan *s)
{
	return s->at < s->length && is_digit(s->text[s->at]);
}

/* From `from` to the next white space or the end: what a person sees as one word. */
static size_t word_length(const struct scan *s, size_t from)
{
	size_t end = from;

	while (end < s->length && !is_space(s->text[end]))
		end++;
	return end - from;
}

static enum rac_status fail_no_number(struct scan *s, const char *right)
{
	size_t rest = word_length(s, s->at);

	if (s->at == s->length && s->length == 0)
		return fail(s, 0, 0, "is empty", right, RAC_INVALID);
	if (rest == 0)
		return fail(s, s->at, 0, "a number is missing", right, RAC_INVALID);
	if (s->text[s->at] == '-' || s->text[s->at] == '+')
		return fail(s, s->at, rest, "has a sign", right, RAC_INVALID);
	return fail(s, s->at, rest, "does not begin with a digit", right, RAC_INVALID);
}

static enum rac_status scan_number(struct scan *s, const char *right, struct number *out)
{
	struct number n = {.offset = s->at, .scale = 1};

	if (!at_digit(s))
		return fail_no_number(s, right);
	for (; at_digit(s); s->at++) {
		if (!rac_checked_mul(n.whole, 10, &n.whole) ||
			!rac_checked_add(n.whole, (uint64_t)(s->text[s->at] - '0'), &n.whole))
			return fail(s, n.offset, word_length(s, n.offset), "is 2^64 or more",
				"write a smaller number", RAC_OVERFLOW);
	}
	if (s->at < s->length && s->text[s->at] == '.') {
		s->at++;
		if (!at_digit(s))
			return fail(s, s->at, 0, "a digit is missing after the point", right,
				RAC_INVALID);
		for (; at_digit(s); s->at++) {
			if (++n.digits > FRACTION_MOST)
				return fail(s, n.offset, word_length(s, n.offset),
					"has more than 18 digits after the point", "write fewer",
					RAC_INVALID);
			n.fraction = n.fraction * 10 + (uint64_t)(s->text[s->at] - '0');
			n.scale *= 10;
		}
	}
	n.length = s->at - n.offset;
	*out = n;
	return RAC_OK;
}

/* The power of two that a unit means, by its letters; -1 if there is no such unit. */
static int unit_shift(const char *letters, size_t n)
{
	static const char prefixes[] = "KMGT";
	const char *prefix;

	if (n == 1 && upper(letters[0]) == 'B')
		return 0;
	prefix = n >= 1 && n <= 3 ? memchr(prefixes, upper(letters[0]), 4) : NULL;
	if (prefix == NULL)
		return -1;
	if (n == 2 && upper(letters[1]) != 'B' && upper(letters[1]) != 'I')
		return -1;
	if (n == 3 && (upper(letters[1]) != 'I' || upper(letters[2]) != 'B'))
		return -1;
	return 10 * (int)(prefix - prefixes + 1);
}

static enum rac_status scan_unit(struct scan *s, bool is_amount, int *shift)
{
	size_t from = s->at;

	*shift = 0;
	while (s->at < s->length && is_letter(s->text[s->at]))
		s->at++;
	if (s->at > from) {
		*shift = unit_shift(s->text + from, s->at - from);
		if (*shift < 0)
			return fail(s, from, word_length(s, from), "is not a unit", WRITE_UNIT,
				RAC_INVALID);
	}
	skip_space(s);
	if (s->at == s->length)
		return RAC_OK;
	if (s->text[s->at] == '%' && !is_amount)
		return fail(s, s->at, word_length(s, s->at), "is not possible here",
			"write a size such as 8G", RAC_INVALID);
	return fail(s, s->at, s->length - s->at, "does not belong here",
		"write one number and one unit, such as 8G", RAC_INVALID);
}

/* The whole of the text from `n` on, as bytes. */
static enum rac_status finish_size(
	struct scan *s, const struct number *n, bool is_amount, uint64_t *out)
{
	int shift;
	wide bytes;
	enum rac_status status = scan_unit(s, is_amount, &shift);

	if (status != RAC_OK)
		return status;
	if (n->digits > 0 && shift == 0)
		return fail(s, n->offset, n->length, "is not a whole number of bytes",
			"write the unit it is meant in, such as 1.5G", RAC_INVALID);
	bytes = ((wide)n->whole << shift) + (((wide)n->fraction << shift) / n->scale);
	if (bytes > UINT64_MAX)
		return fail(s, n->offset, s->length - n->offset, "is 2^64 bytes or more",
			"write a smaller size", RAC_OVERFLOW);
	if (bytes == 0 && n->fraction > 0)
		return fail(s, n->offset, s->length - n->offset, "is less than one byte",
			"write a larger size", RAC_INVALID);
	*out = (uint64_t)bytes;
	return RAC_OK;
}

static enum rac_status finish_percent(
	struct scan *s, const struct number *n, struct rac_amount *out)
{
	uint64_t millionths = n->fraction;

	s->at++; /* "%" */
	skip_space(s);
	if (s->at < s->length)
		return fail(s, s->at, s->length - s->at, "does not belong here",
			"write one number and %, such as 80%", RAC_INVALID);
	if (n->digits > FRACTION_PERCENT_MOST)
		return fail(s, n->offset, n->length, "has more than 6 digits after the point",
			"write fewer", RAC_INVALID);
	for (unsigned i = n->digits; i < FRACTION_PERCENT_MOST; i++)
		millionths *= 10;
	if (n->whole > 100 || (n->whole == 100 && n->fraction > 0))
		return fail(s, n->offset, s->length - n->offset, "is more than a device's memory",
			"write at most 100%, or none for no cap", RAC_INVALID);
	millionths += n->whole * RAC_AMOUNT_PERCENT_ONE;
	*out = (struct rac_amount){
		.unit = millionths > 0 ? RAC_AMOUNT_PERCENT : RAC_AMOUNT_NONE, .value = millionths};
	return RAC_OK;
}

enum rac_status rac_size_parse(
	const char *text, size_t length, uint64_t *out, struct rac_fault *fault)
{
	struct scan s = {.text = text, .length = length, .fault = fault};
	struct number n;
	enum rac_status status;

	skip_space(&s);
	status = scan_number(&s, WRITE_NUMBER, &n);
	if (status != RAC_OK)
		return status;
	skip_space(&s);
	return finish_size(&s, &n, false, out);
}

static bool is_none(struct scan *s)
{
	static const char none[] = "NONE";
	size_t at = s->at;

	for (size_t i = 0; i < 4; i++, at++) {
		if (at == s->length || upper(s->text[at]) != none[i])
			return false;
	}
	while (at < s->length && is_space(s->text[at]))
		at++;
	return at == s->length;
}

enum rac_status rac_amount_parse(
	const char *text, size_t length, struct rac_amount *out, struct rac_fault *fault)
{
	struct scan s = {.text = text, .length = length, .fault = fault};
	struct number n;
	uint64_t bytes;
	enum rac_status status;

	skip_space(&s);
	if (is_none(&s)) {
		*out = (struct rac_amount){.unit = RAC_AMOUNT_NONE};
		return RAC_OK;
	}
	status = scan_number(&s, WRITE_AMOUNT, &n);
	if (status != RAC_OK)
		return status;
	skip_space(&s);
	if (s.at < s.length && s.text[s.at] == '%')
		return finish_percent(&s, &n, out);
	status = finish_size(&s, &n, true, &bytes);
	if (status != RAC_OK)
		return status;
	*out = (struct rac_amount){
		.unit = bytes > 0 ? RAC_AMOUNT_BYTES : RAC_AMOUNT_NONE, .value = bytes};
	return RAC_OK;
}

uint64_t rac_amount_bytes(const struct rac_amount *amount, uint64_t total_bytes)
{
	uint64_t bytes;

	if (amount->unit != RAC_AMOUNT_PERCENT)
		return amount->value;
	bytes = (uint64_t)((wide)total_bytes * amount->value / (100 * RAC_AMOUNT_PERCENT_ONE));
	return bytes > 0 ? bytes : 1;
}

/* Appends three digits, or the whole number; true if that says it all. */
static bool add_size(struct rac_text *t, uint64_t bytes)
{
	static const char units[][5] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
	unsigned unit = 0;
	uint64_t whole, rest, tenths_of, shown;

	while (unit < 6 && bytes >> (10 * unit) >= 1024)
		unit++;
	whole = bytes >> (10 * unit);
	rac_text_u64(t, whole);
	rest = bytes - (whole << (10 * unit));
	tenths_of = unit == 0 || whole >= 100 ? 1 : whole >= 10 ? 10 : 100;
	shown = (uint64_t)((wide)rest * tenths_of >> (10 * unit));
	if (tenths_of > 1) {
		rac_text_string(t, tenths_of == 100 && shown < 10 ? ".0" : ".");
		rac_text_u64(t, shown);
	}
	rac_text_string(t, units[unit]);
	return (wide)shown << (10 * unit) == (wide)rest * tenths_of;
}

size_t rac_size_text(char out[RAC_SIZE_TEXT_MAX], uint64_t bytes)
{
	struct rac_text t;

	rac_text_init(&t, out, RAC_SIZE_TEXT_MAX);
	add_size(&t, bytes);
	return t.used;
}

size_t rac_size_text_exact(char out[RAC_SIZE_TEXT_EXACT_MAX], uint64_t bytes)
{
	struct rac_text t;

	rac_text_init(&t, out, RAC_SIZE_TEXT_EXACT_MAX);
	if (!add_size(&t, bytes)) {
		rac_text_string(&t, " (");
		rac_text_u64(&t, bytes);
		rac_text_string(&t, " bytes)");
	}
	return t.used;
}

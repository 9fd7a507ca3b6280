/*
 * fuzz_mutate.h - changes JSON so that most of it stays JSON: what a fuzzer of bytes alone seldom hits upon.
 */
#ifndef RAC_FUZZ_MUTATE_H
#define RAC_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static uint64_t fuzz_draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Replaces text[from, to). Returns the new length; the same where it would not fit. */
static size_t fuzz_replace(
	char *text, size_t n, size_t most, size_t from, size_t to, const char *by, size_t bytes)
{
	if (n - (to - from) + bytes > most)
		return n;
	memmove(text + from + bytes, text + to, n - to);
	memcpy(text + from, by, bytes);
	return n - (to - from) + bytes;
}

static int fuzz_is_digit(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* A number becomes another one, or no number at all. */
static size_t fuzz_number(char *text, size_t n, size_t most, uint64_t *state)
{
	static const char *const numbers[] = {"0", "1", "-1", "7", "63", "64", "4294967295",
		"4294967296", "9223372036854775807", "18446744073709551615", "18446744073709551616",
		"1e3", "1e400", "0.5", "null", "true", "\"x\"", "[]", "{}", "1000000000000"};
	const char *by = numbers[fuzz_draw(state) % (sizeof(numbers) / sizeof(numbers[0]))];
	size_t from = (size_t)fuzz_draw(state) % n, to;

	while (from < n && !fuzz_is_digit(text[from]))
		from++;
	for (to = from; to < n && fuzz_is_digit(text[to]);)
		to++;
	return from == n ? n : fuzz_replace(text, n, most, from, to, by, strlen(by));
}

/* An object, an array or a string, from its beginning to its end; *to is at most n. */
static size_t fuzz_piece(const char *text, size_t n, uint64_t *state, size_t *to)
{
	size_t from = (size_t)fuzz_draw(state) % n, depth = 0;

	while (from < n && strchr("{[\"", text[from]) == NULL)
		from++;
	for (*to = from; *to < n; ++*to) {
		char c = text[*to];

		if (from < n && text[from] == '"' && c == '"' && *to > from)
			break;
		if (text[from] == '"')
			continue;
		depth += c == '{' || c == '[';
		if ((c == '}' || c == ']') && --depth == 0)
			break;
	}
	*to += *to < n;
	return from;
}

/* A piece goes, comes twice, or takes the place of another. */
static size_t fuzz_structure(char *text, size_t n, size_t most, uint64_t *state)
{
	static char kept[1u << 16];
	size_t to, from = fuzz_piece(text, n, state, &to), bytes = to - from;

	if (bytes == 0 || bytes + 1 > sizeof(kept))
		return n;
	memcpy(kept, text + from, bytes);
	switch (fuzz_draw(state) % 3) {
	case 0:
		return fuzz_replace(text, n, most, from, to, "null", 4);
	case 1:
		kept[bytes] = ',';
		return fuzz_replace(text, n, most, from, from, kept, bytes + 1);
	default:
		from = fuzz_piece(text, n, state, &to);
		return fuzz_replace(text, n, most, from, to, kept, bytes);
	}
}

static size_t fuzz_bytes(char *text, size_t n, uint64_t *state)
{
	static const char likely[] = "\"\\{}[],:0 \n\x80\xff";

	text[fuzz_draw(state) % n] = fuzz_draw(state) % 2 == 0
		? likely[fuzz_draw(state) % (sizeof(likely) - 1)]
		: (char)fuzz_draw(state);
	/* Cut short, now and then. */
	return fuzz_draw(state) % 16 == 0 ? (size_t)fuzz_draw(state) % n + 1 : n;
}

/* Changes text of n > 0 bytes in memory of `most`; returns how many there are then. */
static size_t fuzz_json(char *text, size_t n, size_t most, uint64_t seed)
{
	uint64_t state = seed * 2 + 1;

	for (uint64_t i = fuzz_draw(&state) % 4 + 1; i > 0 && n > 0; i--) {
		switch (fuzz_draw(&state) % 8) {
		case 0:
			n = fuzz_bytes(text, n, &state);
			break;
		case 1:
		case 2:
		case 3:
			n = fuzz_structure(text, n, most, &state);
			break;
		default:
			n = fuzz_number(text, n, most, &state);
		}
	}
	return n > 0 ? n : 1;
}

#endif

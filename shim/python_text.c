/*
 * python_text.c - the names and lines of python_frames.h: reads the interpreter's text objects, in
 * whichever width they are kept, and its tables of lines.
 */
#include "python_frames.h"

#include "python_read.h"
#include <string.h>

/* More than a name may have; what is longer is no text. */
#define TEXT_SANE (UINT64_C(1) << 20)
/* Bytes of text that are hashed: it ends in what tells files apart. */
#define HASHED_MOST 256

bool rac_python_is_named(
	struct rac_python_interpreter *in, uintptr_t type, const char *name, rac_atomic_u64 *known)
{
	size_t n = strlen(name) + 1;
	uintptr_t text;
	char bytes[8];

	/* Any object but this may be there: so nothing is trusted. */
	if (!rac_safe_read(&text, type + in->layout.type_name, sizeof(text)) ||
		!rac_safe_read(bytes, text, n) || memcmp(bytes, name, n) != 0)
		return false;
	rac_store_relaxed(known, type); /* relaxed: see rac_python_is */
	return true;
}

/* A text object's characters and how wide they are. */
struct text {
	uintptr_t at;
	uint64_t length; /* in characters */
	unsigned width;
};

static bool find_text(struct rac_python_interpreter *in, uintptr_t object, struct text *out)
{
	const struct rac_python_layout *l = &in->layout;
	uint32_t state = 0;

	if (!rac_python_holds(in, object, "str", &in->text_type) ||
		!rac_python_read(in, &out->length, object + l->text_length, sizeof(out->length)) ||
		!rac_python_read(in, &state, object + l->text_state, sizeof(state)))
		return false;
	/* interned:2 kind:3 compact:1 ascii:1 */
	bool is_compact = (state >> 5 & 1) != 0, is_ascii = (state >> 6 & 1) != 0;

	out->width = state >> 2 & 7;
	out->at = object + (is_ascii ? l->text_ascii : l->text_other);
	return is_compact && out->length < TEXT_SANE &&
		(out->width == 1 || out->width == 2 || out->width == 4);
}

static uint64_t word_at(const unsigned char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Up to 7 bytes, without a loop or a call. */
static uint64_t word_of(const unsigned char *bytes, uint64_t n)
{
	uint32_t low, high;

	if (n >= sizeof(low)) {
		memcpy(&low, bytes, sizeof(low));
		memcpy(&high, bytes + n - sizeof(high), sizeof(high));
		return low | (uint64_t)high << 32;
	}
	return n == 0 ? 0 : bytes[0] | (uint64_t)bytes[n / 2] << 8 | (uint64_t)bytes[n - 1] << 16;
}

static uint64_t hash_of(const unsigned char *bytes, uint64_t n, uint64_t hash)
{
	const uint64_t prime = UINT64_C(0xd6e8feb86659fd93);
	uint64_t i = 0;

	for (; i + 16 <= n; i += 16) {
		hash = (hash ^ word_at(bytes + i)) * prime;
		hash ^= hash >> 32 ^ word_at(bytes + i + 8) * UINT64_C(0x9e3779b97f4a7c15);
	}
	if (i + 8 <= n) {
		hash = (hash ^ word_at(bytes + i)) * prime;
		hash ^= hash >> 32;
		i += 8;
	}
	hash = (hash ^ word_of(bytes + i, n - i)) * prime;
	return (hash ^ hash >> 32) | 1;
}

/* Of more than HASHED_MOST bytes the last. */
static uint64_t hash_memory(
	struct rac_python_interpreter *in, uintptr_t at, uint64_t n, uint64_t seed)
{
	uint64_t hashed = n < HASHED_MOST ? n : HASHED_MOST;
	unsigned char copy[HASHED_MOST];

	at += n - hashed;
	/* Relaxed: as in rac_python_read. */
	if (__builtin_expect(rac_load_relaxed(&in->proven) != 0, 1))
		return hash_of((const unsigned char *)at, hashed, seed);
	return rac_safe_read(copy, at, hashed) ? hash_of(copy, hashed, seed) : 0;
}

uint64_t rac_python_text_hash(struct rac_python_interpreter *in, uintptr_t object)
{
	struct text text;

	if (!find_text(in, object, &text))
		return 0;
	return hash_memory(in, text.at, text.length * text.width, text.length << 3 | text.width);
}

static bool find_bytes(
	struct rac_python_interpreter *in, uintptr_t object, uintptr_t *at, uint64_t *n)
{
	const struct rac_python_layout *l = &in->layout;

	*at = object + l->bytes_start;
	return rac_python_holds(in, object, "bytes", &in->bytes_type) &&
		rac_python_read(in, n, object + l->bytes_length, sizeof(*n)) && *n < TEXT_SANE * 16;
}

uint64_t rac_python_bytes_hash(struct rac_python_interpreter *in, uintptr_t object)
{
	uint64_t ends[2] = {0}, n;
	uintptr_t at;

	if (!find_bytes(in, object, &at, &n))
		return 0;
	if (n < sizeof(ends))
		return hash_memory(in, at, n, n);
	if (!rac_python_read(in, &ends[0], at, 8) || !rac_python_read(in, &ends[1], at + n - 8, 8))
		return 0;
	return hash_of((const unsigned char *)ends, sizeof(ends), n);
}

/* One character in UTF-8; returns its bytes. A byte of a file name that is no text is kept by Python as
 * U+DC80 to U+DCFF, and becomes itself again. */
static size_t encode(uint32_t c, char *to)
{
	if (c >= 0xdc80 && c <= 0xdcff) {
		to[0] = (char)(c & 0xff);
		return 1;
	}
	if ((c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff || c == 0)
		c = '?';
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t rac_python_text(struct rac_python_interpreter *in, const struct rac_python_frame *frame,
	enum rac_python_text which, char *to, size_t most)
{
	const struct rac_python_layout *l = &in->layout;
	uint16_t field = which == RAC_PYTHON_FUNCTION ? l->code_name : l->code_file;
	size_t used = 0;
	struct text text;

	if (!find_text(in, rac_python_pointer(in, frame->code + field), &text))
		text.length = 0;
	for (uint64_t i = 0; i < text.length; i++) {
		char bytes[4];
		uint32_t c = 0;

		if (!rac_python_read(in, &c, text.at + i * text.width, text.width))
			break;
		size_t n = encode(c, bytes);

		if (n > most - used)
			break;
		memcpy(to + used, bytes, n);
		used += n;
	}
	if (used == 0 && most > 0)
		to[used++] = '?';
	return used;
}

/* Reads a table of lines byte by byte. */
struct table {
	struct rac_python_interpreter *in;
	uintptr_t at, end;
};

static unsigned next(struct table *t)
{
	unsigned char byte = 0;

	if (t->at < t->end)
		rac_python_read(t->in, &byte, t->at, 1);
	t->at++;
	return byte;
}

/* Pairs: how many bytes of code, how many lines before that; -128 for code of no line. */
static uint32_t line_of_pairs(struct table *t, int64_t instruction, int64_t line)
{
	int64_t end = 0;

	while (t->at < t->end) {
		end += next(t);
		int8_t lines = (int8_t)next(t);

		if (lines != INT8_MIN)
			line += lines;
		if (instruction < end)
			return lines != INT8_MIN && line > 0 ? (uint32_t)line : 0;
	}
	return 0;
}

static int64_t next_signed(struct table *t)
{
	uint64_t value = 0;
	unsigned shift = 0, byte;

	do {
		byte = next(t);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x3f) << shift;
		shift += 6;
	} while ((byte & 0x40) != 0);
	return (value & 1) != 0 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

enum { ENTRY_ONE_LINE = 10, ENTRY_NO_COLUMNS = 13, ENTRY_LONG = 14, ENTRY_NONE = 15 };

/* Entries: a byte with what kind it is and for how many instructions, and then the place, of which only
 * the line is of interest. Only first bytes have their highest bit set. */
static uint32_t line_of_entries(struct table *t, int64_t instruction, int64_t line)
{
	int64_t end = 0;

	while (t->at < t->end) {
		unsigned first = next(t), kind = first >> 3 & 15;

		end += ((first & 7) + 1) * 2;
		if (kind == ENTRY_NO_COLUMNS || kind == ENTRY_LONG)
			line += next_signed(t);
		else if (kind >= ENTRY_ONE_LINE && kind < ENTRY_NO_COLUMNS)
			line += kind - ENTRY_ONE_LINE;
		if (instruction < end)
			return kind != ENTRY_NONE && line > 0 ? (uint32_t)line : 0;
		for (unsigned char byte = 0; t->at < t->end; t->at++)
			if (!rac_python_read(t->in, &byte, t->at, 1) || byte >= 0x80)
				break;
	}
	return 0;
}

uint32_t rac_python_line(struct rac_python_interpreter *in, const struct rac_python_frame *frame)
{
	const struct rac_python_layout *l = &in->layout;
	uintptr_t object = rac_python_pointer(in, frame->code + l->code_lines);
	struct table table = {.in = in};
	int32_t line = 0;
	uint64_t n;

	if (!find_bytes(in, object, &table.at, &n) ||
		!rac_python_read(in, &line, frame->code + l->code_line, sizeof(line)))
		return 0;
	table.end = table.at + n;
	if (frame->instruction < 0)
		return line > 0 ? (uint32_t)line : 0;
	return l->minor == 10 ? line_of_pairs(&table, frame->instruction, line)
			      : line_of_entries(&table, frame->instruction, line);
}

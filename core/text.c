/*
 * text.c - builds a short text in a buffer of fixed size; see text.h.
 */
#include "text.h"
#include "size_text.h"
#include "utf8.h"
#include <string.h>

#define DIGITS_MAX 20 /* of a 64-bit number */

void rac_text_init(struct rac_text *t, char *buffer, size_t capacity)
{
	t->buffer = buffer;
	t->capacity = capacity;
	rac_text_clear(t);
}

void rac_text_clear(struct rac_text *t)
{
	t->used = 0;
	t->cut = false;
	if (t->capacity > 0)
		t->buffer[0] = '\0';
}

/*
 * Ends the text in "..." within its first `end` bytes, without leaving half a character before it.
 */
static void mark_cut(struct rac_text *t, size_t end)
{
	size_t dots = end < 3 ? end : 3;
	size_t at = end - dots;

	t->cut = true;
	if (t->capacity == 0)
		return;
	if (at < t->used) {
		while (at > 0 && ((unsigned char)t->buffer[at] & 0xc0) == 0x80)
			at--;
	} else {
		at = t->used;
	}
	memcpy(t->buffer + at, "...", dots);
	t->used = at + dots;
	t->buffer[t->used] = '\0';
}

void rac_text_bytes(struct rac_text *t, const char *bytes, size_t n)
{
	size_t room = t->capacity > t->used ? t->capacity - t->used - 1 : 0;
	size_t taken = n < room ? n : room;

	if (t->cut || n == 0)
		return;
	if (taken > 0) {
		memcpy(t->buffer + t->used, bytes, taken);
		t->used += taken;
		t->buffer[t->used] = '\0';
	}
	if (taken < n)
		mark_cut(t, t->capacity > 0 ? t->capacity - 1 : 0);
}

void rac_text_string(struct rac_text *t, const char *string)
{
	if (string != NULL)
		rac_text_bytes(t, string, strlen(string));
}

void rac_text_u64(struct rac_text *t, uint64_t value)
{
	char digits[DIGITS_MAX];
	size_t at = DIGITS_MAX;

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	rac_text_bytes(t, digits + at, DIGITS_MAX - at);
}

void rac_text_i64(struct rac_text *t, int64_t value)
{
	if (value < 0)
		rac_text_string(t, "-");
	rac_text_u64(t, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void rac_text_hex(struct rac_text *t, uint64_t value)
{
	char digits[16];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % 16];
		value /= 16;
	} while (value > 0);
	rac_text_string(t, "0x");
	rac_text_bytes(t, digits + at, sizeof(digits) - at);
}

void rac_text_size(struct rac_text *t, uint64_t bytes)
{
	char size[RAC_SIZE_TEXT_MAX];

	rac_text_bytes(t, size, rac_size_text(size, bytes));
}

void rac_text_size_exact(struct rac_text *t, uint64_t bytes)
{
	char size[RAC_SIZE_TEXT_EXACT_MAX];

	rac_text_bytes(t, size, rac_size_text_exact(size, bytes));
}

static void add_escaped(struct rac_text *t, unsigned char byte)
{
	const char escaped[] = {
		'\\', 'x', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};

	rac_text_bytes(t, escaped, sizeof(escaped));
}

void rac_text_foreign(struct rac_text *t, const char *bytes, size_t n, size_t most)
{
	size_t at = 0;

	while (at < n) {
		size_t length = rac_utf8_length(bytes + at, n - at);
		size_t step = length > 0 ? length : 1;

		if (at + step > most) {
			rac_text_string(t, "...");
			return;
		}
		if (length == 0 || rac_utf8_is_control(bytes + at, length)) {
			for (size_t i = 0; i < step; i++)
				add_escaped(t, (unsigned char)bytes[at + i]);
		} else {
			rac_text_bytes(t, bytes + at, length);
		}
		at += step;
	}
}

void rac_text_quoted(struct rac_text *t, const char *bytes, size_t n, size_t most)
{
	rac_text_string(t, "'");
	rac_text_foreign(t, bytes, n, most);
	rac_text_string(t, "'");
}

void rac_text_end_line(struct rac_text *t)
{
	if (t->capacity < 2) {
		t->cut = true;
		return;
	}
	if (t->used + 1 == t->capacity)
		mark_cut(t, t->capacity - 2);
	t->buffer[t->used++] = '\n';
	t->buffer[t->used] = '\0';
}

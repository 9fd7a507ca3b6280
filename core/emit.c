/*
 * emit.c - building blocks of reports over a sink: plain text, escaped text and JSON.
 */
#include "emit.h"
#include "text.h"
#include "utf8.h"
#include <string.h>

#define NUMBER_MAX  21 /* the longest: 2^64-1, and a sign with 19 digits; NUL */
#define FOREIGN_MAX 17 /* one character of up to 4 bytes, each as \xNN; NUL */

void rac_emit_init(struct rac_emit *e, struct rac_sink *sink)
{
	e->sink = sink;
	e->refused = false;
	e->needs_comma = false;
	e->used = 0;
}

/* Once the sink has refused, nothing is gathered any more, so it is not called again. */
static void flush(struct rac_emit *e)
{
	if (e->used > 0)
		e->refused = !e->sink->write(e->sink->context, e->buffer, e->used);
	e->used = 0;
}

bool rac_emit_finish(struct rac_emit *e)
{
	flush(e);
	return !e->refused;
}

void rac_emit_bytes(struct rac_emit *e, const char *bytes, size_t n)
{
	while (n > 0 && !e->refused) {
		size_t room = sizeof(e->buffer) - e->used;
		size_t part = n < room ? n : room;

		memcpy(e->buffer + e->used, bytes, part);
		e->used += part;
		bytes += part;
		n -= part;
		if (e->used == sizeof(e->buffer))
			flush(e);
	}
}

void rac_emit_string(struct rac_emit *e, const char *string)
{
	rac_emit_bytes(e, string, strlen(string));
}

void rac_emit_u64(struct rac_emit *e, uint64_t value)
{
	char digits[NUMBER_MAX];
	struct rac_text text;

	rac_text_init(&text, digits, sizeof(digits));
	rac_text_u64(&text, value);
	rac_emit_bytes(e, digits, text.used);
}

void rac_emit_i64(struct rac_emit *e, int64_t value)
{
	char digits[NUMBER_MAX];
	struct rac_text text;

	rac_text_init(&text, digits, sizeof(digits));
	rac_text_i64(&text, value);
	rac_emit_bytes(e, digits, text.used);
}

void rac_emit_foreign(struct rac_emit *e, const char *bytes, size_t n, size_t most)
{
	char shown[FOREIGN_MAX];
	struct rac_text text;

	for (size_t at = 0; at < n && !e->refused;) {
		size_t length = rac_utf8_length(bytes + at, n - at);
		size_t step = length > 0 ? length : 1;

		if (step > most - at) {
			rac_emit_string(e, "...");
			return;
		}
		rac_text_init(&text, shown, sizeof(shown));
		rac_text_foreign(&text, bytes + at, step, step);
		rac_emit_bytes(e, shown, text.used);
		at += step;
	}
}

static void begin_value(struct rac_emit *e, const char *key)
{
	if (e->needs_comma)
		rac_emit_bytes(e, ",", 1);
	e->needs_comma = true;
	if (key != NULL) {
		rac_emit_bytes(e, "\"", 1);
		rac_emit_string(e, key);
		rac_emit_bytes(e, "\":", 2);
	}
}

static void begin_level(struct rac_emit *e, const char *key, const char *bracket)
{
	begin_value(e, key);
	rac_emit_bytes(e, bracket, 1);
	e->needs_comma = false;
}

static void end_level(struct rac_emit *e, const char *bracket)
{
	rac_emit_bytes(e, bracket, 1);
	e->needs_comma = true;
}

void rac_json_object_begin(struct rac_emit *e, const char *key)
{
	begin_level(e, key, "{");
}

void rac_json_object_end(struct rac_emit *e)
{
	end_level(e, "}");
}

void rac_json_array_begin(struct rac_emit *e, const char *key)
{
	begin_level(e, key, "[");
}

void rac_json_array_end(struct rac_emit *e)
{
	end_level(e, "]");
}

void rac_json_number(struct rac_emit *e, const char *key, const char *digits)
{
	begin_value(e, key);
	rac_emit_string(e, digits);
}

void rac_json_u64(struct rac_emit *e, const char *key, uint64_t value)
{
	begin_value(e, key);
	rac_emit_u64(e, value);
}

void rac_json_i64(struct rac_emit *e, const char *key, int64_t value)
{
	begin_value(e, key);
	rac_emit_i64(e, value);
}

void rac_json_bool(struct rac_emit *e, const char *key, bool value)
{
	begin_value(e, key);
	rac_emit_string(e, value ? "true" : "false");
}

void rac_json_null(struct rac_emit *e, const char *key)
{
	begin_value(e, key);
	rac_emit_string(e, "null");
}

void rac_json_string(struct rac_emit *e, const char *key, const char *string)
{
	rac_json_bytes(e, key, string, string != NULL ? strlen(string) : 0);
}

static void put_control(struct rac_emit *e, unsigned char code)
{
	static const char hex[] = "0123456789abcdef";
	const char escaped[] = {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15]};

	rac_emit_bytes(e, escaped, sizeof(escaped));
}

void rac_json_bytes(struct rac_emit *e, const char *key, const char *bytes, size_t n)
{
	begin_value(e, key);
	rac_emit_bytes(e, "\"", 1);
	for (size_t at = 0; at < n && !e->refused;) {
		size_t length = rac_utf8_length(bytes + at, n - at);

		if (length == 0) {
			rac_emit_string(e, "\\ufffd");
		} else if (rac_utf8_is_control(bytes + at, length)) {
			/* The last byte of a C1 character is also its code point. */
			put_control(e, (unsigned char)bytes[at + length - 1]);
		} else {
			if (bytes[at] == '"' || bytes[at] == '\\')
				rac_emit_bytes(e, "\\", 1);
			rac_emit_bytes(e, bytes + at, length);
		}
		at += length > 0 ? length : 1;
	}
	rac_emit_bytes(e, "\"", 1);
}

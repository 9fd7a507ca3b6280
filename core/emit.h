/*
 * emit.h - building blocks of reports over a sink: plain text, escaped text and JSON. It knows how
 * things are written, not what a report says.
 *
 * An emitter gathers small pieces in its own buffer and gives them to the sink when that is full.
 * Once the sink refuses, the emitter stays silent; rac_emit_finish then says so.
 */
#ifndef RAC_EMIT_H
#define RAC_EMIT_H

#include "report.h"

#define RAC_EMIT_BUFFER 512

struct rac_emit {
	struct rac_sink *sink;
	bool refused;
	bool needs_comma; /* JSON: a value precedes on this level */
	size_t used;
	char buffer[RAC_EMIT_BUFFER];
};

void rac_emit_init(struct rac_emit *e, struct rac_sink *sink);

/* Gives the sink what is still gathered. False if the sink refused anything. */
bool rac_emit_finish(struct rac_emit *e);

void rac_emit_bytes(struct rac_emit *e, const char *bytes, size_t n);
void rac_emit_string(struct rac_emit *e, const char *string);
void rac_emit_u64(struct rac_emit *e, uint64_t value);
void rac_emit_i64(struct rac_emit *e, int64_t value);

/*
 * Foreign bytes for a person's terminal: control characters (C1 included) and bytes that are not
 * UTF-8 become \xNN. Of more than `most` bytes the beginning is shown, and then "...".
 */
void rac_emit_foreign(struct rac_emit *e, const char *bytes, size_t n, size_t most);

/*
 * JSON. `key` is NULL inside an array and at the top; keys are our own words and not escaped.
 * Commas are placed by themselves. A NULL string is printed as "".
 */
void rac_json_object_begin(struct rac_emit *e, const char *key);
void rac_json_object_end(struct rac_emit *e);
void rac_json_array_begin(struct rac_emit *e, const char *key);
void rac_json_array_end(struct rac_emit *e);
void rac_json_u64(struct rac_emit *e, const char *key, uint64_t value);
void rac_json_i64(struct rac_emit *e, const char *key, int64_t value);
void rac_json_bool(struct rac_emit *e, const char *key, bool value);
void rac_json_null(struct rac_emit *e, const char *key);
void rac_json_string(struct rac_emit *e, const char *key, const char *string);
void rac_json_bytes(struct rac_emit *e, const char *key, const char *bytes, size_t n);

/* A number that is already written as JSON wants it. */
void rac_json_number(struct rac_emit *e, const char *key, const char *digits);

#endif

/*
 * path_pattern.c - replaces the %-sequences of a path; see path_pattern.h.
 */
#include "path_pattern.h"
#include <string.h>

#define WRITE_SEQUENCE "write %p, %h, %e, %r or %q{VAR}, or %% for a percent sign"

/* A run of plain bytes, or one sequence. `which` is 0 for plain bytes, else the letter. */
struct piece {
	char which;
	const char *bytes; /* the plain bytes, or the name in %q{name} */
	size_t length;
	size_t offset, whole; /* where it stands in the pattern, for messages */
};

static enum rac_status fail(
	struct rac_fault *fault, size_t offset, size_t length, const char *wrong, const char *right)
{
	*fault = (struct rac_fault){
		.offset = offset, .length = length, .wrong = wrong, .right = right};
	return RAC_INVALID;
}

static enum rac_status next_variable(
	const char *pattern, size_t length, struct piece *out, struct rac_fault *fault)
{
	size_t from = out->offset + 3; /* behind "%q{" */
	const char *end;

	if (from > length || pattern[from - 1] != '{')
		return fail(fault, out->offset, 2, "lacks the name of a variable",
			"write it in braces, as in %q{USER}");
	end = memchr(pattern + from, '}', length - from);
	if (end == NULL)
		return fail(fault, out->offset, length - out->offset, "lacks its closing brace",
			"write it as in %q{USER}");
	out->bytes = pattern + from;
	out->length = (size_t)(end - out->bytes);
	out->whole = out->length + 4;
	if (out->length == 0 || out->length >= RAC_PATH_VARIABLE_MAX ||
		memchr(out->bytes, '=', out->length) != NULL)
		return fail(fault, out->offset, out->whole, "does not name a variable",
			"write it as in %q{USER}");
	return RAC_OK;
}

/* The piece at `at`, which is below length. */
static enum rac_status next_piece(
	const char *pattern, size_t length, size_t at, struct piece *out, struct rac_fault *fault)
{
	const char *percent = memchr(pattern + at, '%', length - at);

	*out = (struct piece){.bytes = pattern + at, .offset = at};
	if (percent != pattern + at) {
		out->length = percent != NULL ? (size_t)(percent - out->bytes) : length - at;
		out->whole = out->length;
		return RAC_OK;
	}
	if (at + 1 == length)
		return fail(fault, at, 1, "is not followed by a letter", WRITE_SEQUENCE);
	out->which = pattern[at + 1];
	out->whole = 2;
	switch (out->which) {
	case '%':
	case 'p':
	case 'h':
	case 'e':
	case 'r':
		return RAC_OK;
	case 'q':
		return next_variable(pattern, length, out, fault);
	default:
		return fail(fault, at, 2, "is not known", WRITE_SEQUENCE);
	}
}

enum rac_status rac_path_check(const char *pattern, size_t length, struct rac_fault *fault)
{
	struct piece piece;

	if (length == 0)
		return fail(fault, 0, 0, "is empty", "write a path");
	for (size_t at = 0; at < length; at += piece.whole) {
		if (next_piece(pattern, length, at, &piece, fault) != RAC_OK)
			return RAC_INVALID;
	}
	if (pattern[length - 1] == '/')
		return fail(fault, 0, length, "is a folder", "write the name of a file in it");
	return RAC_OK;
}

/* A value that must stay within one part of the path. */
static void add_name(struct rac_text *out, const char *name)
{
	for (; *name != '\0'; name++)
		rac_text_bytes(out, *name == '/' ? "_" : name, 1);
}

/* False if the variable is not set. */
static bool add_variable(
	struct rac_text *out, const struct piece *piece, const struct rac_path_values *values)
{
	char name[RAC_PATH_VARIABLE_MAX];
	const char *value;

	memcpy(name, piece->bytes, piece->length);
	name[piece->length] = '\0';
	value = values->variable != NULL ? values->variable(values->context, name) : NULL;
	rac_text_string(out, value);
	return value != NULL;
}

static bool add_piece(
	struct rac_text *out, const struct piece *piece, const struct rac_path_values *values)
{
	switch (piece->which) {
	case '%':
		rac_text_string(out, "%");
		return true;
	case 'p':
		rac_text_u64(out, values->pid);
		return true;
	case 'h':
		add_name(out, values->host != NULL ? values->host : "unknown");
		return true;
	case 'e':
		add_name(out, values->program != NULL ? values->program : "unknown");
		return true;
	case 'r':
		add_name(out, values->rank != NULL ? values->rank : "0");
		return true;
	case 'q':
		return add_variable(out, piece, values);
	default:
		rac_text_bytes(out, piece->bytes, piece->length);
		return true;
	}
}

static enum rac_status fill(struct rac_text *out, const char *pattern, size_t length,
	const struct rac_path_values *values, struct rac_fault *fault)
{
	struct piece piece;
	size_t before = out->used;

	for (size_t at = 0; at < length; at += piece.whole) {
		if (next_piece(pattern, length, at, &piece, fault) != RAC_OK)
			return RAC_INVALID;
		if (!add_piece(out, &piece, values))
			return fail(fault, piece.offset, piece.whole,
				"names a variable that is not set", "set it, or write another");
	}
	if (out->cut) {
		fail(fault, 0, length, "gives too long a path", "write a shorter one");
		return RAC_FULL;
	}
	if (out->used == before)
		return fail(fault, 0, length, "gives an empty path", "write the name of a file");
	if (out->buffer[out->used - 1] == '/')
		return fail(fault, 0, length, "gives the path of a folder",
			"write the name of a file in it");
	return RAC_OK;
}

enum rac_status rac_path_expand(struct rac_text *out, const char *name, const char *pattern,
	const struct rac_path_values *values, struct rac_text *why)
{
	size_t length = strlen(pattern);
	struct rac_fault fault;
	enum rac_status status = rac_path_check(pattern, length, &fault);

	if (status == RAC_OK)
		status = fill(out, pattern, length, values, &fault);
	if (status != RAC_OK)
		rac_fault_text(why, name, pattern, length, &fault);
	return status;
}

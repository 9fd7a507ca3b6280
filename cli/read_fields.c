/*
 * read_fields.c - see read_fields.h.
 */
#include "read_fields.h"

#include "text.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define PLACE_MAX 160

static void put_place(struct rac_text *t, const struct rac_place *place)
{
	if (place == NULL)
		return;
	put_place(t, place->in);
	if (t->used > 0)
		rac_text_string(t, ".");
	/* Keys of kinds are the document's own words. */
	rac_text_foreign(t, place->key, strlen(place->key), 32);
	if (place->index != RAC_NO_INDEX) {
		rac_text_string(t, "[");
		rac_text_u64(t, place->index);
		rac_text_string(t, "]");
	}
}

bool rac_field_complain(const struct rac_field_reader *r, const struct rac_place *place,
	const char *key, const struct rac_node *value, const char *right)
{
	const struct rac_place whole = {place, key, RAC_NO_INDEX};
	struct rac_quote document, shown;
	char where[PLACE_MAX];
	struct rac_text t;

	rac_text_init(&t, where, sizeof(where));
	put_place(&t, key != NULL ? &whole : place);
	if (value == NULL)
		return rac_complain(r->c, "%s: %s is missing; it must be %s",
			rac_quote(&document, r->document), where, right);
	return rac_complain(r->c, "%s: %s is %s; it must be %s", rac_quote(&document, r->document),
		where, rac_node_shown(value, &shown), right);
}

static const char *kind_words(enum rac_node_kind kind)
{
	static const char *const words[] = {
		[RAC_NODE_NULL] = "null",
		[RAC_NODE_BOOL] = "true or false",
		[RAC_NODE_NUMBER] = "a number",
		[RAC_NODE_STRING] = "a string",
		[RAC_NODE_ARRAY] = "an array",
		[RAC_NODE_OBJECT] = "an object",
	};

	return words[kind];
}

const struct rac_node *rac_field_need(const struct rac_field_reader *r,
	const struct rac_place *place, const struct rac_node *object, const char *key,
	enum rac_node_kind kind)
{
	const struct rac_node *value = rac_node_get(object, key);

	if (rac_node_kind(value) == kind)
		return value;
	rac_field_complain(r, place, key, value, kind_words(kind));
	return NULL;
}

static bool read_small(const struct rac_node *value, uint32_t *to)
{
	uint64_t wide;

	if (!rac_node_count(value, &wide) || wide > UINT32_MAX)
		return false;
	*to = (uint32_t)wide;
	return true;
}

static bool read_int(const struct rac_node *value, int *to)
{
	int64_t wide;

	if (!rac_node_i64(value, &wide) || wide < INT_MIN || wide > INT_MAX)
		return false;
	*to = (int)wide;
	return true;
}

/* NUL would end it for all who print it. */
static bool read_text(const struct rac_node *value, const char **to)
{
	size_t n;
	const char *text = rac_node_bytes(value, &n);

	if (text == NULL || memchr(text, '\0', n) != NULL)
		return false;
	*to = text;
	return true;
}

static bool read_letters(const struct rac_node *value, char *to, size_t size)
{
	const char *text;

	if (!read_text(value, &text))
		return false;
	snprintf(to, size, "%s", text);
	return true;
}

static bool read_value(const struct rac_field *field, const struct rac_node *value, char *to)
{
	switch (field->type) {
	case RAC_FIELD_COUNT:
		return rac_node_count(value, (void *)to);
	case RAC_FIELD_SMALL:
		return read_small(value, (void *)to);
	case RAC_FIELD_SIGNED:
		return rac_node_i64(value, (void *)to);
	case RAC_FIELD_INT:
		return read_int(value, (void *)to);
	case RAC_FIELD_BOOL:
		return rac_node_bool(value, (void *)to);
	case RAC_FIELD_TEXT:
		return read_text(value, (void *)to);
	case RAC_FIELD_LETTERS:
		return read_letters(value, to, field->size);
	}
	return false;
}

static const char *type_words(enum rac_field_type type)
{
	static const char *const words[] = {
		[RAC_FIELD_COUNT] = "a whole number from 0 to 2^64-1",
		[RAC_FIELD_SMALL] = "a whole number from 0 to 2^32-1",
		[RAC_FIELD_SIGNED] = "a whole number of 64 bits",
		[RAC_FIELD_INT] = "a whole number of 32 bits",
		[RAC_FIELD_BOOL] = "true or false",
		[RAC_FIELD_TEXT] = "a string without NUL",
		[RAC_FIELD_LETTERS] = "a string without NUL",
	};

	return words[type];
}

bool rac_fields_read(const struct rac_field_reader *r, const struct rac_place *place,
	const struct rac_node *object, const struct rac_field *fields, size_t count, void *to)
{
	for (size_t i = 0; i < count; i++) {
		const struct rac_node *value = rac_node_get(object, fields[i].key);

		if (value == NULL && !fields[i].needed)
			continue;
		if (value == NULL || !read_value(&fields[i], value, (char *)to + fields[i].offset))
			return rac_field_complain(
				r, place, fields[i].key, value, type_words(fields[i].type));
	}
	return true;
}

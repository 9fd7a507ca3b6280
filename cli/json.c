/*
 * json.c - json.h by json-c, or the line that says that json-c was missing when this was built.
 */
#include "json.h"

#ifdef RAC_HAVE_JSON

#include "text.h"
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX  64
#define SHOWN_MOST 40 /* bytes of a string in a message */

static json_object *object_of(const struct rac_node *node)
{
	union {
		const struct rac_node *from;
		json_object *to;
	} cast = {.from = node}; /* json-c's readers take what they only read without const */

	return cast.to;
}

static const struct rac_node *node_of(json_object *object)
{
	return (const struct rac_node *)object;
}

static bool only_space(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memchr(" \t\r\n", bytes[i], 4) == NULL)
			return false;
	return true;
}

struct rac_node *rac_node_parse(
	const char *bytes, size_t n, const char *name, struct rac_complaint *c)
{
	struct json_tokener *tokener;
	json_object *document;
	struct rac_quote quote;

	if (n >= INT_MAX) {
		rac_complain(c, "%s is larger than a JSON document can be here, 2 GiB",
			rac_quote(&quote, name));
		return NULL;
	}
	tokener = json_tokener_new_ex(DEPTH_MAX);
	if (tokener == NULL) {
		rac_complain(c, "%s: no memory to parse it", rac_quote(&quote, name));
		return NULL;
	}
	document = json_tokener_parse_ex(tokener, bytes, (int)n);
	enum json_tokener_error error = json_tokener_get_error(tokener);
	size_t end = json_tokener_get_parse_end(tokener);

	json_tokener_free(tokener);
	if (error == json_tokener_success && document != NULL && only_space(bytes + end, n - end))
		return (struct rac_node *)document;
	json_object_put(document);
	rac_complain(c, "%s is not a JSON document: %s at byte %zu", rac_quote(&quote, name),
		error == json_tokener_continue          ? "it ends too early"
			: error == json_tokener_success ? "something that does not belong to it"
							: json_tokener_error_desc(error),
		end);
	return NULL;
}

void rac_node_free(struct rac_node *document)
{
	json_object_put((json_object *)document);
}

enum rac_node_kind rac_node_kind(const struct rac_node *node)
{
	switch (json_object_get_type(object_of(node))) {
	case json_type_null:
		return RAC_NODE_NULL;
	case json_type_boolean:
		return RAC_NODE_BOOL;
	case json_type_double:
	case json_type_int:
		return RAC_NODE_NUMBER;
	case json_type_string:
		return RAC_NODE_STRING;
	case json_type_array:
		return RAC_NODE_ARRAY;
	case json_type_object:
		return RAC_NODE_OBJECT;
	}
	return RAC_NODE_NULL;
}

const struct rac_node *rac_node_get(const struct rac_node *node, const char *key)
{
	json_object *value;

	if (rac_node_kind(node) != RAC_NODE_OBJECT ||
		!json_object_object_get_ex(object_of(node), key, &value))
		return NULL;
	return node_of(value);
}

size_t rac_node_length(const struct rac_node *array)
{
	return rac_node_kind(array) == RAC_NODE_ARRAY ? json_object_array_length(object_of(array))
						      : 0;
}

const struct rac_node *rac_node_at(const struct rac_node *array, size_t i)
{
	return i < rac_node_length(array) ? node_of(json_object_array_get_idx(object_of(array), i))
					  : NULL;
}

bool rac_node_each(const struct rac_node *object,
	bool (*visit)(void *context, const char *key, const struct rac_node *value), void *context)
{
	if (rac_node_kind(object) != RAC_NODE_OBJECT)
		return true;
	struct json_object_iterator at = json_object_iter_begin(object_of(object));
	struct json_object_iterator end = json_object_iter_end(object_of(object));

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		if (!visit(context, json_object_iter_peek_name(&at),
			    node_of(json_object_iter_peek_value(&at))))
			return false;
	return true;
}

bool rac_node_u64(const struct rac_node *node, uint64_t *out)
{
	json_object *object = object_of(node);

	if (json_object_get_type(object) == json_type_double) {
		double value = json_object_get_double(object);

		/* The range first: outside of it the conversion is undefined. */
		if (!(value >= 0 && value < 9007199254740992.0) || value != (double)(uint64_t)value)
			return false;
		*out = (uint64_t)value;
		return true;
	}
	/* json-c turns what is above 2^64 - 1 into just that, so that value cannot be trusted. */
	if (json_object_get_type(object) != json_type_int || json_object_get_int64(object) < 0 ||
		json_object_get_uint64(object) == UINT64_MAX)
		return false;
	*out = json_object_get_uint64(object);
	return true;
}

bool rac_node_count(const struct rac_node *node, uint64_t *out)
{
	json_object *object = object_of(node);

	if (json_object_get_type(object) == json_type_int &&
		json_object_get_uint64(object) == UINT64_MAX && json_object_get_int64(object) > 0) {
		*out = UINT64_MAX;
		return true;
	}
	return rac_node_u64(node, out);
}

bool rac_node_i64(const struct rac_node *node, int64_t *out)
{
	json_object *object = object_of(node);

	/* Of what is above, json-c returns INT64_MAX. */
	if (json_object_get_type(object) != json_type_int ||
		(json_object_get_int64(object) > 0 && json_object_get_uint64(object) > INT64_MAX))
		return false;
	*out = json_object_get_int64(object);
	return true;
}

bool rac_node_bool(const struct rac_node *node, bool *out)
{
	if (rac_node_kind(node) != RAC_NODE_BOOL)
		return false;
	*out = json_object_get_boolean(object_of(node));
	return true;
}

const char *rac_node_string(const struct rac_node *node)
{
	return rac_node_kind(node) == RAC_NODE_STRING ? json_object_get_string(object_of(node))
						      : NULL;
}

const char *rac_node_bytes(const struct rac_node *node, size_t *n)
{
	if (rac_node_kind(node) != RAC_NODE_STRING)
		return NULL;
	*n = (size_t)json_object_get_string_len(object_of(node));
	return json_object_get_string(object_of(node));
}

const char *rac_node_digits(const struct rac_node *node)
{
	return rac_node_kind(node) == RAC_NODE_NUMBER ? json_object_to_json_string(object_of(node))
						      : NULL;
}

const char *rac_node_shown(const struct rac_node *node, struct rac_quote *quote)
{
	struct rac_text text;
	const char *bytes;
	size_t n = 0;

	switch (rac_node_kind(node)) {
	case RAC_NODE_NULL:
		return "null";
	case RAC_NODE_ARRAY:
		return "an array";
	case RAC_NODE_OBJECT:
		return "an object";
	case RAC_NODE_BOOL:
		return json_object_get_boolean(object_of(node)) ? "true" : "false";
	case RAC_NODE_NUMBER:
		snprintf(quote->text, sizeof(quote->text), "%s", rac_node_digits(node));
		return quote->text;
	case RAC_NODE_STRING:
		bytes = rac_node_bytes(node, &n);
		rac_text_init(&text, quote->text, sizeof(quote->text));
		rac_text_string(&text, "the string ");
		rac_text_quoted(&text, bytes, n, SHOWN_MOST);
		return quote->text;
	}
	return "null";
}

#else

struct rac_node *rac_node_parse(
	const char *bytes, size_t n, const char *name, struct rac_complaint *c)
{
	(void)bytes;
	(void)n;
	(void)name;
	rac_complain(c,
		"reading JSON needs json-c, which was missing when rac was built; install"
		" libjson-c-dev (apt-get install libjson-c-dev), then run make again");
	return NULL;
}

void rac_node_free(struct rac_node *document)
{
	(void)document;
}

enum rac_node_kind rac_node_kind(const struct rac_node *node)
{
	(void)node;
	return RAC_NODE_NULL;
}

const struct rac_node *rac_node_get(const struct rac_node *node, const char *key)
{
	(void)node;
	(void)key;
	return NULL;
}

size_t rac_node_length(const struct rac_node *array)
{
	(void)array;
	return 0;
}

const struct rac_node *rac_node_at(const struct rac_node *array, size_t i)
{
	(void)array;
	(void)i;
	return NULL;
}

bool rac_node_each(const struct rac_node *object,
	bool (*visit)(void *context, const char *key, const struct rac_node *value), void *context)
{
	(void)object;
	(void)visit;
	(void)context;
	return true;
}

bool rac_node_u64(const struct rac_node *node, uint64_t *out)
{
	(void)node;
	(void)out;
	return false;
}

bool rac_node_count(const struct rac_node *node, uint64_t *out)
{
	(void)node;
	(void)out;
	return false;
}

bool rac_node_i64(const struct rac_node *node, int64_t *out)
{
	(void)node;
	(void)out;
	return false;
}

bool rac_node_bool(const struct rac_node *node, bool *out)
{
	(void)node;
	(void)out;
	return false;
}

const char *rac_node_string(const struct rac_node *node)
{
	(void)node;
	return NULL;
}

const char *rac_node_bytes(const struct rac_node *node, size_t *n)
{
	(void)node;
	(void)n;
	return NULL;
}

const char *rac_node_digits(const struct rac_node *node)
{
	(void)node;
	return NULL;
}

const char *rac_node_shown(const struct rac_node *node, struct rac_quote *quote)
{
	(void)node;
	(void)quote;
	return "null";
}

#endif

/*
 * json.h - read-only access to JSON documents; the one place that knows which library parses them.
 *
 * The library is json-c: it is in every distribution, has been kept for two decades, takes bytes with
 * a length, keeps all 64 bits of an integer and bounds the depth. Without it (see cli/build.mk) all
 * else is built, and parsing fails with a line that says how to get it.
 *
 * Nodes belong to the document and go with it. A document belongs to one thread at a time.
 */
#ifndef RAC_JSON_H
#define RAC_JSON_H

#include "complaint.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rac_node;

enum rac_node_kind {
	RAC_NODE_NULL, /* also of a node that is not there */
	RAC_NODE_BOOL,
	RAC_NODE_NUMBER,
	RAC_NODE_STRING,
	RAC_NODE_ARRAY,
	RAC_NODE_OBJECT,
};

/*
 * Parses one document of n bytes. `name` is what messages call it. NULL: it is not JSON, is nested
 * too deep, or there is no library or no memory; *c says which and where. The caller frees it.
 */
struct rac_node *rac_node_parse(
	const char *bytes, size_t n, const char *name, struct rac_complaint *c);
void rac_node_free(struct rac_node *document);

/* All of these take NULL for a node that is not there. */
enum rac_node_kind rac_node_kind(const struct rac_node *node);

/* A member of an object; NULL when there is none, it is null, or node is no object. */
const struct rac_node *rac_node_get(const struct rac_node *node, const char *key);

size_t rac_node_length(const struct rac_node *array); /* 0 for what is no array */
const struct rac_node *rac_node_at(const struct rac_node *array, size_t i);

/* Calls visit for each member until it returns false; false if it did. */
bool rac_node_each(const struct rac_node *object,
	bool (*visit)(void *context, const char *key, const struct rac_node *value), void *context);

/* A whole number in [0, 2^64 - 2], also one written as 1e3 or 8.0 if it is below 2^53. */
bool rac_node_u64(const struct rac_node *node, uint64_t *out);
/* The same up to 2^64 - 1; what is above that is read as that. */
bool rac_node_count(const struct rac_node *node, uint64_t *out);
bool rac_node_i64(const struct rac_node *node, int64_t *out); /* whole, and within 64 bits */
bool rac_node_bool(const struct rac_node *node, bool *out);

/* The bytes of a string; NULL if node is none. NUL-terminated, but may hold NULs. */
const char *rac_node_string(const struct rac_node *node);
const char *rac_node_bytes(const struct rac_node *node, size_t *n);

/* A number as the document has it; NULL if node is none. Lives as long as the document. */
const char *rac_node_digits(const struct rac_node *node);

/* A value for a message: numbers and strings themselves, of others what they are. */
const char *rac_node_shown(const struct rac_node *node, struct rac_quote *quote);

#endif

/*
 * read_fields.h - members of a JSON object into fields of a struct, by a table; says of a wrong one
 * where it stands, what it is and what would be right.
 */
#ifndef RAC_READ_FIELDS_H
#define RAC_READ_FIELDS_H

#include "json.h"

/* Where a value stands, for messages: "devices[0].kinds.device". Lives on the stack. */
struct rac_place {
	const struct rac_place *in; /* NULL: the document */
	const char *key;
	size_t index; /* in the array of that key; RAC_NO_INDEX: it is no array */
};
#define RAC_NO_INDEX SIZE_MAX

struct rac_field_reader {
	const char *document; /* what messages call it */
	struct rac_complaint *c;
};

enum rac_field_type {
	RAC_FIELD_COUNT,   /* uint64_t */
	RAC_FIELD_SMALL,   /* uint32_t */
	RAC_FIELD_SIGNED,  /* int64_t */
	RAC_FIELD_INT,     /* int */
	RAC_FIELD_BOOL,    /* bool */
	RAC_FIELD_TEXT,    /* const char *, of the document */
	RAC_FIELD_LETTERS, /* char[size], cut to fit */
};

struct rac_field {
	const char *key;
	enum rac_field_type type;
	bool needed; /* else what is absent or null leaves the field alone */
	size_t offset, size;
};

/* Reads the members that the table names. False: one is wrong, and r->c says which. */
bool rac_fields_read(const struct rac_field_reader *r, const struct rac_place *place,
	const struct rac_node *object, const struct rac_field *fields, size_t count, void *to);

/* Complains of a member: "'r.json': devices[0].live_bytes is "12"; it must be <right>". False. */
bool rac_field_complain(const struct rac_field_reader *r, const struct rac_place *place,
	const char *key, const struct rac_node *value, const char *right);

/* A member that has to be of a kind, or NULL with a complaint; absent and null are wrong, too. */
const struct rac_node *rac_field_need(const struct rac_field_reader *r,
	const struct rac_place *place, const struct rac_node *object, const char *key,
	enum rac_node_kind kind);

#endif

/*
 * report_read_parts.h - what the files that read JSON reports share; private to them.
 */
#ifndef RAC_REPORT_READ_PARTS_H
#define RAC_REPORT_READ_PARTS_H

#include "read_fields.h"
#include "report_load.h"

#define COUNT(of) (sizeof(of) / sizeof((of)[0]))
#define NEEDED(key, type, object, field)                                \
	{                                                               \
		(key), RAC_FIELD_##type, true, offsetof(object, field), \
			sizeof(((object *)NULL)->field)                 \
	}
#define OPTIONAL(key, type, object, field)                               \
	{                                                                \
		(key), RAC_FIELD_##type, false, offsetof(object, field), \
			sizeof(((object *)NULL)->field)                  \
	}

struct rac_report_reading {
	struct rac_field_reader fields;
	const struct rac_node *document;
	struct rac_loaded *out;
	size_t memories; /* of out->memory that are in use */
};

/* Zeroed memory that is freed with the report; NULL: there is none, which is said. */
void *rac_reading_room(struct rac_report_reading *r, size_t count, size_t size);

/* The position of a member's word in a list of names; false: it is none of them, which is said. */
bool rac_reading_word(const struct rac_report_reading *r, const struct rac_place *place,
	const struct rac_node *object, const char *key, const char *const *names, size_t count,
	unsigned *out);

/* The parts of a report that report_read_sites.c and report_read_timeline.c read,
 * after its devices and in this order. */
bool rac_reading_sites(struct rac_report_reading *r, struct rac_report *out);
bool rac_reading_timeline(struct rac_report_reading *r, struct rac_report *out);
bool rac_reading_verdict(struct rac_report_reading *r, struct rac_report *out);

#endif

/*
 * limit_parts.h - what the files of the limit spec share; it is private to them.
 */
#ifndef RAC_LIMIT_PARTS_H
#define RAC_LIMIT_PARTS_H

#include "limit_spec.h"

#define RAC_LIMIT_LAST_DEVICE "63" /* RAC_MAX_DEVICES - 1, in words */

/* The variable's name, with the ordinal where it has one. */
void rac_limit_source_name(
	char out[RAC_LIMIT_SOURCE_MAX], enum rac_limit_source source, uint32_t ordinal);

/* Whether `uuid` begins with `prefix`, in any case of the letters. */
bool rac_limit_uuid_begins(const char *uuid, const char *prefix);

#endif

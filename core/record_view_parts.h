/*
 * record_view_parts.h - what the files of the record's reader share; private to them.
 */
#ifndef RAC_RECORD_VIEW_PARTS_H
#define RAC_RECORD_VIEW_PARTS_H

#include "record_view.h"

#define RAC_RECORD_VIEW_CHUNK (UINT64_C(64) << 10)

/* Followed by the copied tracker. */
struct rac_record_view {
	struct rac_record_source source;
	struct rac_record_parts parts;
	struct rac_record_header header;
	struct rac_record_device devices[RAC_MAX_DEVICES];
	char settings[RAC_RECORD_SETTINGS_MAX];
	struct rac_record_room room;
	/* A piece of a table, and the same piece read once more. */
	_Alignas(RAC_RECORD_ALIGNMENT) unsigned char chunk[RAC_RECORD_VIEW_CHUNK];
	_Alignas(RAC_RECORD_ALIGNMENT) unsigned char again[RAC_RECORD_VIEW_CHUNK];
};

#endif

/*
 * record.c - lays out the first segment of a record; mapping memory and files is the caller's job.
 */
#include "record.h"

static uint64_t tracker_offset(void)
{
	uint64_t alignment = rac_tracker_alignment();

	return (sizeof(struct rac_record_header) + alignment - 1) / alignment * alignment;
}

size_t rac_record_bytes(void)
{
	return tracker_offset() + rac_tracker_bytes();
}

struct rac_record_header *rac_record_init(void *memory, size_t bytes)
{
	if (memory == NULL || bytes < rac_record_bytes())
		return NULL;
	struct rac_record_header *header = memory;

	header->magic = RAC_RECORD_MAGIC;
	header->version = RAC_RECORD_VERSION;
	header->header_bytes = sizeof(*header);
	header->tracker_offset = tracker_offset();
	header->tracker_bytes = rac_tracker_bytes();
	return header;
}

struct rac_tracker *rac_record_tracker(struct rac_record_header *header)
{
	return rac_tracker_init(
		(char *)header + header->tracker_offset, (size_t)header->tracker_bytes);
}

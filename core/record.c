/*
 * record.c - lays out the head of a record, lists its segments and notes the end; mapping memory and
 * files is the caller's job, and reading foreign records record_view.c's.
 */
#include "record.h"

#include <string.h>

struct layout {
	size_t tracker, devices, settings, end;
};

static size_t aligned(size_t offset)
{
	return (offset + RAC_RECORD_ALIGNMENT - 1) / RAC_RECORD_ALIGNMENT * RAC_RECORD_ALIGNMENT;
}

static struct layout lay_out(void)
{
	struct layout l;

	_Static_assert(
		RAC_RECORD_ALIGNMENT % RAC_CACHE_LINE == 0, "the tracker is aligned to lines");
	l.tracker = aligned(sizeof(struct rac_record_header));
	l.devices = aligned(l.tracker + rac_tracker_bytes());
	l.settings = aligned(l.devices + RAC_MAX_DEVICES * sizeof(struct rac_record_device));
	l.end = aligned(l.settings + RAC_RECORD_SETTINGS_MAX);
	return l;
}

size_t rac_record_bytes(void)
{
	return lay_out().end;
}

bool rac_record_init(void *memory, size_t bytes, struct rac_record_parts *out)
{
	struct layout l = lay_out();
	char *start = memory;

	if (memory == NULL || bytes < l.end)
		return false;
	*out = (struct rac_record_parts){
		.header = memory,
		.tracker = rac_tracker_init(start + l.tracker, rac_tracker_bytes()),
		.devices = (struct rac_record_device *)(void *)(start + l.devices),
		.settings = start + l.settings,
	};
	if (out->tracker == NULL)
		return false;
	out->header->magic = RAC_RECORD_MAGIC;
	out->header->version = RAC_RECORD_VERSION;
	out->header->header_bytes = sizeof(*out->header);
	rac_record_list(out->header, RAC_SEGMENT_TRACKER, 0, l.tracker, rac_tracker_bytes());
	rac_record_list(out->header, RAC_SEGMENT_DEVICES, 0, l.devices,
		RAC_MAX_DEVICES * sizeof(struct rac_record_device));
	rac_record_list(out->header, RAC_SEGMENT_SETTINGS, 0, l.settings, RAC_RECORD_SETTINGS_MAX);
	return true;
}

uint32_t rac_record_list(struct rac_record_header *header, enum rac_segment kind, uint32_t index,
	uint64_t offset, uint64_t bytes)
{
	for (uint32_t slot = 0; slot < RAC_RECORD_SEGMENTS; slot++) {
		struct rac_record_segment *s = &header->segments[slot];
		uint32_t seen = rac_load_relaxed(&s->kind);

		/* Acquire: what a former user of the slot wrote comes before what we write. */
		if (seen != RAC_SEGMENT_NONE ||
			!rac_cas_strong_acquire(&s->kind, &seen, RAC_RECORD_CLAIMED))
			continue;
		rac_store_relaxed(&s->index, index);
		rac_store_relaxed(&s->offset, offset);
		rac_store_relaxed(&s->bytes, bytes);
		/* Release: who sees the kind sees the rest. */
		rac_store_release(&s->kind, (uint32_t)kind);
		return slot;
	}
	return RAC_RECORD_NO_SLOT;
}

void rac_record_unlist(struct rac_record_header *header, uint32_t slot)
{
	/* Release pairs with the acquire above. */
	if (slot < RAC_RECORD_SEGMENTS)
		rac_store_release(&header->segments[slot].kind, RAC_SEGMENT_NONE);
}

void rac_record_lose(struct rac_record_header *header, uint64_t bytes, int error)
{
	uint32_t none = 0;

	/* Relaxed: the figures stand each for itself. */
	atomic_compare_exchange_strong_explicit(&header->lost.error, &none, (uint32_t)error,
		memory_order_relaxed, memory_order_relaxed);
	rac_fetch_add_relaxed(&header->lost.bytes, bytes);
	rac_fetch_add_relaxed(&header->lost.segments, 1);
}

void rac_record_end(
	struct rac_record_header *header, enum rac_end how, int64_t status, uint64_t mono_ns)
{
	rac_store_relaxed(&header->end.status, (uint64_t)status);
	rac_store_relaxed(&header->end.mono_ns, mono_ns);
	/* Release: who sees how it ended sees the rest. */
	rac_store_release(&header->end.how, (uint32_t)how);
}

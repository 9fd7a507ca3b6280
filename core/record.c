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

/* Where the parts lie in memory that holds a head, or will. */
static struct rac_record_parts place(void *memory)
{
	struct layout l = lay_out();
	char *start = memory;

	return (struct rac_record_parts){
		.header = memory,
		.tracker = rac_tracker_init(start + l.tracker, rac_tracker_bytes()),
		.devices = (struct rac_record_device *)(void *)(start + l.devices),
		.settings = start + l.settings,
	};
}

bool rac_record_init(void *memory, size_t bytes, struct rac_record_parts *out)
{
	struct layout l = lay_out();

	if (memory == NULL || bytes < l.end)
		return false;
	*out = place(memory);
	if (out->tracker == NULL)
		return false;
	out->header->version = RAC_RECORD_VERSION;
	out->header->header_bytes = sizeof(*out->header);
	rac_record_list(out->header, RAC_SEGMENT_TRACKER, 0, l.tracker, rac_tracker_bytes());
	rac_record_list(out->header, RAC_SEGMENT_DEVICES, 0, l.devices,
		RAC_MAX_DEVICES * sizeof(struct rac_record_device));
	rac_record_list(out->header, RAC_SEGMENT_SETTINGS, 0, l.settings, RAC_RECORD_SETTINGS_MAX);
	return true;
}

void rac_record_ready(struct rac_record_header *header)
{
	/* Release: who sees the magic number sees the rest. */
	rac_store_release(&header->magic, RAC_RECORD_MAGIC);
}

void rac_record_copy(const struct rac_record_parts *from, void *to, struct rac_record_parts *out)
{
	memcpy(to, from->header, lay_out().end);
	*out = place(to);
}

/* By words, so that each counter is one that was there. */
static void copy_words(void *to, const void *from, size_t bytes)
{
	const rac_atomic_u64 *source = from;
	rac_atomic_u64 *target = to;

	for (size_t i = 0; i < bytes / sizeof(*target); i++)
		rac_store_relaxed(&target[i], rac_load_relaxed(&source[i]));
}

static void copy_counters(const struct rac_record_parts *from, const struct rac_record_parts *to)
{
	_Static_assert(sizeof(struct rac_record_device) % 8 == 0, "whole words");
	copy_words(to->tracker, from->tracker, rac_tracker_bytes());
	copy_words(to->devices, from->devices, RAC_MAX_DEVICES * sizeof(*to->devices));
}

/* In memory the directory can say where they are; in a file only the other file's name can. */
static void relist(struct rac_record_header *header, enum rac_segment kind, const void *memory)
{
	for (uint32_t i = 0; i < RAC_RECORD_SEGMENTS; i++)
		if (rac_load_relaxed(&header->segments[i].kind) == (uint32_t)kind)
			rac_store_relaxed(
				&header->segments[i].offset, (uintptr_t)memory - (uintptr_t)header);
}

void rac_record_count_in(struct rac_record_parts *parts, const struct rac_record_parts *other)
{
	copy_counters(parts, other);
	parts->tracker = other->tracker;
	parts->devices = other->devices;
	if (parts->header->storage == RAC_RECORD_IN_FILE) {
		rac_store_relaxed(&parts->header->is_counted_elsewhere, 1);
		return;
	}
	relist(parts->header, RAC_SEGMENT_TRACKER, other->tracker);
	relist(parts->header, RAC_SEGMENT_DEVICES, other->devices);
}

void rac_record_settle(const struct rac_record_parts *parts)
{
	struct rac_record_parts own = place(parts->header);

	if (rac_load_relaxed(&parts->header->is_counted_elsewhere) == 0)
		return;
	copy_counters(parts, &own);
	/* Release: who sees that they are here finds them. */
	rac_store_release(&parts->header->is_counted_elsewhere, 0);
}

void rac_record_unsettle(const struct rac_record_parts *parts)
{
	if (parts->header->storage == RAC_RECORD_IN_FILE)
		rac_store_relaxed(&parts->header->is_counted_elsewhere, 1);
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

void rac_record_regain(struct rac_record_header *header, uint64_t bytes)
{
	rac_fetch_sub_relaxed(&header->lost.bytes, bytes);
	rac_fetch_sub_relaxed(&header->lost.segments, 1);
}

void rac_record_end(struct rac_record_header *header, const struct rac_record_fate *ended)
{
	rac_store_relaxed(&header->end.status, (uint64_t)ended->status);
	rac_store_relaxed(&header->end.mono_ns, ended->mono_ns);
	rac_store_relaxed(&header->end.is_left_to_reader, ended->is_left_to_reader);
	/* Release: who sees how it ended sees the rest. */
	rac_store_release(&header->end.how, (uint32_t)ended->how);
}

/*
 * record_report.c - fills a report from the head of a record; what the report looks like is the
 * emitters' business.
 */
#include "record.h"

#include "checked.h"
#include <string.h>

static void describe_process(const struct rac_record_header *h, const struct rac_record_fate *fate,
	struct rac_report_process *out)
{
	const struct rac_record_process *p = &h->process;
	/* Acquire pairs with the release in rac_record_end. */
	enum rac_end how = (enum rac_end)rac_load_acquire(&h->end.how);
	bool ended = how != RAC_END_RUNNING;
	uint64_t until = ended ? rac_load_relaxed(&h->end.mono_ns) : fate->mono_ns;

	*out = (struct rac_report_process){
		.pid = p->pid,
		.ppid = p->ppid,
		.executable = p->executable,
		.command = p->command,
		.command_bytes = p->command_bytes,
		.host = p->host,
		.rank = p->has_rank ? p->rank : NULL,
		.started_unix_ns = p->started_unix_ns,
		.elapsed_ns = until != 0 ? rac_saturating_sub(until, p->started_mono_ns)
					 : RAC_REPORT_TIME_UNKNOWN,
		.end = ended ? how : fate->how,
		.status = ended ? (int64_t)rac_load_relaxed(&h->end.status) : fate->status,
		.is_left_to_reader = ended && rac_load_relaxed(&h->end.is_left_to_reader) != 0,
	};
}

void rac_record_untracked(const struct rac_record_device *d, struct rac_report_untracked *out)
{
	static const char *const names[] = {
#define X(id, name) [RAC_UNTRACKED_##id] = (name),
		RAC_UNTRACKED_LIST(X)
#undef X
	};
	uint64_t figure = rac_load_relaxed(&d->untracked);
	uint64_t source = figure & RAC_UNTRACKED_SOURCE_MASK;

	*out = (struct rac_report_untracked){0};
	if (source >= sizeof(names) / sizeof(names[0]) || names[source] == NULL)
		return;
	out->known = true;
	out->bytes = figure >> RAC_UNTRACKED_SOURCE_BITS;
	out->source = names[source];
}

/* The name may come from a damaged record, so it is ended in a copy. */
static void describe_group(const struct rac_record_device *d, char name[RAC_GROUP_NAME_MAX],
	struct rac_report_group *out)
{
	memcpy(name, d->group, RAC_GROUP_NAME_MAX);
	name[RAC_GROUP_NAME_MAX - 1] = '\0';
	out->name = name[0] != '\0' ? name : NULL;
	out->used_bytes = rac_load_relaxed(&d->group_bytes);
}

void rac_record_report(const struct rac_record_parts *parts, const struct rac_record_fate *fate,
	struct rac_record_room *room, struct rac_report *out)
{
	memset(out, 0, sizeof(*out));
	describe_process(parts->header, fate, &out->process);
	for (uint32_t device = 0; device < RAC_MAX_DEVICES; device++) {
		size_t at = out->device_count;

		if (rac_tracker_snapshot(parts->tracker, device, &room->devices[at]) != RAC_OK)
			continue;
		uint64_t before = rac_load_relaxed(&parts->devices[device].peak_before);

		if (room->devices[at].peak_bytes < before)
			room->devices[at].peak_bytes = before;
		rac_record_untracked(&parts->devices[device], &room->untracked[at]);
		describe_group(&parts->devices[device], room->group_names[at], &room->groups[at]);
		out->device_count++;
	}
	out->devices = room->devices;
	out->untracked = room->untracked;
	out->groups = room->groups;
	rac_tracker_host_snapshot(parts->tracker, &out->host_pinned);
	out->unknown_frees = rac_tracker_unknown_frees(parts->tracker);
	out->unrecorded = rac_tracker_unrecorded_count(parts->tracker);
	out->lost_bytes = rac_load_relaxed(&parts->header->lost.bytes);
	out->lost_error = rac_load_relaxed(&parts->header->lost.error);
	out->unread_python = rac_load_relaxed(&parts->header->unread_python);
}

/*
 * site_report.c - adds the sites and the timeline to the report of a process that ends; see site.h.
 */
#include "site.h"

#include "code.h"
#include "record_memory.h"
#include "references.h"
#include "report_sites.h"
#include "report_timeline.h"
#include <sys/mman.h>

static enum rac_sites_style style_of(const struct rac_state *state)
{
	return state->settings.stacks == RAC_STACKS_CALLER ? RAC_SITES_BY_OWNER
							   : RAC_SITES_WITH_FRAMES;
}

/* Where the memory is not to be had the report has no timeline. */
static void add_timeline(struct rac_state *state, struct rac_site_room *room,
	const struct rac_site_positions *positions, struct rac_report *report)
{
	size_t most = (size_t)rac_timeline_points_max(state->timeline_bytes);
	size_t points_bytes = most * sizeof(struct rac_timeline_point);
	struct rac_timeline_about about;

	if (!rac_timeline_is_kept(&state->timeline))
		return;
	room->timeline_bytes = points_bytes + rac_report_timeline_bytes(report, most);
	room->timeline = rac_record_memory_private(room->timeline_bytes);
	if (room->timeline == NULL)
		return;
	struct rac_timeline_point *points = room->timeline;
	size_t count =
		rac_timeline_read(state->timeline_memory, state->timeline_bytes, points, &about);

	rac_report_timeline(report, positions, points, count, &about,
		state->record.header->process.started_mono_ns, points + most);
}

struct rac_site_room rac_site_report_begin(struct rac_state *state, struct rac_report *report)
{
	const struct rac_site_tables tables = {
		.sites = &state->sites,
		.arena = &state->arena,
		.modules = rac_code_table(state),
		.module_bytes = rac_code_table_bytes(),
		.tracker = state->tracker,
		/* Acquire: pairs with the release in the maker of the table. */
		.checkpoints = atomic_load_explicit(&state->checkpoints, memory_order_acquire),
		.references = state->references,
		.reference_bytes = state->references_bytes,
	};
	struct rac_site_room room = {.bytes = rac_report_sites_bytes(&tables)};
	struct rac_site_positions positions;
	void *memory =
		mmap(NULL, room.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	report->checkpoints = tables.checkpoints;
	rac_references_tell(tables.references, tables.reference_bytes, &report->search);
	if (memory == MAP_FAILED)
		return room;
	room.memory = memory;
	report->site_count = rac_report_sites(
		&tables, style_of(state), room.memory, room.bytes, &report->sites, &positions);
	add_timeline(state, &room, &positions, report);
	return room;
}

void rac_site_report_end(const struct rac_site_room *room)
{
	if (room->memory != NULL)
		munmap(room->memory, room->bytes);
	if (room->timeline != NULL)
		munmap(room->timeline, room->timeline_bytes);
}

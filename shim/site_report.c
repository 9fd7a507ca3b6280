/*
 * site_report.c - adds the sites to the report of a process that ends; see site.h.
 */
#include "site.h"

#include "code.h"
#include "report_sites.h"
#include <sys/mman.h>

static enum rac_sites_style style_of(const struct rac_state *state)
{
	return state->settings.stacks == RAC_STACKS_CALLER ? RAC_SITES_BY_OWNER
							   : RAC_SITES_WITH_FRAMES;
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
	};
	struct rac_site_room room = {NULL, rac_report_sites_bytes(&tables)};
	void *memory =
		mmap(NULL, room.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	report->checkpoints = tables.checkpoints;
	if (memory == MAP_FAILED)
		return room;
	room.memory = memory;
	report->site_count =
		rac_report_sites(&tables, style_of(state), room.memory, room.bytes, &report->sites);
	return room;
}

void rac_site_report_end(const struct rac_site_room *room)
{
	if (room->memory != NULL)
		munmap(room->memory, room->bytes);
}

/*
 * site.h - which place of the program takes memory: finds the site of the call under way and keeps its
 * figures. The table is core's (sites.h), the stack capture.h's.
 *
 * Both may be called by any thread inside rac_enter; neither takes a lock, allocates (but for the
 * growth of the tables) or makes a system call, except when a site is seen for the first time.
 */
#ifndef RAC_SITE_H
#define RAC_SITE_H

#include "hooks.h"
#include "report.h"
#include "state.h"

/* Of a site whose memory is on no device. */
#define RAC_SITE_NO_DEVICE 0xff

/* What is asked for. */
struct rac_site_call {
	enum rac_hook hook;
	uint8_t kind, device;
	uint64_t bytes;
};

uint32_t rac_site_count(struct rac_state *state, const struct rac_site_call *call);

/* The same for a place that was captured, for one with as many frames as fit on any stack, and for one with
 * more. */
struct rac_capture;
uint32_t rac_site_count_at(
	struct rac_state *state, const struct rac_site_call *call, const struct rac_capture *place);
uint32_t rac_site_count_shallow(struct rac_state *state, const struct rac_site_call *call);
uint32_t rac_site_count_deep(struct rac_state *state, const struct rac_site_call *call);

/*
 * Counts bytes taken by the call under way, before they can raise the device's peak. Returns the site's
 * number for the ledger; 0: none are kept, or there is no room for it.
 */
static inline uint32_t rac_site_taken(
	struct rac_state *state, enum rac_hook hook, uint8_t kind, uint8_t device, uint64_t bytes)
{
	const struct rac_site_call call = {hook, kind, device, bytes};

	return state->settings.stacks != 0 ? rac_site_count(state, &call) : 0;
}

/* Counts what an entry held as given back, before it leaves the device's charge. */
void rac_site_given(struct rac_state *state, const struct rac_entry *entry);

/* Takes back rac_site_taken for an entry whose memory was given back before anybody saw it. */
void rac_site_undone(struct rac_state *state, const struct rac_entry *entry);

/* The site beside that of an entry for what the program wants ignored; 0: none, or it is there already. And
 * what the entry holds goes from one to the other, as if it had been taken there. */
uint32_t rac_site_ignored(struct rac_state *state, const struct rac_entry *entry);
void rac_site_move(
	struct rac_state *state, const struct rac_entry *from, const struct rac_entry *to);

/* The name of the call that a ledger entry came from; NULL: not known. */
const char *rac_site_api(struct rac_state *state, const struct rac_entry *entry);

/* Memory that a report borrows its sites and its timeline from. */
struct rac_site_room {
	void *memory, *timeline;
	size_t bytes, timeline_bytes;
};

/* Adds all sites, and the timeline where one was kept, to the report of the process, and takes their memory back when it is written. */
struct rac_site_room rac_site_report_begin(struct rac_state *state, struct rac_report *report);
void rac_site_report_end(const struct rac_site_room *room);

#endif

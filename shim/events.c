/*
 * events.c - see events.h.
 */
#include "events.h"

#include "process_info.h"
#include "record_memory.h"
#include "startup.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The C library's clock, since asking the kernel takes five times as long; it may be one that a library beside
 * us bends. */
static uint64_t clock_ns(void)
{
	struct timespec now = {.tv_sec = 0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void yield(void)
{
	int saved = errno;

	syscall(SYS_sched_yield);
	errno = saved;
}

void rac_events_start(struct rac_state *state)
{
	uint64_t bytes = state->settings.timeline_bytes;
	const struct rac_memory memory = rac_record_memory(state);

	if (bytes == 0)
		return;
	state->timeline_bytes = bytes;
	state->timeline_ahead_ns = clock_ns() - rac_monotonic_ns();
	state->timeline_scratch = rac_record_memory_private(rac_timeline_scratch_bytes(bytes));
	if (state->timeline_scratch != NULL)
		state->timeline_memory = memory.map(
			memory.context, RAC_SEGMENT_TIMELINE, 0, bytes, &state->timeline_slot);
	if (state->timeline_memory != NULL)
		rac_timeline_init(&state->timeline, state->timeline_memory, bytes,
			state->timeline_scratch, yield);
}

void rac_events_stop(struct rac_state *state)
{
	if (state->timeline_memory != NULL)
		munmap(state->timeline_memory, (size_t)state->timeline_bytes);
	if (state->timeline_scratch != NULL)
		munmap(state->timeline_scratch,
			(size_t)rac_timeline_scratch_bytes(state->timeline_bytes));
}

void rac_events_announce(const struct rac_state *state)
{
	if (state->timeline_bytes > 0 && state->timeline_memory == NULL)
		rac_startup_say(state,
			"no memory for the timeline that RAC_TIMELINE asks for; "
			"none is kept");
}

/* What a pool gives out it holds already: its growth is told apart. */
static bool is_inside(const struct rac_entry *entry)
{
	return entry->kind == RAC_KIND_POOL && rac_pool_is_number(entry->context);
}

void rac_event_note(
	struct rac_state *state, const struct rac_entry *entry, uint64_t bytes, uint64_t most)
{
	const struct rac_timeline_event event = {
		.at_ns = clock_ns() - state->timeline_ahead_ns,
		.bytes = bytes,
		.most = most,
		.site = entry->site,
		.place = entry->kind == RAC_KIND_PINNED ? RAC_TIMELINE_PINNED : entry->device,
		.is_inside = is_inside(entry),
	};

	rac_timeline_note(&state->timeline, &event);
}

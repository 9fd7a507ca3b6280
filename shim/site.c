/*
 * site.c - see site.h.
 */
#include "site.h"

#include "code.h"
#include "stack.h"
#include "thread.h"
#include <string.h>
#include <time.h>

/* 4 ms are fine enough for first and last times, and a fifth of the price. */
static uint64_t coarse_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Every bit of the key depends on every bit of both: the table compares keys only. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	a ^= b * UINT64_C(0x9e3779b97f4a7c15);
	a = (a ^ a >> 32) * UINT64_C(0xd6e8feb86659fd93);
	a = (a ^ a >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return a ^ a >> 32;
}

/*
 * The program's code under whose call we are: that of the runtime function, where we saw one. Of a return
 * address the instruction before it counts, which is still inside the function that called.
 */
static uint64_t caller(struct rac_state *state)
{
	const void *address =
		rac_thread.label != RAC_HOOK_NONE ? rac_thread.label_caller : rac_thread.caller;
	struct rac_code_modules *modules = rac_code_modules_of(state);
	uintptr_t call = (uintptr_t)address - 1;

	return rac_pc(
		modules != NULL ? rac_code_modules_find(modules, call) : RAC_MODULE_UNKNOWN, call);
}

/* Where the name of a call lies in the arena. Threads that come together store it twice. */
static uint32_t name_place(struct rac_state *state, enum rac_hook hook)
{
	/* Acquire and release: who publishes a site of this name publishes the name with it. */
	uint32_t place = rac_load_acquire(&state->hook_names[hook]);
	const char *name = rac_hook_name(hook);

	if (place != 0)
		return place;
	place = rac_stack_put_text(&state->arena, name, strlen(name));
	rac_store_release(&state->hook_names[hook], place);
	return place;
}

static void describe(struct rac_state *state, struct rac_site *site, enum rac_hook hook,
	struct rac_site_about *about, uint64_t pc)
{
	const struct rac_frame frame = {.language = RAC_LANGUAGE_NATIVE,
		.module = rac_pc_module(pc),
		.offset = rac_pc_address(pc)};

	about->api = name_place(state, hook);
	about->stack = rac_stack_put(&state->arena, &frame, 1);
	rac_site_describe(site, about);
}

/* Pinned memory is on no device: the tracker counts its peak beside those of the devices. */
static uint32_t peak_of(uint8_t kind, uint8_t device)
{
	return kind == RAC_KIND_PINNED ? RAC_MAX_DEVICES : device;
}

uint32_t rac_site_count(
	struct rac_state *state, enum rac_hook hook, uint8_t kind, uint8_t device, uint64_t bytes)
{
	struct rac_site_about about = {
		.kind = kind,
		.device = kind == RAC_KIND_PINNED ? RAC_SITE_NO_DEVICE : device,
		.now_ns = coarse_ns(),
	};
	uint64_t pc = caller(state);
	uint64_t tags = (uint64_t)hook << 16 | (uint64_t)about.device << 8 | about.kind;
	struct rac_site *site;
	bool made;

	uint32_t id = rac_sites_intern(&state->sites, mix(pc, tags), &site, &made);

	if (id == 0)
		return 0;
	if (made)
		describe(state, site, hook, &about, pc);
	rac_site_take(site, bytes, rac_tracker_peak_number(state->tracker, peak_of(kind, device)),
		about.now_ns);
	return id;
}

void rac_site_given(struct rac_state *state, const struct rac_entry *entry)
{
	struct rac_site *site = rac_sites_at(&state->sites, entry->site);

	if (site == NULL)
		return;
	rac_site_give(site, entry->bytes,
		rac_tracker_peak_number(state->tracker, peak_of(entry->kind, entry->device)));
	if (rac_thread.last_taken == entry->value)
		rac_site_note_temporary(site);
}

void rac_site_undone(struct rac_state *state, const struct rac_entry *entry)
{
	struct rac_site *site = rac_sites_at(&state->sites, entry->site);

	if (site != NULL)
		rac_site_undo(site, entry->bytes,
			rac_tracker_peak_number(
				state->tracker, peak_of(entry->kind, entry->device)));
}

const char *rac_site_api(struct rac_state *state, const struct rac_entry *entry)
{
	struct rac_site_about about;
	struct rac_site *site =
		entry->kind == RAC_KIND_BORROWED ? NULL : rac_sites_at(&state->sites, entry->site);

	return site != NULL && rac_site_about(site, &about)
		? rac_stack_text(&state->arena, about.api)
		: NULL;
}

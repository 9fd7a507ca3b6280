/*
 * site.c - see site.h.
 */
#include "site.h"

#include "capture.h"
#include "stack.h"
#include "thread.h"
#include <string.h>

/* Every bit depends on every bit of both: the table compares keys only. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	a ^= b * UINT64_C(0x9e3779b97f4a7c15);
	a = (a ^ a >> 32) * UINT64_C(0xd6e8feb86659fd93);
	a = (a ^ a >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return a ^ a >> 32;
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

/* Pinned memory is on no device: the tracker counts its peak beside those of the devices. */
static uint32_t peak_of(uint8_t kind, uint8_t device)
{
	return kind == RAC_KIND_PINNED ? RAC_MAX_DEVICES : device;
}

/* Counts a request at its site, which is found. */
static void take(struct rac_state *state, struct rac_site *site, const struct rac_site_call *call,
	uint32_t moment)
{
	rac_site_take_at(site, moment);
	rac_site_take(site, call->bytes,
		rac_tracker_peak_number(state->tracker, peak_of(call->kind, call->device)));
}

uint32_t rac_site_count_at(
	struct rac_state *state, const struct rac_site_call *call, const struct rac_capture *place)
{
	uint8_t device = call->kind == RAC_KIND_PINNED ? RAC_SITE_NO_DEVICE : call->device;
	uint64_t hash = mix(place->hash, (uint64_t)call->hook);

	if (__builtin_expect(rac_thread.scope.hash != 0, 0))
		hash = mix(hash, rac_thread.scope.hash);
	uint64_t key = rac_site_key(hash, call->kind, device);
	struct rac_site *site;
	bool made;
	uint32_t id = rac_sites_intern(&state->sites, key, &site, &made);
	uint32_t moment = rac_moment(&state->moments);

	if (id == 0)
		return 0;
	if (made)
		rac_site_describe(site,
			&(struct rac_site_about){.api = name_place(state, call->hook),
				.stack = rac_capture_store(state, place),
				.scope = rac_thread.scope.hash != 0
					? rac_scope_place(state, &rac_thread.scope)
					: 0,
				.first = moment,
				.unit = call->bytes});
	take(state, site, call, moment);
	return id;
}

/* Out of line, as most requests come from a caller that was met before. */
static __attribute__((noinline)) uint32_t count_at_new_caller(struct rac_state *state,
	const struct rac_site_call *call, struct rac_site_memo *memo,
	const struct rac_site_memo *wanted)
{
	uint64_t caller = rac_capture_caller(state);
	uintptr_t stack = 0;
	uint32_t id = rac_site_count_at(state, call,
		&(struct rac_capture){
			.native = &caller, .stack = &stack, .native_count = 1, .hash = caller});

	/* Code that no module holds can become a module's by the next request. And a signal handler outside of
	 * hooks could come between the words. */
	if (caller != 0 && id != 0 && wanted->epoch != 0 && rac_thread.depth != 0) {
		*memo = *wanted;
		memo->id = id;
	}
	return id;
}

static uint32_t count_at_caller(struct rac_state *state, const struct rac_site_call *call)
{
	const struct rac_site_memo wanted = {
		.state = state,
		.caller = rac_thread_caller(),
		.epoch = rac_code_epoch(),
		.scope = rac_thread.scope.hash,
		.what = (uint32_t)call->hook << 16 | (uint32_t)call->kind << 8 | call->device,
	};
	struct rac_site_memo *memo =
		&rac_thread.sites[(uintptr_t)wanted.caller * UINT64_C(0x9e3779b97f4a7c15) >>
			(64 - RAC_SITE_MEMO_BITS)];

	if (__builtin_expect(memo->state != state || memo->caller != wanted.caller ||
			    memo->epoch != wanted.epoch || memo->scope != wanted.scope ||
			    memo->what != wanted.what || rac_thread.depth == 0,
		    0))
		return count_at_new_caller(state, call, memo, &wanted);
	take(state, rac_sites_at(&state->sites, memo->id), call, rac_moment(&state->moments));
	return memo->id;
}

/* Out of line: its room is not on the stack of those who keep callers alone. */
__attribute__((noinline)) uint32_t rac_site_count_shallow(
	struct rac_state *state, const struct rac_site_call *call)
{
	uint64_t native[RAC_CAPTURE_SHALLOW];
	uintptr_t stack[RAC_CAPTURE_SHALLOW];
	struct rac_python_frame python[RAC_CAPTURE_SHALLOW];
	unsigned depth = state->settings.depth;
	struct rac_capture place = {
		.native = native,
		.stack = stack,
		.python = python,
		.most = depth < RAC_CAPTURE_SHALLOW ? depth : RAC_CAPTURE_SHALLOW,
	};

	rac_capture(state, &place);
	return rac_site_count_at(state, call, &place);
}

uint32_t rac_site_count(struct rac_state *state, const struct rac_site_call *call)
{
	if (state->settings.stacks == RAC_STACKS_CALLER)
		return count_at_caller(state, call);
	if (state->settings.depth <= RAC_CAPTURE_SHALLOW)
		return rac_site_count_shallow(state, call);
	return rac_site_count_deep(state, call);
}

/* Out of line: where no sites are kept, its callers need no room for it. */
__attribute__((noinline)) void rac_site_given(
	struct rac_state *state, const struct rac_entry *entry)
{
	struct rac_site *site = rac_sites_at(&state->sites, entry->site);

	if (site == NULL)
		return;
	rac_site_give(site, entry->bytes,
		rac_tracker_peak_number(state->tracker, peak_of(entry->kind, entry->device)),
		rac_thread.last_taken == ~entry->value);
}

void rac_site_undone(struct rac_state *state, const struct rac_entry *entry)
{
	struct rac_site *site = rac_sites_at(&state->sites, entry->site);

	if (site != NULL)
		rac_site_undo(site, entry->bytes,
			rac_tracker_peak_number(
				state->tracker, peak_of(entry->kind, entry->device)));
}

/* Distinct from what any scope or call would be mixed with. */
#define IGNORED UINT64_C(0x69676e6f726564)

uint32_t rac_site_ignored(struct rac_state *state, const struct rac_entry *entry)
{
	struct rac_site *site = rac_sites_at(&state->sites, entry->site);
	struct rac_site_about about;
	bool made;

	if (site == NULL || !rac_site_about(site, &about) || about.is_ignored)
		return 0;
	uint64_t key =
		rac_site_key(mix(rac_load_relaxed(&site->key), IGNORED), about.kind, about.device);
	uint32_t id = rac_sites_intern(&state->sites, key, &site, &made);

	about.is_ignored = true;
	about.first = 0;
	if (id != 0 && made)
		rac_site_describe(site, &about);
	return id;
}

void rac_site_move(
	struct rac_state *state, const struct rac_entry *from, const struct rac_entry *to)
{
	uint64_t peak = rac_tracker_peak_number(state->tracker, peak_of(from->kind, from->device));
	struct rac_site *old = rac_sites_at(&state->sites, from->site);
	struct rac_site *new = rac_sites_at(&state->sites, to->site);

	if (old == NULL || new == NULL)
		return;
	rac_site_take(new, to->bytes, peak);
	rac_site_undo(old, from->bytes, peak);
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

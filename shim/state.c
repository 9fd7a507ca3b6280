/*
 * state.c - see state.h.
 *
 * Starting takes no lock: a thread that finds no state makes one, publishes it if nobody else did
 * meanwhile, and otherwise throws its own away.
 */
#include "state.h"

#include "at_start.h"
#include "events.h"
#include "life.h"
#include "message.h"
#include "process_info.h"
#include "record_memory.h"
#include "startup.h"
#include <errno.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define EMERGENCY_BYTES (512u << 10)

static struct rac_state_page first_page; /* until one that forks wipe is there */
static struct rac_state_page inert_page = {.word = RAC_STATE_INERT};

struct rac_state_page *rac_state_page = &first_page;
RAC_AT_START_DATA static _Atomic(struct rac_state *) current;

static size_t page_round(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static size_t region_bytes(void)
{
	return page_round(sizeof(struct rac_state)) + page_round(rac_record_bytes());
}

/*
 * Where no page is to be had the state lies here, so that a cap holds all the same; untouched it costs
 * nothing. One state of the process can have it, not one of a child.
 */
static _Alignas(4096) char emergency_room[EMERGENCY_BYTES];

static char *take_emergency_room(void)
{
	static rac_atomic_u32 taken;

	if (region_bytes() > sizeof(emergency_room) || rac_exchange_acq_rel(&taken, 1) != 0)
		return NULL;
	return emergency_room;
}

static bool is_emergency_room(const void *region)
{
	return region == emergency_room;
}

static struct rac_state *make_state(uint64_t birth, bool quietly)
{
	char *region = rac_record_memory_private(region_bytes());

	if (region == NULL)
		region = take_emergency_room();
	if (region == NULL)
		return NULL;
	struct rac_state *state = (struct rac_state *)(void *)region;

	state->pid = getpid();
	state->birth = birth;
	state->is_quiet = quietly;
	rac_record_init(region + page_round(sizeof(*state)), page_round(rac_record_bytes()),
		&state->record);
	const struct rac_memory memory = rac_record_memory(state);

	rac_ledger_init(&state->ledger, &memory);
	rac_sites_init(&state->sites, &memory);
	rac_arena_init(&state->arena, &memory);
	rac_message_note_stderr(&state->stderr_identity);
	rac_process_info_read(&state->record.header->process);
	rac_startup_read_settings(state);
	if (!quietly) {
		rac_moments_start(&state->moments, state->record.header->process.started_mono_ns);
		rac_record_file_start(state);
		rac_events_start(state);
	}
	rac_record_ready(state->record.header);
	/* The counters may have moved to a file. */
	state->tracker = state->record.tracker;
	return state;
}

static struct rac_state_page *page_now(void)
{
	return __atomic_load_n(&rac_state_page, __ATOMIC_ACQUIRE);
}

/* A page that a forked child sees as zeros; or the first one, where the kernel cannot do that. */
static struct rac_state_page *make_page(void)
{
	size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct rac_state_page *expected = &first_page, *page;

	if (page_now() != &first_page)
		return page_now();
	page = rac_record_memory_private(bytes);
	if (page == NULL)
		return page_now();
	if (madvise(page, bytes, MADV_WIPEONFORK) != 0 ||
		!__atomic_compare_exchange_n(&rac_state_page, &expected, page, false,
			__ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
		munmap(page, bytes);
	return page_now();
}

/* The same for all threads of the process, and another one for its children; 0: nothing can tell. */
static uint64_t birth_of(struct rac_state_page *page)
{
	uint64_t now = rac_monotonic_ns(), none = 0;

	if (page == &first_page)
		return 0;
	return rac_cas_strong_acq_rel(&page->birth, &none, now) ? now : none;
}

/* In the first process of a PID namespace the pid says nothing: its parent may have the same. */
static bool is_of_this_process(const struct rac_state *state)
{
	return state->pid == getpid() &&
		(state->birth == 0 || state->birth == rac_load_relaxed(&page_now()->birth));
}

/*
 * Publishes a state of this process, ours or that of a thread that was faster. One that was started
 * quietly has counted nothing and has no file; the first use of CUDA puts another in its place.
 */
static bool publish(uint64_t birth, bool quietly)
{
	struct rac_state *seen = atomic_load_explicit(&current, memory_order_acquire);

	/* Another thread may have published between our look at the word and here. */
	if (seen != NULL && is_of_this_process(seen) && (quietly || !seen->is_quiet))
		return true;
	struct rac_state *fresh = make_state(birth, quietly);

	if (fresh == NULL) {
		/* Another thread may have had the last room. */
		seen = atomic_load_explicit(&current, memory_order_acquire);
		return seen != NULL && is_of_this_process(seen);
	}
	if (!atomic_compare_exchange_strong_explicit(
		    &current, &seen, fresh, memory_order_release, memory_order_acquire)) {
		rac_events_stop(fresh);
		rac_record_file_discard(fresh);
		if (!is_emergency_room(fresh))
			munmap(fresh, region_bytes());
		return true;
	}
	rac_life_register();
	/* The parent's region stays mapped in a child: a thread of ours may still read from it. */
	return true;
}

static void announce(void)
{
	struct rac_state *state = rac_state();

	if (rac_exchange_acq_rel(&state->announced, 1) != 0)
		return;
	rac_record_file_publish(state);
	rac_startup_announce(state);
	rac_events_announce(state);
}

RAC_AT_START_CODE bool rac_state_is_inert(void)
{
	return getauxval(AT_SECURE) != 0;
}

static bool start(bool quietly)
{
	uint32_t word = rac_load_acquire(&page_now()->word);
	int saved = errno;
	bool active;

	if (word == RAC_STATE_INERT)
		return false;
	if (word == RAC_STATE_COUNTED)
		return true;
	if (word == RAC_STATE_CHECK_PID && rac_state_if_started() != NULL)
		return true;
	if (rac_state_is_inert()) {
		__atomic_store_n(&rac_state_page, &inert_page, __ATOMIC_RELEASE);
		return false;
	}
	struct rac_state_page *page = make_page();

	active = publish(birth_of(page), quietly);
	if (active && !quietly) {
		announce();
		bool counted = rac_state()->settings.scope == RAC_SCOPE_PROCESS;

		word = counted ? RAC_STATE_COUNTED : RAC_STATE_ACTIVE;
		/* Release: who sees the word finds the state. */
		rac_store_release(&page->word, page != &first_page ? word : RAC_STATE_CHECK_PID);
	}
	errno = saved;
	return active;
}

bool rac_state_start(void)
{
	return start(false);
}

bool rac_state_is_active_quietly(void)
{
	return rac_state_is_plain() || start(true);
}

RAC_AT_START_CODE struct rac_state *rac_state(void)
{
	return atomic_load_explicit(&current, memory_order_acquire);
}

RAC_AT_START_CODE struct rac_state *rac_state_if_started(void)
{
	struct rac_state *state = rac_state();

	return state != NULL && is_of_this_process(state) ? state : NULL;
}

/*
 * account.c - scenarios for shim/account.c, budget.c and context.c, the real ones: an allocation from its
 * reservation to its free over tracker, ledger and group, as the wrappers make it. What these ask of the
 * rest of the shim is answered here in the simplest way.
 */
#include "account.h"
#include "budget.h"
#include "context.h"
#include "device.h"
#include "driver.h"
#include "events.h"
#include "group_gone.h"
#include "model.h"
#include "process_info.h"
#include "refusal.h"
#include "sim_device.h"
#include "site.h"
#include "thread.h"
#include <string.h>

#define UNIT    16
#define HANDLE  UINT64_C(0x5550)
#define CURRENT ((CUcontext)(uintptr_t)HANDLE)

static struct rac_state *state;
static uint64_t cap;
static unsigned granted, reported, returned;
static uint64_t known;
static rac_atomic_u64 passed_on;
static const struct rac_group_owner owner = {1, 1, 1};

/* The rest of the shim. */
struct rac_state *rac_state(void)
{
	return state;
}

bool rac_device_prepare(struct rac_state *s, CUdevice device)
{
	return s != NULL && device == 0;
}

static CUresult get_device(CUdevice *device)
{
	*device = 0;
	return CUDA_SUCCESS;
}

static CUresult get_current(CUcontext *context)
{
	*context = CURRENT;
	return CUDA_SUCCESS;
}

const struct rac_driver *rac_driver(void)
{
	static struct rac_driver driver;

	driver.cuCtxGetDevice = get_device;
	driver.cuCtxGetCurrent = get_current;
	return &driver;
}

bool rac_refusal_report(struct rac_state *s, enum rac_hook hook, uint32_t device, uint64_t bytes)
{
	(void)hook;
	rac_tracker_refuse(s->tracker, device, bytes);
	reported++;
	return false;
}

void rac_refusal_by_driver(
	struct rac_state *s, enum rac_hook hook, uint32_t device, uint64_t bytes, CUresult result)
{
	(void)hook;
	(void)bytes;
	(void)result;
	rac_tracker_driver_failed(s->tracker, device);
}

uint32_t rac_site_count(struct rac_state *s, const struct rac_site_call *call)
{
	(void)s;
	(void)call;
	return 0;
}

void rac_event_note(
	struct rac_state *s, const struct rac_entry *entry, uint64_t bytes, uint64_t most)
{
	(void)s, (void)entry, (void)bytes, (void)most;
}

void rac_site_given(struct rac_state *s, const struct rac_entry *entry)
{
	(void)s;
	model_claim(entry->bytes > 0, "an entry without bytes is given back");
	returned++;
}

void rac_pool_freed(struct rac_state *s, const struct rac_entry *entry)
{
	(void)s;
	(void)entry;
}

void rac_pools_reclaim(struct rac_state *s, uint32_t device)
{
	(void)s;
	(void)device;
}

void rac_untracked_measure(struct rac_state *s, uint32_t device)
{
	(void)s;
	(void)device;
}

void rac_untracked_granted(struct rac_state *s, uint32_t device, uint64_t bytes)
{
	(void)s;
	(void)device;
	(void)bytes;
}

void rac_untracked_begin(
	struct rac_untracked_look *look, enum rac_hook hook, enum rac_event event, CUdevice device)
{
	(void)look;
	(void)hook;
	(void)event;
	(void)device;
}

bool rac_untracked_end(struct rac_untracked_look *look, CUresult result)
{
	(void)look;
	(void)result;
	return true;
}

void rac_untracked_context_ended(struct rac_state *s)
{
	(void)s;
}

uint64_t rac_group_used(const struct rac_state *s, uint32_t device)
{
	return rac_group_sum(rac_group_share_of(s, device)->member.group);
}

uint64_t rac_group_used_by_living(struct rac_state *s, uint32_t device)
{
	return rac_group_used(s, device);
}

void rac_group_take_back(struct rac_group_share *s, struct rac_group_pass *pass)
{
	(void)s;
	memset(pass, 0, sizeof(*pass));
}

uint64_t rac_monotonic_ns(void)
{
	return 0;
}

/* The scenarios. */
static void begin(uint64_t limit)
{
	state = model_allocate(sizeof(*state));
	void *memory = model_allocate(rac_tracker_bytes());

	state->tracker = rac_tracker_init(memory, rac_tracker_bytes());
	model_counters(memory, rac_tracker_bytes());
	state->settings.stacks = 0;
	rac_ledger_init(&state->ledger, model_memory());
	rac_tracker_set_limit(state->tracker, 0, limit);
	rac_context_number(state, CURRENT);
	rac_store_relaxed(&passed_on, 0);
	cap = limit;
	granted = reported = returned = 0;
	device_begin(limit);
}

static void setup_alone(void)
{
	begin(2 * UNIT + 1);
}

static void setup_beside(void)
{
	begin(4 * UNIT);
}

static void setup_group(void)
{
	struct rac_group *group = model_allocate(rac_group_bytes());
	struct rac_group_share *share = model_allocate(sizeof(*share));

	begin(2 * UNIT + 1);
	rac_group_format(group);
	rac_group_sit(&share->member, group, 0, &owner);
	memcpy(state->settings.group, "g", 2);
	atomic_store_explicit(&state->groups[0], share, memory_order_relaxed);
}

static uint64_t allocate(uint64_t bytes)
{
	struct rac_charge charge;
	unsigned request = book_ask(bytes);

	if (rac_charge_reserve(&charge, RAC_HOOK_cuMemAlloc_v2, bytes) != CUDA_SUCCESS) {
		book_refused(request);
		return 0;
	}
	book_granted(request, charge.reservation.charged_after);
	granted++;
	uint64_t address = device_allocate(bytes);

	rac_charge_settle(&charge, CUDA_SUCCESS, RAC_KIND_DEVICE, RAC_SPACE_DEVICE, address);
	return address;
}

static void give_back(uint64_t address)
{
	struct rac_return given;

	rac_return_take(&given, RAC_SPACE_DEVICE, address);
	model_claim(given.known, "an allocation is not known when it is freed");
	device_free(address);
	rac_return_settle(&given, CUDA_SUCCESS);
}

/* What must be true when all have ended and nothing is held. */
static void finish(void)
{
	struct rac_device_snapshot s;
	uint64_t live = device_held();

	rac_tracker_snapshot(state->tracker, 0, &s);
	model_claim(s.charged_bytes == live && s.live_bytes == live,
		"%d bytes are live, %d are said to be, %d charged", (int)live, (int)s.live_bytes,
		(int)s.charged_bytes);
	model_claim(s.allocations == granted && s.frees == returned, "calls are lost");
	model_claim(s.refused == reported, "refusals are lost");
	model_claim(s.over_bytes == 0, "passed by %d", (int)s.over_bytes);
	model_claim(rac_tracker_mismatches(state->tracker) == 0 &&
			rac_tracker_unknown_frees(state->tracker) == 0 &&
			rac_tracker_unrecorded_count(state->tracker) == 0,
		"a mismatch, an unknown free or an allocation without an entry");
	if (state->settings.group[0] != '\0')
		model_claim(rac_group_used(state, 0) == live, "the group holds %d, %d are live",
			(int)rac_group_used(state, 0), (int)live);
}

/* On a device that gives one address to both, one after the other: where they do not fit together, and where they do. */
static void life(unsigned thread)
{
	uint64_t address = allocate(UNIT + 1 + thread);

	if (address != 0)
		give_back(address);
}

static void finish_life(void)
{
	book_check(cap);
	finish();
	model_claim(
		granted > 0 && returned == granted, "%u granted, %u returned", granted, returned);
}

/* One allocates, the other frees what he is told of, and allocates from the room. */
static void pass_on(unsigned thread)
{
	if (thread == 0) {
		rac_store_release(&passed_on, allocate(2 * UNIT));
		allocate(2 * UNIT);
		return;
	}
	uint64_t address = rac_load_acquire(&passed_on);

	if (address == 0)
		return;
	give_back(address);
	allocate(2 * UNIT);
}

/* A free that the driver refuses, while the other asks for its room. */
static void setup_refused(void)
{
	begin(2 * UNIT + 1);
	known = allocate(2 * UNIT);
}

static void refused_free(unsigned thread)
{
	struct rac_return given;

	if (thread == 1) {
		model_claim(allocate(2 * UNIT) == 0, "granted what is not free");
		return;
	}
	rac_return_take(&given, RAC_SPACE_DEVICE, known);
	rac_return_settle(&given, CUDA_ERROR_INVALID_VALUE);
}

static void finish_refused(void)
{
	finish();
	give_back(known);
	finish();
}

/* A context ends while a thread is in a call that allocates in it: nothing of it stays charged. */
static struct rac_charge under_way;

static void setup_context(void)
{
	begin(RAC_NO_LIMIT);
	allocate(UNIT);
	known = 0;
	rac_charge_reserve(&under_way, RAC_HOOK_cuMemAlloc_v2, UNIT);
}

static void end_context(unsigned thread)
{
	if (thread == 0) {
		rac_context_end_begin(state, CURRENT);
		model_step(&known, false, MODEL_WHERE);
		known = 1; /* the driver has taken all memory of the context back */
		rac_context_end_finish(state, CURRENT, true);
		return;
	}
	model_step(&known, false, MODEL_WHERE);
	bool fails = known == 1;

	granted += !fails;
	rac_charge_settle(&under_way, fails ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS,
		RAC_KIND_DEVICE, RAC_SPACE_DEVICE, UINT64_C(99) << 21);
}

static void finish_context(void)
{
	struct rac_device_snapshot s;

	rac_tracker_snapshot(state->tracker, 0, &s);
	model_claim(s.live_bytes == 0 && s.charged_bytes == 0,
		"%d bytes are live in a context that ended, %d charged", (int)s.live_bytes,
		(int)s.charged_bytes);
	model_claim(returned == granted, "%u were granted, %u came back", granted, returned);
	model_claim(rac_context_number(state, NULL) == RAC_CONTEXT_UNKNOWN,
		"who has no context is taken to be in one that ended");
}

#define SCENARIO(text, holds, before, what, after)                                               \
	{                                                                                        \
		.name = "account, " text, .claim = holds, .threads = 2, .setup = setup_##before, \
		.thread = what, .finish = after                                                  \
	}

const struct model_scenario model_account[] = {
	SCENARIO("life", "the cap holds, no byte is lost, no entry is another's", alone, life,
		finish_life),
	{.name = "account, life beside",
		.claim = "the same where both fit, and one has the address that the other had",
		.threads = 2,
		.preemptions = 2,
		.stale = 1,
		.setup = setup_beside,
		.thread = life,
		.finish = finish_life},
	{.name = "account, life in a group",
		.claim = "the same, and the group holds what the tracker does",
		.threads = 2,
		.preemptions = 2,
		.stale = 1,
		.setup = setup_group,
		.thread = life,
		.finish = finish_life},
	SCENARIO("freed by another", "room comes back once, whoever frees", alone, pass_on, finish),
	SCENARIO("a free that fails", "what the driver keeps stays charged", refused, refused_free,
		finish_refused),
	SCENARIO("end of a context", "what was made in it meanwhile is given back once", context,
		end_context, finish_context),
	{0},
};

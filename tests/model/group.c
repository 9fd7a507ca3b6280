/*
 * group.c - scenarios for core/group*.c: the sum of a group is that of its seats and never above the cap,
 * also when members die at any step.
 */
#include "sim_device.h"

#include "group.h"
#include "rac_track.h"
#include <string.h>

#define UNIT 16

static struct rac_group *group;
static struct rac_group_member members[MODEL_THREADS];
static uint64_t cap, held[MODEL_THREADS];
static const struct rac_group_owner owners[] = {{1, 1, 1}, {2, 1, 1}, {3, 1, 1}};

static void begin(uint64_t limit, unsigned seats)
{
	group = model_allocate(rac_group_bytes());
	rac_group_format(group);
	rac_group_set_cap(group, limit);
	for (unsigned i = 0; i < seats; i++)
		rac_group_sit(&members[i], group, i, &owners[i]);
	memset(held, 0, sizeof(held));
	cap = limit;
	device_begin(limit);
}

static bool take(struct rac_group_member *m, uint64_t bytes)
{
	unsigned request = book_ask(bytes);
	uint64_t sum;

	if (rac_group_take(m, bytes, cap, &sum) == RAC_OK) {
		book_granted(request, sum);
		return true;
	}
	book_refused(request);
	return false;
}

static void check(void)
{
	uint64_t sum = 0;

	for (unsigned seat = 0; seat < 3; seat++)
		sum += rac_group_held(group, seat);
	model_claim(rac_group_sum(group) == sum, "a sum of %d, the seats hold %d",
		(int)rac_group_sum(group), (int)sum);
	model_claim(rac_group_is_sound(group), "the group is not sound");
	model_claim(sum <= cap, "the group holds %d of %d", (int)sum, (int)cap);
}

/* Two members at the cap. */
static void setup_members(void)
{
	begin(3 * UNIT, 2);
}

static void members_(unsigned thread)
{
	if (!take(&members[thread], 2 * UNIT))
		return;
	uint64_t address = device_allocate(2 * UNIT);

	device_free(address);
	model_claim(rac_group_give(&members[thread], 2 * UNIT) == RAC_OK, "a give is refused");
}

static void finish_members(void)
{
	check();
	model_claim(rac_group_sum(group) == 0, "%d bytes are left", (int)rac_group_sum(group));
}

/* Two threads of one member, and a reader. */
static void threads_(unsigned thread)
{
	if (take(&members[0], UNIT + thread))
		held[thread] = UNIT + thread;
}

static void finish_threads(void)
{
	book_check(cap);
	check();
	model_claim(rac_group_held(group, 0) == held[0] + held[1], "the seat holds %d, threads %d",
		(int)rac_group_held(group, 0), (int)(held[0] + held[1]));
}

static void reader(unsigned thread)
{
	uint64_t sum;

	if (thread == 0) {
		members_(thread);
		return;
	}
	sum = rac_group_sum(group);
	model_claim(sum == 0 || sum == 2 * UNIT, "a sum of %d was never true", (int)sum);
	sum = rac_group_held(group, 0);
	model_claim(sum == 0 || sum == 2 * UNIT, "a seat that held %d at no time", (int)sum);
}

/* A member dies at any step; another goes on, and somebody takes the share back. */
static void death(unsigned thread)
{
	uint64_t sum;

	if (thread == 0) {
		if (rac_group_take(&members[0], 2 * UNIT, cap, &sum) == RAC_OK)
			rac_group_give(&members[0], UNIT);
		return;
	}
	if (rac_group_take(&members[1], UNIT, cap, &sum) == RAC_OK)
		held[1] = UNIT;
}

static void finish_death(void)
{
	uint64_t sum;

	check();
	model_claim(held[1] == UNIT && rac_group_held(group, 1) == UNIT, "the living one holds %d",
		(int)rac_group_held(group, 1));
	rac_group_vacate(group, 0);
	check();
	model_claim(rac_group_sum(group) == UNIT, "%d bytes are charged to the living one",
		(int)rac_group_sum(group));
	rac_group_sit(&members[2], group, 0, &owners[2]);
	model_claim(rac_group_take(&members[2], cap - UNIT, cap, &sum) == RAC_OK,
		"the share of the dead is lost");
	check();
}

/* The share of one that is gone is taken back while another member works. */
static void setup_vacate(void)
{
	uint64_t sum;

	begin(3 * UNIT, 2);
	rac_group_take(&members[0], 2 * UNIT, cap, &sum);
}

static void vacate(unsigned thread)
{
	uint64_t sum;

	if (thread == 0)
		held[0] = rac_group_vacate(group, 0);
	else if (rac_group_take(&members[1], UNIT, cap, &sum) == RAC_OK)
		rac_group_give(&members[1], UNIT);
}

static void finish_vacate(void)
{
	check();
	model_claim(held[0] == 2 * UNIT, "%d bytes were given back", (int)held[0]);
	model_claim(rac_group_sum(group) == 0, "%d bytes are left", (int)rac_group_sum(group));
}

const struct model_scenario model_group[] = {
	{.name = "group, members",
		.claim = "the cap holds over both, in the order of memory too",
		.threads = 2,
		.setup = setup_members,
		.thread = members_,
		.finish = finish_members},
	{.name = "group, threads of one member",
		.claim = "the seat holds what its threads were granted",
		.threads = 2,
		.setup = setup_members,
		.thread = threads_,
		.finish = finish_threads},
	{.name = "group, reader",
		.claim = "sums that are shown were true",
		.threads = 2,
		.setup = setup_members,
		.thread = reader,
		.finish = finish_members},
	{.name = "group, death at any step",
		.claim = "the sum is that of the seats, and the share of the dead comes back",
		.threads = 2,
		.deaths = 1,
		.mortals = 1,
		.setup = setup_members,
		.thread = death,
		.finish = finish_death},
	{.name = "group, a seat is cleared",
		.claim = "its bytes come back once",
		.threads = 2,
		.setup = setup_vacate,
		.thread = vacate,
		.finish = finish_vacate},
	{0},
};

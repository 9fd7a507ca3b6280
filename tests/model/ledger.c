/*
 * ledger.c - scenarios for core/ledger*.c: an entry is whose it is, is taken once, is not lost when the
 * table grows, and counted ones and those of a context end once. The ledger is built with buckets so few
 * that it grows at once.
 */
#include "sim_device.h"

#include "ledger.h"
#include <string.h>

#define UNIT    16
#define STABLE  UINT64_C(0x7700000)
#define CONTEXT 3

static struct rac_ledger *ledger;
static unsigned counts[MODEL_THREADS];

static void begin(uint64_t capacity)
{
	ledger = model_allocate(sizeof(*ledger));
	rac_ledger_init(ledger, model_memory());
	memset(counts, 0, sizeof(counts));
	device_begin(capacity);
}

/* Each field says whose the entry is, so that no mixture of two goes unseen. */
static struct rac_entry entry_of(uint64_t value, unsigned owner)
{
	return (struct rac_entry){.space = RAC_SPACE_DEVICE,
		.value = value,
		.bytes = UNIT * (owner + 1),
		.site = owner + 1,
		.context = (uint16_t)(owner == 2 ? CONTEXT : owner + 10),
		.device = (uint8_t)(owner + 20),
		.kind = (uint8_t)(owner + 1),
		.extra = owner + 100};
}

static void check_entry(const struct rac_entry *e, uint64_t value)
{
	model_claim(e->site > 0 && e->site <= MODEL_THREADS, "an entry of nobody");
	struct rac_entry wanted = entry_of(value, e->site - 1);

	model_claim(e->value == value && e->bytes == wanted.bytes && e->context == wanted.context &&
			e->device == wanted.device && e->kind == wanted.kind &&
			e->extra == wanted.extra,
		"an entry of several owners: %d bytes, site %d, context %d", (int)e->bytes,
		(int)e->site, (int)e->context);
}

static void insert(uint64_t value, unsigned owner)
{
	struct rac_entry e = entry_of(value, owner);

	model_claim(rac_ledger_insert(ledger, &e) == RAC_OK, "no room for an entry");
}

static void take(uint64_t value, unsigned owner, struct rac_ledger_taken *taken)
{
	model_claim(rac_ledger_take(ledger, RAC_SPACE_DEVICE, value, taken) == RAC_OK,
		"an entry is lost");
	check_entry(&taken->entry, value);
	model_claim(taken->entry.site == owner + 1, "the entry of another is taken");
}

static bool count_entry(void *context, const struct rac_entry *entry)
{
	unsigned *sites = context;

	check_entry(entry, entry->value);
	sites[entry->site - 1]++;
	return true;
}

static unsigned entries(void)
{
	unsigned sites[MODEL_THREADS] = {0}, sum = 0;

	rac_ledger_each(ledger, count_entry, sites);
	for (unsigned i = 0; i < MODEL_THREADS; i++)
		sum += sites[i];
	return sum;
}

static void check_memory(void)
{
	model_claim(rac_ledger_memory_bytes(ledger) == model_memory_mapped(),
		"memory is lost: %d of %d bytes", (int)rac_ledger_memory_bytes(ledger),
		(int)model_memory_mapped());
}

/* The device gives out again at once what was freed. */
static void setup_reuse(void)
{
	begin(0);
}

static void reuse(unsigned thread)
{
	struct rac_ledger_taken taken;

	for (unsigned round = 0; round < 2 - thread; round++) {
		uint64_t address = device_allocate(UNIT);

		insert(address, thread);
		take(address, thread, &taken);
		device_free(address);
		rac_ledger_drop(ledger, &taken);
	}
}

static void finish_reuse(void)
{
	model_claim(entries() == 0, "an entry stays behind");
	check_memory();
}

/* One address that several want to take; one of them puts it back, where its free fails. */
static void setup_takers(void)
{
	begin(0);
	insert(STABLE, 3);
}

static void takers(unsigned thread)
{
	struct rac_ledger_taken taken;

	if (rac_ledger_take(ledger, RAC_SPACE_DEVICE, STABLE, &taken) != RAC_OK)
		return;
	check_entry(&taken.entry, STABLE);
	if (thread == 0) {
		rac_ledger_restore(ledger, &taken);
		return;
	}
	counts[thread]++;
	rac_ledger_drop(ledger, &taken);
}

static void finish_takers(void)
{
	unsigned took = counts[1] + counts[2];

	model_claim(took <= 1, "%u took one and the same entry", took);
	model_claim(entries() == 1 - took, "%u took it, %u are left", took, entries());
}

/* No entry is lost when several find that there is no room. */
static void fill(unsigned free_slots)
{
	unsigned n = 0;

	insert(STABLE, 3);
	while (n + 1 + free_slots < rac_ledger_capacity(ledger))
		insert(STABLE + ++n, 3);
	model_claim(n < 64, "the ledger begins with more room than scenarios can fill");
}

static void setup_growth(void)
{
	begin(0);
	fill(0);
}

static void growth(unsigned thread)
{
	struct rac_ledger_taken taken;
	uint64_t address = device_allocate(UNIT);

	insert(address, thread);
	take(address, thread, &taken);
	if (thread == 1) {
		rac_ledger_restore(ledger, &taken);
		return;
	}
	device_free(address);
	rac_ledger_drop(ledger, &taken);
}

static void finish_growth(void)
{
	uint64_t room = rac_ledger_capacity(ledger);

	check_memory();
	model_claim(entries() <= room && entries() > 8, "%u entries in %d", entries(), (int)room);
}

/* The same where the last memory is gone: who has none says so, and nothing else is lost. */
static void setup_full(void)
{
	begin(0);
	fill(1);
	model_memory_refuse(0);
}

static void full(unsigned thread)
{
	struct rac_entry e = entry_of(STABLE + 100 + thread, thread);

	counts[thread] = rac_ledger_insert(ledger, &e) == RAC_OK;
}

static void finish_full(void)
{
	struct rac_entry e;

	model_claim(
		counts[0] + counts[1] == 1, "%u entries went into one slot", counts[0] + counts[1]);
	for (unsigned t = 0; t < 2; t++)
		model_claim((rac_ledger_find(ledger, RAC_SPACE_DEVICE, STABLE + 100 + t, &e) ==
				    RAC_OK) == (counts[t] == 1),
			"insert said one thing, find says another");
	check_memory();
}

/* Who walks or looks sees what is there all the time, once, and nothing that never was. */
static void setup_walk(void)
{
	begin(0);
	insert(STABLE, 3);
}

static void walk(unsigned thread)
{
	unsigned sites[MODEL_THREADS] = {0};
	struct rac_ledger_taken taken;

	if (thread == 0) {
		rac_ledger_each(ledger, count_entry, sites);
		model_claim(sites[3] == 1, "an entry that is there was seen %u times", sites[3]);
		return;
	}
	for (unsigned owner = 1; owner < 3; owner++) {
		insert(STABLE + owner, owner);
		take(STABLE + owner, owner, &taken);
		rac_ledger_drop(ledger, &taken);
	}
}

static void look(unsigned thread)
{
	struct rac_entry e;

	if (thread == 1)
		walk(thread);
	else if (rac_ledger_find(ledger, RAC_SPACE_DEVICE, STABLE + 1, &e) == RAC_OK)
		check_entry(&e, STABLE + 1);
}

static void finish_walk(void)
{
	model_claim(entries() == 1, "%u entries are left", entries());
}

/* Counted entries: two handles given back and one mapping added; exactly one call is the last. */
static void setup_counted(void)
{
	struct rac_entry e = {.space = RAC_SPACE_VMM, .value = STABLE, .bytes = UNIT};

	begin(0);
	e.extra = rac_ledger_refs(ledger, 2);
	rac_ledger_insert(ledger, &e);
}

static void counted(unsigned thread)
{
	struct rac_ledger_taken taken;
	unsigned maps = thread == 2;

	if (maps && rac_ledger_refs_add(ledger, RAC_SPACE_VMM, STABLE, 0, 1, &taken) != RAC_OK)
		return;
	if (rac_ledger_refs_leave(ledger, RAC_SPACE_VMM, STABLE, 1 - maps, maps, &taken) != RAC_OK)
		model_fail(MODEL_WHERE, "a reference that is held is not known");
	model_claim(
		taken.entry.bytes == UNIT, "a counted entry of %d bytes", (int)taken.entry.bytes);
	if (!rac_ledger_refs_left(ledger, &taken))
		return;
	counts[thread]++;
	rac_ledger_drop(ledger, &taken);
}

static void finish_counted(void)
{
	model_claim(counts[0] + counts[1] + counts[2] == 1, "%u calls were the last",
		counts[0] + counts[1] + counts[2]);
	model_claim(entries() == 0, "a counted entry stays");
}

/* A context ends, or does not, while one of its entries is freed. */
static void setup_ending(void)
{
	begin(0);
	insert(STABLE, 2);
	insert(STABLE + 1, 2);
	insert(STABLE + 2, 1);
}

static void dropped(void *context, const struct rac_entry *entry)
{
	(void)context;
	check_entry(entry, entry->value);
	counts[0]++;
}

static void end_context(unsigned thread, bool ends)
{
	struct rac_ledger_taken taken;

	if (thread == 0) {
		rac_ledger_doom(ledger, CONTEXT);
		if (ends)
			rac_ledger_drop_doomed(ledger, CONTEXT, dropped, NULL);
		else
			rac_ledger_restore_doomed(ledger, CONTEXT);
		return;
	}
	if (rac_ledger_take(ledger, RAC_SPACE_DEVICE, STABLE, &taken) != RAC_OK)
		return;
	check_entry(&taken.entry, STABLE);
	counts[1]++;
	rac_ledger_drop(ledger, &taken);
}

static void ending(unsigned thread)
{
	end_context(thread, true);
}

static void not_ending(unsigned thread)
{
	end_context(thread, false);
}

static void finish_ending(void)
{
	model_claim(counts[0] + counts[1] == 2, "of two entries %u were given back",
		counts[0] + counts[1]);
	model_claim(entries() == 1, "%u entries are left", entries());
}

static void finish_not_ending(void)
{
	model_claim(entries() == 3 - counts[1], "%u were taken, %u are left", counts[1], entries());
}

#define SCENARIO(text, holds, n, what)                                                        \
	{                                                                                     \
		.name = "ledger, " text, .claim = holds, .threads = n, .setup = setup_##what, \
		.thread = what, .finish = finish_##what                                       \
	}

const struct model_scenario model_ledger[] = {
	{.name = "ledger, addresses given out again",
		.claim = "each takes his own entry, and none stays",
		.threads = 2,
		.preemptions = 2,
		.stale = 2,
		.setup = setup_reuse,
		.thread = reuse,
		.finish = finish_reuse},
	SCENARIO("takers", "one of three has the entry, who puts it back loses nothing", 3, takers),
	SCENARIO("growth", "no entry and no memory is lost", 2, growth),
	SCENARIO("no memory to grow", "the last slot has one owner, the other is told", 2, full),
	SCENARIO("walk", "each entry is seen once and whole", 2, walk),
	{.name = "ledger, look",
		.claim = "what is found is whole",
		.threads = 2,
		.setup = setup_walk,
		.thread = look,
		.finish = finish_walk},
	{.name = "ledger, counted entries",
		.claim = "exactly one call is the last",
		.threads = 3,
		.preemptions = 2,
		.setup = setup_counted,
		.thread = counted,
		.finish = finish_counted},
	SCENARIO("end of a context", "each entry is given back once", 2, ending),
	{.name = "ledger, a context that stays",
		.claim = "its entries come back, but for one that was freed",
		.threads = 2,
		.setup = setup_ending,
		.thread = not_ending,
		.finish = finish_not_ending},
	{0},
};

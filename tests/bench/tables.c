/*
 * tables.c - what it costs to insert an address and to take it out again: the ledger beside the floor's
 * table and beside tables that Debian packages, where those are installed (liburcu's cds_lfht, Concurrency
 * Kit's ck_ht). It judges nothing.
 *
 *   bench_tables [JSON]
 *
 * So many addresses are in the table; each pair takes a random one out and inserts another. One thread;
 * rounds of the candidates alternate, medians count. ck_ht allows one writer only, and cds_lfht leaves
 * nodes to be reclaimed, here 4,096 at a time.
 */
#include "floor_table.h"
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#ifdef WITH_PEERS
#include <ck_ht.h>
#include <urcu-qsbr.h>
#include <urcu/rculfhash.h>
#endif

#define ROUNDS 5
#define PAIRS  200000
#define BYTES  512
#define BATCH  4096

/* A table that is to hold `live` entries at most. */
struct table {
	const char *name;
	void (*make)(uint64_t live);
	void (*insert)(uint64_t address);
	void (*take)(uint64_t address);
	void (*end)(void);
	uint64_t *addresses, next;
	double rounds[ROUNDS];
};

static void *map(
	void *context, enum rac_segment kind, uint32_t index, uint64_t bytes, uint32_t *slot)
{
	(void)context;
	(void)kind;
	(void)index;
	*slot = 0;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED ? p : NULL;
}

static void unmap(void *context, void *memory, uint64_t bytes, uint32_t slot)
{
	(void)context;
	(void)slot;
	munmap(memory, bytes);
}

static struct rac_ledger ledger;

static void ledger_make(uint64_t live)
{
	static const struct rac_memory memory = {map, unmap, NULL};

	(void)live;
	rac_ledger_init(&ledger, &memory);
}

static void ledger_insert(uint64_t address)
{
	const struct rac_entry entry = {
		.space = RAC_SPACE_DEVICE, .value = address, .bytes = BYTES};

	rac_ledger_insert(&ledger, &entry);
}

static void ledger_take(uint64_t address)
{
	struct rac_ledger_taken taken;

	if (rac_ledger_take(&ledger, RAC_SPACE_DEVICE, address, &taken) != RAC_OK)
		abort();
	rac_ledger_drop(&ledger, &taken);
}

static void ledger_end(void)
{
	for (unsigned level = 0; level < ledger.level_count; level++)
		munmap(ledger.levels[level], UINT64_C(65536) << level);
}

static void floor_insert(uint64_t address)
{
	floor_table_insert(address, BYTES);
}

static void floor_take(uint64_t address)
{
	if (floor_table_erase(address) != BYTES)
		abort();
}

static void floor_end(void)
{
	munmap(slots, (mask + 1) * sizeof(*slots));
}

#ifdef WITH_PEERS
static ck_ht_t concurrency_kit;

static void *ck_allocate(size_t bytes)
{
	return malloc(bytes);
}

static void ck_release(void *memory, size_t bytes, bool defer)
{
	(void)bytes;
	(void)defer;
	free(memory);
}

static struct ck_malloc ck_memory = {.malloc = ck_allocate, .free = ck_release};

static void ck_make(uint64_t live)
{
	if (!ck_ht_init(&concurrency_kit, CK_HT_MODE_DIRECT | CK_HT_WORKLOAD_DELETE, NULL,
		    &ck_memory, live * 2, 6602834))
		abort();
}

static void ck_insert(uint64_t address)
{
	ck_ht_hash_t hash;
	ck_ht_entry_t entry;

	ck_ht_hash_direct(&hash, &concurrency_kit, address);
	ck_ht_entry_set_direct(&entry, hash, address, BYTES);
	if (!ck_ht_put_spmc(&concurrency_kit, hash, &entry))
		abort();
}

static void ck_take(uint64_t address)
{
	ck_ht_hash_t hash;
	ck_ht_entry_t entry;

	ck_ht_hash_direct(&hash, &concurrency_kit, address);
	ck_ht_entry_key_set_direct(&entry, address);
	if (!ck_ht_remove_spmc(&concurrency_kit, hash, &entry))
		abort();
}

static void ck_end(void)
{
	ck_ht_destroy(&concurrency_kit);
}

struct node {
	struct cds_lfht_node link;
	uint64_t address, bytes;
	struct node *next;
};

static struct cds_lfht *lfht;
static struct node *nodes, *unused, *removed;
static unsigned removed_count;

static unsigned long lfht_hash(uint64_t address)
{
	return address * UINT64_C(0x9e3779b97f4a7c15) >> 20;
}

static int lfht_match(struct cds_lfht_node *node, const void *key)
{
	return caa_container_of(node, struct node, link)->address == *(const uint64_t *)key;
}

static void lfht_make(uint64_t live)
{
	unsigned long buckets = 1024;

	while (buckets < live)
		buckets *= 2;
	urcu_qsbr_register_thread();
	lfht = cds_lfht_new_flavor(buckets, buckets, 0, 0, &urcu_qsbr_flavor, NULL);
	nodes = calloc(live + 2 * BATCH, sizeof(*nodes));
	unused = removed = NULL;
	removed_count = 0;
	for (uint64_t i = 0; i < live + 2 * BATCH; i++) {
		nodes[i].next = unused;
		unused = &nodes[i];
	}
}

static void lfht_insert(uint64_t address)
{
	struct node *node = unused;

	unused = node->next;
	node->address = address;
	node->bytes = BYTES;
	cds_lfht_node_init(&node->link);
	cds_lfht_add(lfht, lfht_hash(address), &node->link);
}

static void lfht_take(uint64_t address)
{
	struct cds_lfht_iter at;

	cds_lfht_lookup(lfht, lfht_hash(address), lfht_match, &address, &at);
	if (cds_lfht_del(lfht, cds_lfht_iter_get_node(&at)) != 0)
		abort();
	struct node *node = caa_container_of(cds_lfht_iter_get_node(&at), struct node, link);

	node->next = removed;
	removed = node;
	if (++removed_count < BATCH)
		return;
	urcu_qsbr_synchronize_rcu();
	while (removed != NULL) {
		struct node *next = removed->next;

		removed->next = unused;
		unused = removed;
		removed = next;
	}
	removed_count = 0;
}

/* The table itself stays: it may be destroyed only when empty. */
static void lfht_end(void)
{
	urcu_qsbr_unregister_thread();
}
#endif

static struct table tables[] = {
	{.name = "floor's table",
		.make = floor_table_make,
		.insert = floor_insert,
		.take = floor_take,
		.end = floor_end},
	{.name = "ledger",
		.make = ledger_make,
		.insert = ledger_insert,
		.take = ledger_take,
		.end = ledger_end},
#ifdef WITH_PEERS
	{.name = "Concurrency Kit, ck_ht",
		.make = ck_make,
		.insert = ck_insert,
		.take = ck_take,
		.end = ck_end},
	{.name = "liburcu, cds_lfht",
		.make = lfht_make,
		.insert = lfht_insert,
		.take = lfht_take,
		.end = lfht_end},
#endif
};

#define COUNT (sizeof(tables) / sizeof(tables[0]))

/* The thread's own time: the machine may be shared. */
static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void fill(struct table *t, uint64_t live)
{
	t->make(live);
	t->addresses = calloc(live, sizeof(*t->addresses));
	t->next = UINT64_C(1) << 36;
	for (uint64_t i = 0; i < live; i++) {
		t->addresses[i] = t->next += BYTES;
		t->insert(t->next);
	}
}

static double run(struct table *t, uint64_t live)
{
	static uint64_t random = 88172645463325252u;
	uint64_t begin = now();

	for (int i = 0; i < PAIRS; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		uint64_t *victim = &t->addresses[random % live];

		t->take(*victim);
		*victim = t->next += BYTES;
		t->insert(*victim);
	}
	return (double)(now() - begin) / PAIRS;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void compare(uint64_t live, FILE *json)
{
	for (size_t i = 0; i < COUNT; i++)
		fill(&tables[i], live);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < COUNT; i++)
			tables[i].rounds[round] = run(&tables[i], live);
	printf("%lu in the table\n", (unsigned long)live);
	fprintf(json, "{\"live\":%lu,\"tables\":[", (unsigned long)live);
	for (size_t i = 0; i < COUNT; i++) {
		double *r = tables[i].rounds;

		qsort(r, ROUNDS, sizeof(*r), by_value);
		printf("  %-28s %10.1f %10.1f %10.1f %10.2f\n", tables[i].name, r[ROUNDS / 2], r[0],
			r[ROUNDS - 1], r[ROUNDS / 2] / tables[0].rounds[ROUNDS / 2]);
		fprintf(json,
			"%s{\"name\":\"%s\",\"median_ns\":%.2f,\"least_ns\":%.2f,\"most_ns\":%.2f}",
			i > 0 ? "," : "", tables[i].name, r[ROUNDS / 2], r[0], r[ROUNDS - 1]);
		free(tables[i].addresses);
		tables[i].end();
	}
	fputs("]}", json);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const uint64_t lives[] = {1000, 100000, 1000000};
	FILE *json = fopen(argc > 1 ? argv[1] : "/dev/null", "w");

	if (json == NULL)
		return 2;
	printf("%-30s %10s %10s %10s %10s\n", "ns per insert and take", "median", "least", "most",
		"x floor");
	fputs("[", json);
	for (size_t i = 0; i < sizeof(lives) / sizeof(*lives); i++) {
		fputs(i > 0 ? "," : "", json);
		compare(lives[i], json);
	}
	fputs("]\n", json);
	return fclose(json) != 0;
}

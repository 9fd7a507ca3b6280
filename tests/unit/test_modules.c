/*
 * test_modules.c - the table of modules in a record: numbers stay, damage is noticed.
 */
#include "modules.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MODULES 8
#define TEXT    64

static struct rac_module_table *table;
static size_t bytes;

static void start(void)
{
	bytes = rac_module_table_bytes(MODULES, TEXT);
	table = rac_module_table_init(calloc(1, bytes), bytes, MODULES, TEXT);
}

static void stop(void)
{
	free(table);
}

TestSuite(modules, .init = start, .fini = stop);

static uint16_t add(uint64_t key, const char *path)
{
	struct rac_module module = {
		.path = path,
		.path_bytes = (uint32_t)strlen(path),
		.build_id_bytes = 3,
		.build_id = {1, 2, (uint8_t)key},
		.start = 0x1000,
		.end = 0x3000,
		.unloads = 5,
	};
	bool first;
	uint16_t number = rac_module_claim(table, key, key * 0x10000, &first);

	if (first)
		rac_module_describe(table, number, &module);
	return number;
}

Test(modules, are_read_as_they_were_described)
{
	struct rac_module m;

	cr_assert(eq(u16, add(7, "/lib/a.so"), 1));
	cr_assert(eq(u16, add(9, ""), 2));
	cr_assert(rac_module_read(table, bytes, 1, &m));
	cr_assert(eq(u32, m.path_bytes, 9));
	cr_assert_arr_eq(m.path, "/lib/a.so", 9);
	cr_assert(eq(u64, m.base, 0x70000));
	cr_assert(eq(u64, m.start, 0x1000));
	cr_assert(eq(u64, m.end, 0x3000));
	cr_assert(eq(u64, m.unloads, 5));
	cr_assert(eq(u32, m.build_id_bytes, 3));
	cr_assert_arr_eq(m.build_id, "\1\2\7", 3);
	cr_assert(rac_module_read(table, bytes, 2, &m));
	cr_assert(eq(u32, m.path_bytes, 0));
	cr_assert(eq(u64, rac_module_base(table, 2), 0x90000));
}

Test(modules, keep_their_number_and_share_it_with_no_other)
{
	for (uint64_t key = 1; key <= MODULES; key++)
		cr_assert(eq(u16, add(key, "p"), key));
	for (uint64_t key = 1; key <= MODULES; key++)
		cr_assert(eq(u16, add(key, "q"), key));
}

Test(modules, beyond_the_last_place_are_unknown_and_counted)
{
	bool first = true;

	for (uint64_t key = 1; key <= MODULES; key++)
		add(key, "");
	cr_assert(eq(u16, rac_module_claim(table, 100, 0, &first), RAC_MODULE_UNKNOWN));
	cr_assert_not(first);
	cr_assert(eq(u64, rac_load_relaxed(&table->lost), 1));
	/* Those that are there still are found. */
	cr_assert(eq(u16, add(3, ""), 3));
}

Test(modules, whose_path_finds_no_room_keep_the_rest)
{
	char path[TEXT + 1];
	struct rac_module m;

	memset(path, 'x', TEXT);
	path[TEXT] = '\0';
	add(1, path);
	add(2, "y");
	cr_assert(rac_module_read(table, bytes, 1, &m));
	cr_assert(eq(u32, m.path_bytes, TEXT));
	cr_assert(rac_module_read(table, bytes, 2, &m));
	cr_assert(eq(u32, m.path_bytes, 0));
	cr_assert(eq(u32, m.build_id_bytes, 3));
}

Test(modules, that_are_claimed_but_not_described_are_not_read)
{
	struct rac_module m;
	bool first;

	cr_assert(eq(u16, rac_module_claim(table, 5, 0x5000, &first), 1));
	cr_assert(first);
	cr_assert_not(rac_module_read(table, bytes, 1, &m));
	cr_assert(eq(u64, rac_module_base(table, 1), 0x5000));
	cr_assert(eq(u16, rac_module_claim(table, 5, 0x5000, &first), 1));
	cr_assert_not(first);
}

Test(modules, of_a_damaged_table_are_not_read_past_its_end)
{
	struct rac_module m;

	add(1, "/lib/a.so");
	cr_assert_not(rac_module_read(table, bytes, RAC_MODULE_UNKNOWN, &m));
	cr_assert_not(rac_module_read(table, bytes, MODULES + 1, &m));
	cr_assert_not(rac_module_read(table, sizeof(*table) - 1, 1, &m));
	cr_assert_not(rac_module_read(table, sizeof(*table) + sizeof(table->places[0]), 1, &m));
	table->capacity = UINT32_MAX;
	cr_assert_not(rac_module_read(table, bytes, 5000, &m));
	table->places[1].path_bytes = UINT32_MAX;
	cr_assert_not(rac_module_read(table, bytes, 1, &m));
	table->places[1].path_bytes = 9;
	table->places[1].path_offset = UINT64_MAX - 3;
	cr_assert_not(rac_module_read(table, bytes, 1, &m));
	table->places[1].path_offset = bytes - 8;
	cr_assert_not(rac_module_read(table, bytes, 1, &m));
	table->places[1].path_offset = bytes - 9;
	cr_assert(rac_module_read(table, bytes, 1, &m));
	table->places[1].build_id_bytes = RAC_MODULE_BUILD_ID_MAX + 1;
	cr_assert_not(rac_module_read(table, bytes, 1, &m));
}

Test(modules, need_memory_for_all_of_them)
{
	cr_assert_null(rac_module_table_init(table, bytes - 1, MODULES, TEXT));
	cr_assert_null(rac_module_table_init(NULL, bytes, MODULES, TEXT));
	cr_assert(eq(sz, rac_module_table_bytes(RAC_MODULE_NUMBER_MAX + 1, 0), 0));
}

static atomic_uint firsts[MODULES];

static void *claim_all(void *seed)
{
	for (uint64_t i = 0; i < MODULES; i++) {
		uint64_t key = (i + (uintptr_t)seed) % MODULES + 1;
		bool first;
		uint16_t number = rac_module_claim(table, key, key, &first);

		if (first)
			atomic_fetch_add(&firsts[key - 1], 1);
		if (number == RAC_MODULE_UNKNOWN || rac_module_base(table, number) != key)
			return seed != NULL ? seed : (void *)1;
	}
	return NULL;
}

Test(modules, that_several_threads_claim_have_one_number_and_one_describer)
{
	for (int round = 0; round < 200; round++) {
		pthread_t threads[4];

		memset(firsts, 0, sizeof(firsts));
		memset(table->places, 0, sizeof(table->places[0]) * (MODULES + 1));
		for (uintptr_t i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, claim_all, (void *)i);
		for (int i = 0; i < 4; i++) {
			void *failed;

			pthread_join(threads[i], &failed);
			cr_assert_null(failed);
		}
		for (int i = 0; i < MODULES; i++)
			cr_assert(eq(uint, atomic_load(&firsts[i]), 1));
	}
}

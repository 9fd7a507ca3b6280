/*
 * test_record_sites.c - the sites of a record read back as the process had them, and bytes that only look
 * like them harm nobody.
 */
#include "record_sites.h"

#include "stack.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY (4u << 20)
#define MODULES  64

/* A file in memory: the head, and behind it what the tables map. */
static struct {
	char *bytes;
	size_t used;
} file;

static struct rac_record_parts parts;
static struct rac_sites sites;
static struct rac_arena arena;
static struct rac_record_sites copy;
static void *view_room, *copy_room, *list_room;

static void *map(
	void *context, enum rac_segment kind, uint32_t index, uint64_t bytes, uint32_t *slot)
{
	char *memory = file.bytes + file.used;

	(void)context;
	if (bytes > CAPACITY - file.used)
		return NULL;
	*slot = rac_record_list(parts.header, kind, index, file.used, bytes);
	file.used += (bytes + 4095) / 4096 * 4096;
	return memory;
}

static void unmap(void *context, void *memory, uint64_t bytes, uint32_t slot)
{
	(void)context;
	(void)memory;
	(void)bytes;
	rac_record_unlist(parts.header, slot);
}

static void add_module(const char *path)
{
	size_t bytes = rac_module_table_bytes(MODULES, 4096);
	uint32_t slot;
	struct rac_module_table *table = rac_module_table_init(
		map(NULL, RAC_SEGMENT_MODULES, 0, bytes, &slot), bytes, MODULES, 4096);
	bool first;
	uint16_t number = rac_module_claim(table, 1, 0, &first);

	rac_module_describe(table, number,
		&(struct rac_module){.path = path, .path_bytes = (uint32_t)strlen(path)});
}

static void take(uint64_t key, uint64_t bytes, size_t frames)
{
	static const struct rac_frame stack[2] = {{.module = 1, .offset = 16}, {.module = 1}};
	struct rac_site *site;
	bool made;

	cr_assert(ne(u32, rac_sites_intern(&sites, key, &site, &made), 0));
	if (made)
		rac_site_describe(site,
			&(struct rac_site_about){
				.api = rac_stack_put_text(&arena, "cudaMalloc", 10),
				.stack = rac_stack_put(&arena, stack, frames)});
	rac_site_take(site, bytes, 0);
}

static void start(void)
{
	const struct rac_memory memory = {map, unmap, NULL};

	file.bytes = aligned_alloc(4096, CAPACITY);
	memset(file.bytes, 0, CAPACITY);
	file.used = (rac_record_bytes() + 4095) / 4096 * 4096;
	cr_assert(rac_record_init(file.bytes, file.used, &parts));
	rac_record_ready(parts.header);
	parts.header->storage = RAC_RECORD_IN_FILE;
	rac_sites_init(&sites, &memory);
	rac_arena_init(&arena, &memory);
	view_room = malloc(rac_record_view_bytes());
}

static void finish(void)
{
	free(file.bytes);
	free(view_room);
	free(copy_room);
	free(list_room);
}

TestSuite(record_sites, .init = start, .fini = finish);

/* The sites of the file's first `length` bytes; how many there are. False: it is no record. */
static bool read_back(size_t length, size_t *count, const struct rac_report_site **list)
{
	struct rac_record_bytes bytes = {file.bytes, length};
	struct rac_record_source source = rac_record_source_bytes(&bytes);
	char message[512];
	struct rac_text why;

	rac_text_init(&why, message, sizeof(message));
	struct rac_record_view *view = rac_record_view_open(view_room, &source, &why);

	if (view == NULL)
		return false;
	size_t copy_bytes = rac_record_sites_bytes(view);

	free(copy_room);
	free(list_room);
	copy_room = malloc(copy_bytes);
	rac_record_sites_read(view, copy_room, copy_bytes, &copy);
	size_t list_bytes = rac_report_sites_bytes(&copy.tables);

	list_room = malloc(list_bytes);
	*count = rac_report_sites(
		&copy.tables, rac_record_sites_style(&copy), list_room, list_bytes, list, NULL);
	return true;
}

Test(record_sites, come_back_with_owner_call_and_figures)
{
	const struct rac_report_site *list;
	size_t count;

	add_module("/opt/libtorch.so");
	take(1, 100, 1);
	take(2, 50, 1);
	cr_assert(read_back(CAPACITY, &count, &list));
	cr_assert(eq(sz, count, 1), "callers alone are shown by owner");
	cr_assert(eq(int, strcmp(list[0].owner, "libtorch.so"), 0));
	cr_assert(eq(int, strcmp(list[0].api, "cudaMalloc"), 0));
	cr_assert(eq(u64, list[0].live_bytes, 150));
	cr_assert(not(copy.is_partial));
}

Test(record_sites, with_stacks_come_back_frame_by_frame)
{
	const struct rac_report_site *list;
	size_t count;

	add_module("/opt/libtorch.so");
	take(1, 100, 2);
	cr_assert(read_back(CAPACITY, &count, &list));
	cr_assert(eq(sz, count, 1));
	cr_assert(eq(sz, list[0].frame_count, 2));
	cr_assert(eq(u64, list[0].frames[0].offset, 16));
}

Test(record_sites, of_several_levels_are_all_there)
{
	const struct rac_report_site *list;
	size_t count;
	uint64_t sum = 0;

	for (uint64_t i = 1; i <= 3000; i++)
		take(i, i, 2);
	cr_assert(read_back(CAPACITY, &count, &list));
	for (size_t i = 0; i < count; i++)
		sum += list[i].live_bytes;
	cr_assert(eq(u64, sum, 3000 * 3001 / 2));
}

Test(record_sites, without_any_there_are_none)
{
	const struct rac_report_site *list;
	size_t count;

	cr_assert(read_back(CAPACITY, &count, &list));
	cr_assert(eq(sz, count, 0));
}

Test(record_sites, of_a_level_made_twice_the_used_one_counts)
{
	const struct rac_report_site *list;
	size_t count;
	uint32_t slot;

	take(1, 100, 1);
	map(NULL, RAC_SEGMENT_SITES, 0, rac_sites_level_bytes(0), &slot);
	cr_assert(read_back(CAPACITY, &count, &list));
	cr_assert(eq(sz, count, 1));
	cr_assert(eq(u64, list[0].live_bytes, 100));
}

Test(record_sites, a_level_of_another_length_is_no_level)
{
	const struct rac_report_site *list;
	size_t count;
	uint32_t slot;

	map(NULL, RAC_SEGMENT_SITES, 0, 4096, &slot);
	cr_assert(read_back(CAPACITY, &count, &list));
	cr_assert(eq(sz, count, 0));
	cr_assert(copy.is_partial);
}

/* Every word that readers follow is turned into every kind of wrong number, a few at a time. */
Test(record_sites, damaged_bytes_are_shown_wrong_or_not_at_all)
{
	size_t opened = 0, tables = (rac_record_bytes() + 4095) / 4096 * 4096;
	unsigned random = 1;

	add_module("/opt/libtorch.so");
	for (uint64_t i = 1; i <= 300; i++)
		take(i, i, 2);
	size_t used = file.used;
	char *pristine = malloc(used);

	memcpy(pristine, file.bytes, used);
	for (int round = 0; round < 300; round++) {
		const struct rac_report_site *list;
		size_t count;

		memcpy(file.bytes, pristine, used);
		for (int change = 0; change < 40; change++) {
			random = random * 1103515245 + 12345;
			size_t at = tables + random % ((used - tables) / 8) * 8;
			uint64_t word = (uint64_t)random << (random % 50);

			memcpy(file.bytes + at, &word, sizeof(word));
		}
		opened += read_back(CAPACITY, &count, &list);
		for (size_t i = 0; i < count; i++)
			for (size_t f = 0; f < list[i].frame_count; f++)
				cr_assert(list[i].frames[f].module == NULL ||
					strlen(list[i].frames[f].module) < 8192);
	}
	cr_assert(eq(sz, opened, 300));
	free(pristine);
}

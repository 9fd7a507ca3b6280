/*
 * test_report_sites.c - the sites of a report: who owns which, under which id, in which order, and that
 * nothing is lost between the tables and the list.
 */
#include "report_sites.h"

#include "ledger_memory.h"
#include "report_fixture.h"
#include "stack.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define MODULES    16
#define PATH_BYTES 1024

static struct test_memory memory;
static struct rac_sites sites;
static struct rac_arena arena;
static struct rac_module_table *modules;
static struct rac_tracker *tracker;
static void *room;
static const struct rac_report_site *list;
static size_t count;

static void start(void)
{
	const struct rac_memory m = {test_map, test_unmap, &memory};
	size_t bytes = rac_module_table_bytes(MODULES, PATH_BYTES);
	size_t tracker_bytes = (rac_tracker_bytes() + 63) / 64 * 64;
	void *at = aligned_alloc(64, tracker_bytes);

	atomic_store(&memory.grants, -1);
	rac_sites_init(&sites, &m);
	rac_arena_init(&arena, &m);
	modules = rac_module_table_init(calloc(1, bytes), bytes, MODULES, PATH_BYTES);
	memset(at, 0, tracker_bytes);
	tracker = rac_tracker_init(at, tracker_bytes);
}

static void stop(void)
{
	free(modules);
	free(tracker);
	free(room);
}

TestSuite(report_sites, .init = start, .fini = stop);

static uint16_t module(const char *path, uint64_t base)
{
	bool first;
	uint16_t number = rac_module_claim(modules, base + 1, base, &first);

	rac_module_describe(modules, number,
		&(struct rac_module){.path = path,
			.path_bytes = (uint32_t)strlen(path),
			.build_id = {0xab, 0xcd},
			.build_id_bytes = 2,
			.base = base,
			.start = base,
			.end = base + 0x10000});
	return number;
}

struct place {
	const char *api;
	unsigned kind, device;
	struct rac_frame frames[3];
	size_t frame_count;
};

static void take(uint64_t key, const struct place *p, uint64_t bytes)
{
	struct rac_site *site;
	bool made;

	rac_sites_intern(&sites, rac_site_key(key << 12, (uint8_t)p->kind, (uint8_t)p->device),
		&site, &made);
	if (made)
		rac_site_describe(site,
			&(struct rac_site_about){
				.api = rac_stack_put_text(&arena, p->api, strlen(p->api)),
				.stack = rac_stack_put(&arena, p->frames, p->frame_count)});
	rac_site_take(site, bytes, rac_tracker_peak_number(tracker, p->device));
}

static void report(enum rac_sites_style style)
{
	const struct rac_site_tables tables = {&sites, &arena, modules,
		rac_module_table_bytes(MODULES, PATH_BYTES), NULL, tracker, NULL, 0};
	size_t bytes = rac_report_sites_bytes(&tables);

	free(room);
	room = malloc(bytes);
	count = rac_report_sites(&tables, style, room, bytes, &list, NULL);
}

static struct place place_in(uint16_t number, uint64_t offset)
{
	return (struct place){.api = "cudaMalloc",
		.frames = {{.module = number, .offset = offset}},
		.frame_count = 1};
}

Test(report_sites, calls_of_one_owner_are_one_site_and_add_up)
{
	uint16_t torch = module("/opt/lib/libtorch.so", 0x10000);
	struct place one = place_in(torch, 0x10010), other = place_in(torch, 0x10020);

	take(1, &one, 100);
	take(2, &other, 50);
	report(RAC_SITES_BY_OWNER);
	cr_assert(eq(sz, count, 1));
	cr_assert(eq(int, strcmp(list[0].owner, "libtorch.so"), 0));
	cr_assert(eq(int, strcmp(list[0].api, "cudaMalloc"), 0));
	cr_assert(eq(u64, list[0].live_bytes, 150));
	cr_assert(eq(u64, list[0].live_count, 2));
	cr_assert(eq(sz, list[0].frame_count, 0));
}

Test(report_sites, a_place_begins_with_the_first_and_ends_with_the_last_of_its_stacks)
{
	uint16_t torch = module("/opt/lib/libtorch.so", 0x10000);
	struct place places[] = {
		place_in(torch, 0x10010), place_in(torch, 0x10020), place_in(torch, 0x10030)};
	struct rac_site *site;
	bool made;

	for (uint64_t key = 1; key <= 3; key++) {
		take(key, &places[key - 1], 100);
		rac_sites_intern(&sites, rac_site_key(key << 12, 0, 0), &site, &made);
		rac_store_relaxed(&site->first, rac_site_moment((4 - key) << RAC_SITE_TICK_SHIFT));
		rac_site_take_at(site, rac_site_moment((4 + key) << RAC_SITE_TICK_SHIFT));
	}
	report(RAC_SITES_BY_OWNER);
	cr_assert(eq(sz, count, 1));
	cr_assert(eq(u64, list[0].first_ns, UINT64_C(1) << RAC_SITE_TICK_SHIFT));
	cr_assert(eq(u64, list[0].last_ns, UINT64_C(7) << RAC_SITE_TICK_SHIFT));
	rac_store_relaxed(&site->first, 0);
	rac_site_take_at(site, RAC_SITE_MOMENT_LATER);
	report(RAC_SITES_BY_OWNER);
	cr_assert(eq(u64, list[0].first_ns, RAC_REPORT_TIME_UNKNOWN));
	cr_assert(eq(u64, list[0].last_ns, RAC_REPORT_TIME_UNKNOWN));
}

Test(report_sites, what_was_taken_counts_before_anybody_says_by_whom)
{
	struct rac_site *site;
	bool made;

	rac_sites_intern(&sites, rac_site_key(1 << 12, RAC_KIND_MANAGED, 2), &site, &made);
	rac_sites_intern(&sites, rac_site_key(2 << 12, RAC_KIND_MANAGED, 2), &site, &made);
	rac_site_take(site, 100, 0);
	report(RAC_SITES_WITH_FRAMES);
	cr_assert(eq(sz, count, 1), "one that took nothing is none yet");
	cr_assert(eq(u32, list[0].device, 2));
	cr_assert(eq(u32, list[0].kind, RAC_KIND_MANAGED));
	cr_assert(eq(u64, list[0].live_bytes, 100));
	cr_assert(eq(int, strcmp(list[0].owner, ""), 0));
	cr_assert(eq(int, strcmp(list[0].api, ""), 0));
}

Test(report_sites, with_frames_each_stack_is_a_site_and_offsets_are_in_the_file)
{
	uint16_t torch = module("/opt/lib/libtorch.so", 0x10000);
	struct place one = place_in(torch, 0x10010), other = place_in(torch, 0x10020);

	take(1, &one, 100);
	take(2, &other, 50);
	report(RAC_SITES_WITH_FRAMES);
	cr_assert(eq(sz, count, 2));
	cr_assert(ne(int, strcmp(list[0].id, list[1].id), 0));
	cr_assert(eq(sz, list[0].frame_count, 1));
	cr_assert(eq(u64, list[0].frames[0].offset, 0x10));
	cr_assert(eq(int, strcmp(list[0].frames[0].module, "/opt/lib/libtorch.so"), 0));
	cr_assert(eq(int, strcmp(list[0].frames[0].build_id, "abcd"), 0));
}

Test(report_sites, the_owner_is_the_innermost_module_that_is_not_cudas)
{
	uint16_t driver = module("/usr/lib/libcuda.so.550.1", 0x10000);
	uint16_t runtime = module("/usr/lib/libcudart.so.12", 0x20000);
	uint16_t user = module("/home/u/app", 0x30000);
	struct place p = {.api = "cuMemAlloc_v2",
		.frames = {{.module = driver}, {.module = runtime}, {.module = user}},
		.frame_count = 3};

	take(1, &p, 1);
	p.frame_count = 2;
	take(2, &p, 2);
	report(RAC_SITES_BY_OWNER);
	cr_assert(eq(sz, count, 2));
	cr_assert(eq(int, strcmp(list[0].owner, "libcuda.so.550.1"), 0), "nobody else is there");
	cr_assert(eq(int, strcmp(list[1].owner, "app"), 0));
}

Test(report_sites, what_is_not_known_is_empty_and_still_counts)
{
	struct place p = place_in(7, 0x5555);

	take(1, &p, 9);
	report(RAC_SITES_WITH_FRAMES);
	cr_assert(eq(sz, count, 1));
	cr_assert(eq(int, strcmp(list[0].owner, ""), 0));
	cr_assert(eq(int, strcmp(list[0].frames[0].module, ""), 0));
	cr_assert(eq(u64, list[0].frames[0].offset, 0), "an address says nothing afterwards");
	cr_assert(eq(u64, list[0].live_bytes, 9));
}

Test(report_sites, the_largest_come_first_and_devices_stay_apart)
{
	struct place p = place_in(module("/a", 0x10000), 0);

	for (unsigned i = 0; i < 40; i++) {
		p.device = i;
		take(i + 1, &p, (i * 7) % 40 + 1);
	}
	report(RAC_SITES_BY_OWNER);
	cr_assert(eq(sz, count, 40));
	for (size_t i = 0; i < count; i++)
		cr_assert(eq(u64, list[i].live_bytes, 40 - i));
}

Test(report_sites, python_frames_keep_their_names_and_lines)
{
	struct place p = {.api = "cudaMalloc", .frame_count = 1};

	p.frames[0] = (struct rac_frame){.language = RAC_LANGUAGE_PYTHON,
		.line = 42,
		.function = rac_stack_put_text(&arena, "train", 5),
		.file = rac_stack_put_text(&arena, "/home/u/train.py", 16)};
	take(1, &p, 1);
	report(RAC_SITES_WITH_FRAMES);
	cr_assert(eq(int, strcmp(list[0].frames[0].function, "train"), 0));
	cr_assert(eq(int, strcmp(list[0].frames[0].file, "/home/u/train.py"), 0));
	cr_assert(eq(u64, list[0].frames[0].line, 42));
	cr_assert(eq(int, strcmp(list[0].frames[0].language, "python"), 0));
}

static struct place place_at_line(uint32_t line)
{
	struct place p = {.api = "cudaMalloc", .frame_count = 1};

	p.frames[0] = (struct rac_frame){.language = RAC_LANGUAGE_PYTHON,
		.line = line,
		.function = rac_stack_put_text(&arena, "train", 5),
		.file = rac_stack_put_text(&arena, "/home/u/train.py", 16)};
	return p;
}

Test(report_sites, lines_of_one_function_are_places_apart_and_equal_ones_are_one)
{
	for (unsigned run = 0; run < 2; run++) {
		struct place early = place_at_line(42 + run), late = place_at_line(43 + run);

		take(run * 2 + 1, run == 0 ? &late : &early, 7);
		take(run * 2 + 2, run == 0 ? &early : &late, 5);
	}
	report(RAC_SITES_WITH_FRAMES);
	cr_assert(eq(sz, count, 3), "lines 42, 43 twice and 44");
	for (size_t i = 0; i < count; i++)
		cr_assert(eq(u64, list[i].live_bytes, list[i].frames[0].line == 43 ? 14 : 5));
}

Test(report_sites, functions_of_one_name_in_two_files_are_places_apart)
{
	struct place one = place_at_line(42), other = one;

	other.frames[0].file = rac_stack_put_text(&arena, "/home/u/test.py", 15);
	take(1, &one, 7);
	take(2, &other, 5);
	report(RAC_SITES_WITH_FRAMES);
	cr_assert(eq(sz, count, 2));
}

Test(report_sites, pinned_memory_is_on_no_device_in_json)
{
	struct place p = place_in(module("/a", 0x10000), 0);
	struct rac_report r = {0};

	p.kind = RAC_KIND_PINNED;
	p.device = 255;
	take(1, &p, 5);
	report(RAC_SITES_BY_OWNER);
	r.sites = list;
	r.site_count = count;
	struct collected *c = printed(rac_report_json, &r);

	assert_json(c,
		"r['sites'][0]['device'] is None and r['sites'][0]['kind'] == 'pinned' and "
		"r['sites'][0]['owner'] == 'a'");
	free(c);
}

Test(report_sites, too_little_memory_shows_none)
{
	struct place p = place_in(module("/a", 0x10000), 0);
	const struct rac_site_tables tables = {&sites, &arena, modules,
		rac_module_table_bytes(MODULES, PATH_BYTES), NULL, tracker, NULL, 0};

	take(1, &p, 5);
	room = malloc(64);
	cr_assert(eq(sz, rac_report_sites(&tables, RAC_SITES_BY_OWNER, room, 64, &list, NULL), 0));
}

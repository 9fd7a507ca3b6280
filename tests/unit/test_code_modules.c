/*
 * test_code_modules.c - which module holds an address: what is found equals what the loader says, also
 * after code was unloaded and other code took its place.
 */
#include "code_modules.h"

#include "code_fixture.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

TestSuite(code_modules, .init = code_fixture_start, .fini = code_fixture_stop);

static uint16_t find(uintptr_t address)
{
	return rac_code_modules_find(fixture.modules, address);
}

static struct rac_module read_module(uint16_t number)
{
	struct rac_module module;

	cr_assert(rac_module_read(fixture.table, fixture.table_bytes, number, &module),
		"module %u is described", number);
	return module;
}

static bool path_ends_in(const struct rac_module *m, const char *end)
{
	size_t n = strlen(end);

	return m->path != NULL && m->path_bytes >= n &&
		memcmp(m->path + m->path_bytes - n, end, n) == 0;
}

struct comparison {
	unsigned modules;
};

/* Each object that the loader knows: in the middle of its code, one module, and its own. */
static int compare_object(struct dl_phdr_info *info, size_t size, void *context)
{
	struct comparison *c = context;
	uint16_t number = 0;
	struct rac_module module = {0};

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t middle = info->dlpi_addr + p->p_vaddr + p->p_memsz / 2;

		if (p->p_type != PT_LOAD || (p->p_flags & PF_X) == 0)
			continue;
		number = find(middle);
		cr_assert(ne(u16, number, RAC_MODULE_UNKNOWN), "%s is found", info->dlpi_name);
		module = read_module(number);
		cr_assert(eq(u64, module.base, info->dlpi_addr), "%s", info->dlpi_name);
		cr_assert(eq(u64, rac_module_base(fixture.table, number), info->dlpi_addr));
		cr_assert(middle >= module.start && middle < module.end);
		cr_assert(eq(u16, find(middle), number));
		cr_assert(eq(u16, find(middle + 1), number));
	}
	cr_assert(eq(u32, module.build_id_bytes, loader_build_id(info, NULL)));
	uint8_t id[64];

	loader_build_id(info, id);
	cr_assert_arr_eq(module.build_id, id, module.build_id_bytes);
	if (info->dlpi_name[0] == '/') {
		char real[4096];

		cr_assert_not_null(realpath(info->dlpi_name, real));
		cr_assert(path_ends_in(&module, real), "%s", real);
	}
	c->modules++;
	return 0;
}

Test(code_modules, are_those_that_the_loader_knows)
{
	struct comparison c = {0};

	dl_iterate_phdr(compare_object, &c);
	cr_assert(ge(uint, c.modules, 3));
	cr_assert(eq(uint, code_fixture_modules(), c.modules));
}

Test(code_modules, have_the_kernels_page_among_them)
{
	struct rac_image image;
	uintptr_t vdso = (uintptr_t)getauxval(AT_SYSINFO_EHDR);

	if (vdso == 0 || !rac_image_read(&image, vdso))
		cr_skip_test("no vdso here");
	struct rac_module module = read_module(find(image.code_end - 8));

	cr_assert(path_ends_in(&module, "[vdso]"));
}

Test(code_modules, are_not_where_there_is_no_code)
{
	static char data[4096];
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert(eq(u16, find(0), RAC_MODULE_UNKNOWN));
	cr_assert(eq(u16, find(1), RAC_MODULE_UNKNOWN));
	cr_assert(eq(u16, find((uintptr_t)data), RAC_MODULE_UNKNOWN));
	cr_assert(eq(u16, find((uintptr_t)page), RAC_MODULE_UNKNOWN));
	munmap(page, 4096);
	cr_assert(eq(u16, find((uintptr_t)page), RAC_MODULE_UNKNOWN));
	cr_assert(eq(u16, find(UINTPTR_MAX >> 1), RAC_MODULE_UNKNOWN));
	cr_assert(eq(uint, code_fixture_modules(), 0));
}

/* Without a descriptor /proc/self/maps cannot be read: as where there is no /proc. */
static void allow_descriptors(bool allowed)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = allowed ? limit.rlim_max : 0;
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &limit), 0));
}

Test(code_modules, that_were_found_once_cost_no_look_at_the_maps)
{
	uint16_t libc = find(library_function("qsort")),
		 program = find((uintptr_t)&allow_descriptors);

	allow_descriptors(false);
	for (uintptr_t i = 0; i < 64; i++) {
		cr_assert(eq(u16, find(library_function("qsort") + i), libc));
		cr_assert(eq(u16, find((uintptr_t)&allow_descriptors + i), program));
	}
	allow_descriptors(true);
}

Test(code_modules, without_proc_are_the_program_and_the_kernels_page)
{
	uint16_t program;

	allow_descriptors(false);
	errno = 42;
	program = find((uintptr_t)&allow_descriptors);
	cr_assert(ne(u16, program, RAC_MODULE_UNKNOWN));
	cr_assert(eq(u16, find(library_function("qsort")), RAC_MODULE_UNKNOWN));
	cr_assert(eq(int, errno, 42));
	allow_descriptors(true);
	/* What could not be told is not remembered as unknown. */
	cr_assert(ne(u16, find(library_function("qsort")), RAC_MODULE_UNKNOWN));
	cr_assert(eq(u16, find((uintptr_t)&allow_descriptors + 1), program));
	cr_assert(ge(sz, read_module(program).path_bytes, 5));
}

Test(code_modules, leave_no_descriptor_behind)
{
	int before = dup(0);

	close(before);
	find(library_function("qsort"));
	find((uintptr_t)&allow_descriptors);
	find(1);
	int after = dup(0);

	cr_assert(eq(int, after, before));
	close(after);
}

Test(code_modules, are_none_for_generated_code_which_is_looked_up_once)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert(eq(u16, find((uintptr_t)page), RAC_MODULE_UNKNOWN));
	cr_assert(eq(u32, rac_load_relaxed(&fixture.modules->next_stretch), 1));
	for (int i = 0; i < 8192; i += 64)
		cr_assert(eq(u16, find((uintptr_t)page + (uintptr_t)i), RAC_MODULE_UNKNOWN));
	/* Each look at the maps notes a stretch. */
	cr_assert(eq(u32, rac_load_relaxed(&fixture.modules->next_stretch), 1));
}

Test(code_modules, keep_their_names_when_they_are_closed_and_another_takes_their_place)
{
	struct plugin one = plugin_open(1);
	uintptr_t address = (uintptr_t)one.call;
	uint16_t first = find(address);

	plugin_close(&one);
	struct plugin two = plugin_open(2);

	cr_assert(eq(ptr, (void *)two.base, (void *)one.base), "the loader uses the place again");
	uint16_t second = find(address);

	cr_assert(ne(u16, second, first));
	struct rac_module a = read_module(first), b = read_module(second);

	cr_assert(path_ends_in(&a, "/plugin_1.so"));
	cr_assert(path_ends_in(&b, "/plugin_2.so"));
	cr_assert(eq(u64, b.unloads, a.unloads + 1));
	cr_assert(eq(u64, a.base, b.base));
	/* Back again: the number that it had. */
	plugin_close(&two);
	one = plugin_open(1);
	cr_assert(eq(u16, find(address), first));
	plugin_close(&one);
	cr_assert(eq(u16, find(address), RAC_MODULE_UNKNOWN));
}

/* A thread is in dlclose and does not come out: no count tells when the code went. */
Test(code_modules, are_compared_each_time_while_code_is_unloaded)
{
	struct plugin one = plugin_open(1);
	uintptr_t address = (uintptr_t)one.call;
	uint16_t libc = find(library_function("qsort"));

	rac_code_unload_begins();
	uint16_t first = find(address);

	dlclose(one.handle);
	cr_assert(eq(u16, find(address), RAC_MODULE_UNKNOWN));
	struct plugin two = plugin_open(2);

	cr_assert(eq(ptr, (void *)two.base, (void *)one.base));
	cr_assert(ne(u16, find(address), first));
	cr_assert(ne(u16, find(address), RAC_MODULE_UNKNOWN));
	cr_assert(eq(u16, find(library_function("qsort")), libc));
	rac_code_unload_ends();
	cr_assert(ne(u16, find(address), first));
	cr_assert(eq(u16, find(library_function("qsort")), libc));
}

Test(code_modules, take_the_place_of_generated_code)
{
	struct plugin one = plugin_open(1);
	char *place = (char *)one.base;
	uintptr_t address = (uintptr_t)one.call;

	plugin_close(&one);
	char *page = mmap(place, 16384, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	cr_assert(eq(ptr, page, place));
	cr_assert(eq(u16, find(address), RAC_MODULE_UNKNOWN));
	munmap(page, 16384);
	one = plugin_open(1);
	cr_assert(eq(ptr, (void *)one.base, place));
	cr_assert(ne(u16, find(address), RAC_MODULE_UNKNOWN));
}

Test(code_modules, whose_file_is_gone_keep_its_name)
{
	char name[] = "/tmp/rac a plugin of mine XXXXXX", command[512];
	int fd = mkstemp(name);

	close(fd);
	snprintf(command, sizeof(command), "cp '%s/plugin_1.so' '%s'", STACKS, name);
	cr_assert(eq(int, system(command), 0));
	void *handle = dlopen(name, RTLD_NOW);

	cr_assert_not_null(handle);
	unlink(name);
	struct rac_module m = read_module(find((uintptr_t)dlsym(handle, "plugin_call")));

	cr_assert(eq(sz, m.path_bytes, strlen(name)));
	cr_assert_arr_eq(m.path, name, m.path_bytes);
}

Test(code_modules, beyond_the_last_number_are_unknown)
{
	struct rac_module_table *table = fixture.table;

	table->capacity = 2; /* one module */
	uint16_t libc = find(library_function("qsort"));

	cr_assert(ne(u16, libc, RAC_MODULE_UNKNOWN));
	cr_assert(eq(u16, find((uintptr_t)&allow_descriptors), RAC_MODULE_UNKNOWN));
	cr_assert(eq(u16, find(library_function("qsort") + 1), libc));
	cr_assert(ge(u64, rac_load_relaxed(&table->lost), 1));
}

static uintptr_t plugin_address;
static uint16_t seen[4][3];

static void *find_three(void *which)
{
	uint16_t *out = seen[(uintptr_t)which];

	out[0] = find(library_function("qsort"));
	out[1] = find((uintptr_t)&allow_descriptors);
	out[2] = find(plugin_address);
	return NULL;
}

Test(code_modules, that_several_threads_meet_at_once_have_one_number)
{
	struct plugin one = plugin_open(1);

	plugin_address = (uintptr_t)one.call;
	for (int round = 0; round < 100; round++) {
		pthread_t threads[4];

		code_fixture_stop();
		code_fixture_start();
		for (uintptr_t i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, find_three, (void *)i);
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		cr_assert(eq(uint, code_fixture_modules(), 3));
		for (int i = 0; i < 4; i++)
			for (int j = 0; j < 3; j++) {
				cr_assert(ne(u16, seen[i][j], RAC_MODULE_UNKNOWN));
				cr_assert(eq(u16, seen[i][j], seen[0][j]));
			}
	}
}

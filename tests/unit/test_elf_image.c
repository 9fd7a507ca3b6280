/*
 * test_elf_image.c - what is read of a loaded file equals what the loader says, and damaged files do no
 * harm.
 */
#include "elf_image.h"

#include "code_fixture.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <link.h>

static struct rac_image image_of(const struct plugin *p)
{
	struct rac_image image;

	cr_assert(rac_image_read(&image, p->base));
	return image;
}

Test(elf_image, of_the_program_is_found_without_its_file)
{
	struct rac_image image;

	cr_assert(rac_image_read_program(&image));
	cr_assert(rac_image_runs(&image, (uintptr_t)&image_of));
	cr_assert_not(rac_image_runs(&image, (uintptr_t)&image));
	cr_assert(image.eh_frame_hdr != 0);
	cr_assert(rac_image_is_there(&image));
}

Test(elf_image, finds_the_symbols_that_the_loader_finds)
{
	struct plugin one = plugin_open(1);
	struct rac_image image = image_of(&one);
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	struct link_map *map;
	size_t bytes = 0;

	cr_assert(eq(u64, rac_image_symbol(&image, "plugin_call", &bytes), (uintptr_t)one.call));
	cr_assert(bytes > 0 && bytes < 4096);
	cr_assert(eq(u64, rac_image_symbol(&image, "plugin_padding", NULL),
		(uintptr_t)dlsym(one.handle, "plugin_padding")));
	cr_assert(eq(u64, rac_image_symbol(&image, "plugin_cal", NULL), 0));
	cr_assert(eq(u64, rac_image_symbol(&image, "", NULL), 0));
	/* One that it only asks for is not its own. */
	cr_assert(eq(u64, rac_image_symbol(&image, "__cxa_finalize", NULL), 0));
	cr_assert(eq(int, dlinfo(libc, RTLD_DI_LINKMAP, &map), 0));
	cr_assert(rac_image_read(&image, map->l_addr));
	/* Functions and data, but no IFUNC, which the loader calls first. */
	static const char *const names[] = {"qsort", "getenv", "environ", "stdout", "fork"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_assert(eq(u64, rac_image_symbol(&image, names[i], NULL),
			(uintptr_t)dlsym(libc, names[i])));
}

/* Linkers may say of it that it lies at the file's first byte. */
Test(elf_image, is_at_its_own_place_beside_a_segment_that_the_file_has_nothing_of)
{
	struct plugin one = plugin_open(1);
	struct rac_image before = image_of(&one), after;
	const ElfW(Ehdr) *header = (const void *)one.base;
	ElfW(Phdr) *parts = (void *)(one.base + header->e_phoff);
	int replaced = 0;

	cr_assert(eq(int, mprotect((void *)one.base, 4096, PROT_READ | PROT_WRITE | PROT_EXEC), 0));
	for (int i = 0; i < header->e_phnum; i++) {
		if (parts[i].p_type != PT_GNU_STACK)
			continue;
		parts[i] = (ElfW(Phdr)){.p_type = PT_LOAD,
			.p_vaddr = (before.end - before.base + 4095) / 4096 * 4096,
			.p_memsz = 4096};
		replaced++;
	}
	cr_assert(eq(int, replaced, 1));
	cr_assert(rac_image_read(&after, one.base));
	cr_assert(eq(u64, after.base, before.base));
	cr_assert(eq(u64, after.code_start, before.code_start));
	cr_assert(eq(u64, rac_image_symbol(&after, "plugin_call", NULL), (uintptr_t)one.call));
}

Test(elf_image, is_not_there_when_another_is_in_its_place)
{
	struct plugin one = plugin_open(1);
	struct rac_image image = image_of(&one);

	cr_assert(rac_image_is_there(&image));
	plugin_close(&one);
	cr_assert_not(rac_image_is_there(&image));
	struct plugin two = plugin_open(2);

	cr_assert(eq(ptr, (void *)two.base, (void *)one.base));
	cr_assert_not(rac_image_is_there(&image));
	plugin_close(&two);
	plugin_open(1);
	cr_assert(rac_image_is_there(&image));
}

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

/* Files whose headers lie: each ends in an answer, none in a fault or without an end. */
Test(elf_image, that_is_damaged_does_no_harm)
{
	struct plugin one = plugin_open(1);
	struct rac_image good = image_of(&one), image;
	/* The headers and tables lie in the first page; behind two comes nothing. */
	unsigned char *copy = fixture_map(3 * 4096);
	unsigned read = 0;

	munmap(copy + 2 * 4096, 4096);
	for (int round = 0; round < 20000; round++) {
		memcpy(copy, (const void *)good.header, 4096);
		for (uint32_t n = random_below(8); n > 0; n--)
			copy[random_below(round % 2 != 0 ? 1024 : 4096)] =
				(unsigned char)random_below(256);
		if (!rac_image_read(&image, (uintptr_t)copy))
			continue;
		read++;
		cr_assert(image.build_id_bytes <= RAC_IMAGE_BUILD_ID_MAX);
		cr_assert(image.code_start < image.code_end);
		rac_image_is_there(&image);
		rac_image_symbol(&image, "plugin_call", NULL);
	}
	cr_assert(read > 500, "many are damaged where it does not show: %u", read);
	for (uintptr_t at = 0; at < 64; at++) {
		memcpy(copy + 8192 - 64, (const void *)good.header, 64);
		cr_assert_not(rac_image_read(&image, (uintptr_t)copy + 8192 - 64 + at));
	}
}

/*
 * code_fixture.h - what tests of modules and call stacks share: a table of modules, plugins that can be
 * opened and closed, and what the loader itself says of an object.
 */
#ifndef CODE_FIXTURE_H
#define CODE_FIXTURE_H

#include "code_modules.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIXTURE_MODULES 64
#define FIXTURE_TEXT    16384

static struct {
	struct rac_module_table *table;
	struct rac_code_modules *modules;
	size_t table_bytes;
} fixture;

static inline void *fixture_map(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static inline void code_fixture_start(void)
{
	fixture.table_bytes = rac_module_table_bytes(FIXTURE_MODULES, FIXTURE_TEXT);
	fixture.table = rac_module_table_init(fixture_map(fixture.table_bytes), fixture.table_bytes,
		FIXTURE_MODULES, FIXTURE_TEXT);
	fixture.modules = rac_code_modules_init(
		fixture_map(rac_code_modules_bytes(FIXTURE_MODULES)), fixture.table);
}

static inline void code_fixture_stop(void)
{
	munmap(fixture.modules, rac_code_modules_bytes(FIXTURE_MODULES));
	munmap(fixture.table, fixture.table_bytes);
}

/* How many have a number. */
static inline unsigned code_fixture_modules(void)
{
	unsigned n = 0;

	for (uint32_t i = 1; i < fixture.table->capacity; i++)
		n += rac_load_relaxed(&fixture.table->places[i].key) != 0;
	return n;
}

struct plugin {
	void *handle;
	uintptr_t base;
	int (*call)(int (*callback)(void *context), void *context);
};

static inline struct plugin plugin_open(int which)
{
	struct plugin p;
	struct link_map *map;
	char path[512];

	snprintf(path, sizeof(path), "%s/plugin_%d.so", STACKS, which);
	rac_code_load_begins();
	p.handle = dlopen(path, RTLD_NOW);
	if (p.handle == NULL || dlinfo(p.handle, RTLD_DI_LINKMAP, &map) != 0) {
		fprintf(stderr, "%s\n", dlerror());
		abort();
	}
	p.base = map->l_addr;
	*(void **)(void *)&p.call = dlsym(p.handle, "plugin_call");
	return p;
}

static inline void plugin_close(const struct plugin *p)
{
	rac_code_unload_begins();
	dlclose(p->handle);
	rac_code_unload_ends();
}

/* The build-id that the loader's own view of an object gives; returns its length. */
static inline uint32_t loader_build_id(const struct dl_phdr_info *info, uint8_t *out)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const char *at = (const char *)(info->dlpi_addr + p->p_vaddr);
		const char *end = at + p->p_memsz;
		size_t mask = p->p_align == 8 ? 7 : 3;

		while (p->p_type == PT_NOTE && at + sizeof(ElfW(Nhdr)) < end) {
			const ElfW(Nhdr) *note = (const void *)at;
			const char *id = at + ((sizeof(*note) + note->n_namesz + mask) & ~mask);

			if (note->n_type == NT_GNU_BUILD_ID &&
				memcmp(at + sizeof(*note), "GNU", 4) == 0) {
				if (out != NULL)
					memcpy(out, id, note->n_descsz);
				return note->n_descsz;
			}
			at = id + ((note->n_descsz + mask) & ~mask);
		}
	}
	return 0;
}

/* Where a function of the C library is, not where the program calls it. */
static inline uintptr_t library_function(const char *name)
{
	return (uintptr_t)dlsym(RTLD_DEFAULT, name);
}

#endif

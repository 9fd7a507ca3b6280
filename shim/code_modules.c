/*
 * code_modules.c - see code_modules.h.
 */
#include "code_modules.h"

#include "maps.h"
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

/* Nothing is mapped below, whatever the machine. */
#define LOWEST_ADDRESS 4096

size_t rac_code_modules_bytes(uint32_t modules)
{
	return sizeof(struct rac_code_modules) +
		((size_t)modules + 1) * sizeof(struct rac_code_module);
}

struct rac_code_modules *rac_code_modules_init(void *memory, struct rac_module_table *table)
{
	struct rac_code_modules *m = memory;

	m->table = table;
	return m;
}

static inline rac_atomic_u64 *set_of(struct rac_code_modules *m, uintptr_t address)
{
	uint64_t hash = (uint64_t)address * UINT64_C(0x9e3779b97f4a7c15);

	return m->addresses[hash >> 32 & (RAC_CODE_SETS - 1)];
}

static void remember(struct rac_code_modules *m, uintptr_t address, uint16_t number)
{
	rac_atomic_u64 *set = set_of(m, address), *place = NULL;

	for (unsigned i = 0; i < RAC_CODE_WAYS && place == NULL; i++) {
		uint64_t pc = rac_load_relaxed(&set[i]);

		/* Free, or the address's own of before. */
		if (pc == 0 || rac_pc_address(pc) == address)
			place = &set[i];
	}
	/* Relaxed: any turn will do. */
	if (place == NULL)
		place = &set[rac_fetch_add_relaxed(&m->turn, 1) % RAC_CODE_WAYS];
	/* Release: who sees the number sees its base. */
	rac_store_release(place, rac_pc(number, address));
}

static uint64_t check_of(uint64_t start, uint64_t end, uint64_t seen_in)
{
	uint64_t hash = (start ^ (end << 17 | end >> 47)) * UINT64_C(0x9e3779b97f4a7c15);

	return (hash ^ seen_in) * UINT64_C(0xbf58476d1ce4e5b9) | 1;
}

static bool has_no_module(struct rac_code_modules *m, uintptr_t address)
{
	uint64_t epoch = rac_code_load_epoch();

	for (unsigned i = 0; i < RAC_CODE_STRETCHES; i++) {
		struct rac_code_stretch *s = &m->stretches[i];
		/* Relaxed: a mixture of two writes does not pass the check. */
		uint64_t start = rac_load_relaxed(&s->start), end = rac_load_relaxed(&s->end);

		if (address < start || address >= end || rac_load_relaxed(&s->seen_in) != epoch)
			continue;
		if (rac_load_relaxed(&s->check) == check_of(start, end, epoch))
			return true;
	}
	return false;
}

static void note_no_module(
	struct rac_code_modules *m, const struct rac_mapping *mapping, uint64_t epoch)
{
	uint32_t i = rac_fetch_add_relaxed(&m->next_stretch, 1) % RAC_CODE_STRETCHES;
	struct rac_code_stretch *s = &m->stretches[i];

	/* Relaxed: see has_no_module. */
	rac_store_relaxed(&s->start, mapping->start);
	rac_store_relaxed(&s->end, mapping->end);
	rac_store_relaxed(&s->seen_in, epoch);
	rac_store_relaxed(&s->check, check_of(mapping->start, mapping->end, epoch));
}

bool rac_code_modules_check(struct rac_code_modules *m, uint16_t number)
{
	struct rac_code_module *module = &m->modules[number];
	uint64_t epoch = rac_code_epoch();

	if (rac_code_modules_is_current(m, number, epoch))
		return true;
	/* Acquire: the image that goes with it. */
	if (number == RAC_MODULE_UNKNOWN || rac_load_acquire(&module->known) == 0 ||
		!rac_image_is_there(&module->image))
		return false;
	/* Relaxed: an epoch that ended meanwhile is never the current one again. */
	if (epoch != 0)
		rac_store_relaxed(&module->seen_in, epoch);
	return true;
}

/* The newest module whose code an address lies in and that is in its place. */
static uint16_t find_known(struct rac_code_modules *m, uintptr_t address)
{
	/* Relaxed: a module that is not seen yet is found anew and gets the number it has. */
	uint32_t number = rac_load_relaxed(&m->newest);

	for (; number > RAC_MODULE_UNKNOWN; number--) {
		struct rac_code_module *module = &m->modules[number];

		/* Acquire: the image that goes with it. */
		if (rac_load_acquire(&module->known) != 0 &&
			rac_image_runs(&module->image, address) &&
			rac_code_modules_check(m, (uint16_t)number))
			return (uint16_t)number;
	}
	return RAC_MODULE_UNKNOWN;
}

/* A module as it was just found in memory. */
struct finding {
	struct rac_image image;
	struct rac_mapping mapping;
};

static void name_it(struct finding *f, const char *path)
{
	f->mapping.path_bytes = (uint32_t)strnlen(path, sizeof(f->mapping.path));
	memcpy(f->mapping.path, path, f->mapping.path_bytes);
}

/* The kernel's own page of code in the process, which no file backs. */
static bool find_vdso(struct finding *f, uintptr_t address)
{
	int saved = errno; /* a kernel without the page is an error to getauxval */
	uintptr_t header = (uintptr_t)getauxval(AT_SYSINFO_EHDR);

	errno = saved;
	if (header == 0 || address < header || address - header > 1u << 20 ||
		!rac_image_read(&f->image, header) || !rac_image_runs(&f->image, address))
		return false;
	name_it(f, "[vdso]");
	return true;
}

/* Without /proc there still is the program itself. */
static bool find_program(struct finding *f, uintptr_t address)
{
	const char *path = (const char *)(uintptr_t)getauxval(AT_EXECFN);

	if (!rac_image_read_program(&f->image) || !rac_image_runs(&f->image, address))
		return false;
	name_it(f, path != NULL ? path : "");
	return true;
}

static enum rac_code_found find_mapped(
	struct rac_code_modules *m, struct finding *f, uintptr_t address)
{
	uint64_t epoch = rac_code_load_epoch();

	switch (rac_maps_find(address, &f->mapping)) {
	case RAC_MAPS_UNREADABLE:
		return find_program(f, address) ? RAC_CODE_FOUND : RAC_CODE_UNREADABLE;
	case RAC_MAPS_FREE:
		return RAC_CODE_NO_MODULE;
	case RAC_MAPS_FOUND:
		break;
	}
	if (f->mapping.is_executable && f->mapping.image != 0 &&
		rac_image_read(&f->image, f->mapping.image) && rac_image_runs(&f->image, address))
		return RAC_CODE_FOUND;
	note_no_module(m, &f->mapping, epoch);
	return RAC_CODE_NO_MODULE;
}

static uint64_t key_of(const struct finding *f)
{
	uint64_t hash = f->image.fingerprint ^ f->image.base * UINT64_C(0xbf58476d1ce4e5b9);

	return hash != 0 ? hash : 1;
}

static void note_newest(struct rac_code_modules *m, uint32_t number)
{
	uint32_t seen = rac_load_relaxed(&m->newest);

	while (seen < number && !rac_cas_weak_relaxed(&m->newest, &seen, number))
		;
}

static void describe(struct rac_code_modules *m, uint16_t number, const struct finding *f)
{
	struct rac_module module = {
		.path = f->mapping.path,
		.path_bytes = f->mapping.path_bytes,
		.build_id_bytes = f->image.build_id_bytes,
		.base = f->image.base,
		.start = f->image.start,
		.end = f->image.end,
		.unloads = rac_load_relaxed(&rac_code_unloads) & UINT32_MAX,
	};

	_Static_assert(sizeof(module.build_id) == sizeof(f->image.build_id), "both hold one id");
	memcpy(module.build_id, f->image.build_id, sizeof(module.build_id));
	rac_module_describe(m->table, number, &module);
	m->modules[number].image = f->image;
	/* Release: who sees it sees the image. */
	rac_store_release(&m->modules[number].known, 1);
	note_newest(m, number);
}

/* Out of line, so that its 1.5 KiB of stack are not those of every lookup. */
__attribute__((noinline)) static enum rac_code_found find_new(
	struct rac_code_modules *m, uintptr_t address, uint16_t *out, struct rac_image *image)
{
	uint64_t epoch = rac_code_epoch();
	enum rac_code_found found = RAC_CODE_FOUND;
	struct finding f;
	bool first;
	int saved = errno;

	if (address < LOWEST_ADDRESS || address >> RAC_PC_ADDRESS_BITS != 0 ||
		has_no_module(m, address))
		return RAC_CODE_NO_MODULE;
	if (!find_vdso(&f, address))
		found = find_mapped(m, &f, address);
	errno = saved; /* asking for what the kernel did not hand over is an error */
	if (found != RAC_CODE_FOUND)
		return found;
	uint16_t number = rac_module_claim(m->table, key_of(&f), f.image.base, &first);

	if (number == RAC_MODULE_UNKNOWN)
		return RAC_CODE_NO_MODULE;
	/* Another thread that claimed it first may still be describing it: here it is known already. */
	if (first)
		describe(m, number, &f);
	if (epoch != 0)
		rac_store_relaxed(
			&m->modules[number].seen_in, epoch); /* relaxed: as in the check */
	*out = number;
	*image = f.image;
	return RAC_CODE_FOUND;
}

enum rac_code_found rac_code_modules_image(
	struct rac_code_modules *m, uintptr_t address, uint16_t *number, struct rac_image *image)
{
	enum rac_code_found found = RAC_CODE_FOUND;

	*number = find_known(m, address);
	if (*number != RAC_MODULE_UNKNOWN)
		*image = m->modules[*number].image;
	else
		found = find_new(m, address, number, image);
	if (found == RAC_CODE_FOUND)
		remember(m, address, *number);
	return found;
}

bool rac_code_modules_known(struct rac_code_modules *m, uint16_t number, struct rac_image *image)
{
	const struct rac_code_module *module = &m->modules[number];

	/* Acquire: the image that goes with it. */
	if (rac_load_acquire(&module->known) == 0)
		return false;
	*image = module->image;
	return true;
}

uint16_t rac_code_modules_find(struct rac_code_modules *m, uintptr_t address)
{
	rac_atomic_u64 *set = set_of(m, address);
	uint64_t epoch = rac_code_epoch();
	struct rac_image image;
	uint16_t number = RAC_MODULE_UNKNOWN;

	for (unsigned i = 0; i < RAC_CODE_WAYS; i++) {
		/* Acquire: the base of its module. */
		uint64_t pc = rac_load_acquire(&set[i]);

		if (rac_pc_address(pc) != address)
			continue;
		number = rac_pc_module(pc);
		if (number != RAC_MODULE_UNKNOWN &&
			(rac_code_modules_is_current(m, number, epoch) ||
				rac_code_modules_check(m, number)))
			return number;
	}
	rac_code_modules_image(m, address, &number, &image);
	return number;
}

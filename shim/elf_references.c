/*
 * elf_references.c - see elf_references.h.
 */
#include "elf_references.h"

#include "at_start.h"
#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
#define IN_TABLE R_X86_64_GLOB_DAT
#define CALLED   R_X86_64_JUMP_SLOT
#define IN_DATA  R_X86_64_64
#elif defined(__aarch64__)
#define IN_TABLE R_AARCH64_GLOB_DAT
#define CALLED   R_AARCH64_JUMP_SLOT
#define IN_DATA  R_AARCH64_ABS64
#endif

RAC_AT_START_CODE static bool fills_a_slot(const ElfW(Rela) * relocation)
{
	uint64_t type = ELF64_R_TYPE(relocation->r_info);

	return type == IN_TABLE || type == CALLED || type == IN_DATA;
}

/* The relocations of one table that may name a symbol. */
RAC_AT_START_CODE static const ElfW(Rela) *
	symbolic(const struct rac_object *object, int table, size_t *count)
{
	const ElfW(Rela) *relocations = object->relocations[table];
	size_t skipped = table == 0 ? object->relative_count : 0;

	*count = 0;
	if (relocations == NULL || object->symbols == NULL || object->strings == NULL)
		return NULL;
	*count = object->relocation_bytes[table] / sizeof(*relocations) - skipped;
	return relocations + skipped;
}

RAC_AT_START_CODE static bool is_weak(const ElfW(Sym) * symbol)
{
	return symbol->st_shndx == SHN_UNDEF && ELF64_ST_BIND(symbol->st_info) == STB_WEAK;
}

RAC_AT_START_CODE static bool read_reference(const struct rac_object *object, const ElfW(Rela) * r,
	uintptr_t from, uintptr_t to, struct rac_reference *out)
{
	uint32_t index = (uint32_t)ELF64_R_SYM(r->r_info);
	uintptr_t *slot = (uintptr_t *)(object->base + r->r_offset);

	if (!fills_a_slot(r) || *slot < from || *slot >= to)
		return false;
	const ElfW(Sym) *symbol = &object->symbols[index];

	*out = (struct rac_reference){
		.slot = slot,
		.addend = ELF64_R_TYPE(r->r_info) == IN_DATA ? (uintptr_t)r->r_addend : 0,
		.symbol = index,
		.name = object->strings + symbol->st_name,
		.weak = is_weak(symbol),
	};
	return true;
}

RAC_AT_START_CODE void rac_object_each_reference(const struct rac_object *object, bool calls,
	bool (*visit)(void *context, const struct rac_object *object,
		const struct rac_reference *reference),
	void *context)
{
	uintptr_t from, to;

	rac_object_own_code(&from, &to);
	for (int table = 0; table < (calls ? 2 : 1); table++) {
		size_t count;
		const ElfW(Rela) *relocations = symbolic(object, table, &count);

		for (size_t i = 0; i < count; i++) {
			struct rac_reference reference;

			if (read_reference(object, &relocations[i], from, to, &reference) &&
				!visit(context, object, &reference))
				return;
		}
	}
}

enum rac_asking rac_object_asks(const struct rac_object *object, const char *name)
{
	enum rac_asking asking = RAC_ASKS_NOT;

	for (int table = 0; table < 2; table++) {
		size_t count;
		const ElfW(Rela) *relocations = symbolic(object, table, &count);

		for (size_t i = 0; i < count; i++) {
			const ElfW(Sym) *symbol =
				&object->symbols[ELF64_R_SYM(relocations[i].r_info)];

			if (!fills_a_slot(&relocations[i]) ||
				strcmp(object->strings + symbol->st_name, name) != 0)
				continue;
			if (!is_weak(symbol))
				return RAC_ASKS;
			asking = RAC_ASKS_WEAKLY;
		}
	}
	return asking;
}

void rac_reference_set(
	const struct rac_object *object, const struct rac_reference *reference, uintptr_t value)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t slot = (uintptr_t)reference->slot, start = slot / page * page;
	bool is_protected = false;

	for (int i = 0; i < object->header_count; i++) {
		const ElfW(Phdr) *p = &object->headers[i];
		uintptr_t from = object->base + p->p_vaddr;

		/* The loader protects whole pages only, and leaves a last one that is not full. */
		if (p->p_type == PT_GNU_RELRO && slot >= from &&
			slot < (from + p->p_memsz) / page * page)
			is_protected = true;
	}
	if (is_protected && mprotect((void *)start, page, PROT_READ | PROT_WRITE) != 0)
		return;
	__atomic_store_n(reference->slot, value, __ATOMIC_RELAXED);
	if (is_protected)
		mprotect((void *)start, page, PROT_READ);
}

#define HIDDEN_VERSION 0x8000

static uint32_t version_index(const struct rac_object *object, uint32_t symbol)
{
	return object->symbol_versions != NULL
		? object->symbol_versions[symbol] & (uint32_t)~HIDDEN_VERSION
		: VER_NDX_GLOBAL;
}

static const void *at(const void *from, size_t offset)
{
	return (const char *)from + offset;
}

const char *rac_object_asked_version(const struct rac_object *object, uint32_t symbol)
{
	uint32_t index = version_index(object, symbol);

	if (index <= VER_NDX_GLOBAL)
		return NULL;
	for (const ElfW(Verneed) *need = object->needed_versions; need != NULL;
		need = need->vn_next != 0 ? at(need, need->vn_next) : NULL) {
		const ElfW(Vernaux) *aux = at(need, need->vn_aux);

		for (unsigned i = 0; i < need->vn_cnt; i++, aux = at(aux, aux->vna_next))
			if ((aux->vna_other & ~HIDDEN_VERSION) == (int)index)
				return object->strings + aux->vna_name;
	}
	return NULL;
}

const char *rac_object_defined_version(const struct rac_object *object, uint32_t symbol)
{
	uint32_t index = version_index(object, symbol);

	if (index <= VER_NDX_GLOBAL)
		return NULL;
	for (const ElfW(Verdef) *version = object->versions; version != NULL;
		version = version->vd_next != 0 ? at(version, version->vd_next) : NULL) {
		const ElfW(Verdaux) *aux = at(version, version->vd_aux);

		if ((version->vd_ndx & ~HIDDEN_VERSION) == (int)index)
			return object->strings + aux->vda_name;
	}
	return NULL;
}

/*
 * Reads what a cubin defines: kernels are marked functions of its symbol table, globals its objects in the
 * sections of global and constant memory. A cubin is trusted, as it is by the real driver.
 */
#include "image.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define MACHINE_CUDA 190
#define MARK_KERNEL  0x10 /* in st_other */

bool sim_image_is_elf(const char *data)
{
	return memcmp(data, ELFMAG, SELFMAG) == 0 && data[EI_CLASS] == ELFCLASS64 &&
		((const Elf64_Ehdr *)(const void *)data)->e_machine == MACHINE_CUDA;
}

static const Elf64_Shdr *section_at(const char *data, unsigned int index)
{
	const Elf64_Ehdr *file = (const void *)data;

	return (const Elf64_Shdr *)(const void *)(data + file->e_shoff +
		(uint64_t)file->e_shentsize * index);
}

/* Section 3 of constant memory is the program's; the others hold arguments and addresses. */
static bool holds_globals(const char *data, const Elf64_Shdr *section)
{
	const Elf64_Ehdr *file = (const void *)data;
	const char *name = data + section_at(data, file->e_shstrndx)->sh_offset + section->sh_name;

	return strcmp(name, ".nv.global") == 0 || strcmp(name, ".nv.global.init") == 0 ||
		strcmp(name, ".nv.constant3") == 0;
}

static bool add_global(struct sim_image *image, const char *data, const Elf64_Sym *symbol,
	const Elf64_Shdr *section, const char *name)
{
	struct sim_symbol *added = sim_image_add(image, name, strlen(name));

	if (!added)
		return false;
	added->bytes = symbol->st_size;
	if (section->sh_type == SHT_NOBITS)
		return true;
	added->initial = malloc(symbol->st_size);
	if (added->initial)
		memcpy(added->initial, data + section->sh_offset + symbol->st_value,
			symbol->st_size);
	return added->initial != NULL;
}

static bool add_symbol(
	struct sim_image *image, const char *data, const Elf64_Sym *symbol, const char *names)
{
	const Elf64_Ehdr *file = (const void *)data;
	const char *name = names + symbol->st_name;
	unsigned int type = ELF64_ST_TYPE(symbol->st_info);

	if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= file->e_shnum)
		return true;
	if (type == STT_FUNC && (symbol->st_other & MARK_KERNEL)) {
		struct sim_symbol *added = sim_image_add(image, name, strlen(name));

		if (added)
			added->kernel = true;
		return added != NULL;
	}
	const Elf64_Shdr *section = section_at(data, symbol->st_shndx);

	if (type != STT_OBJECT || symbol->st_size == 0 || !holds_globals(data, section))
		return true;
	return add_global(image, data, symbol, section, name);
}

bool sim_image_read_elf(struct sim_image *image, const char *data)
{
	const Elf64_Ehdr *file = (const void *)data;

	for (unsigned int i = 0; i < file->e_shnum; i++) {
		const Elf64_Shdr *section = section_at(data, i);

		if (section->sh_type != SHT_SYMTAB)
			continue;
		const char *names = data + section_at(data, section->sh_link)->sh_offset;
		const Elf64_Sym *symbols = (const void *)(data + section->sh_offset);

		for (uint64_t n = 0; n < section->sh_size / sizeof(*symbols); n++) {
			if (!add_symbol(image, data, &symbols[n], names))
				return false;
		}
	}
	return true;
}

/*
 * Preloaded beside the shim: at the end of the process it looks through the writable data of the program, of
 * its libcudart and of the heap for functions of the driver that the shim stands in for, and prints which of
 * them are held as the shim's wrapper and which as the driver's own. It wraps nothing and calls no CUDA.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static FILE *out;

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The name of a function as the file has it: where CUDA came later, the loader is shown another table. */
static const char *name_in_file(const char *path, uintptr_t offset)
{
	static char image[16 << 20], *end;
	FILE *file = end ? NULL : fopen(path, "rb");

	if (file) {
		end = image + fread(image, 1, sizeof(image), file);
		fclose(file);
	}
	const ElfW(Ehdr) *header = (const void *)image;
	const ElfW(Shdr) *sections = (const void *)(image + header->e_shoff);

	for (int i = 0; end && i < header->e_shnum; i++) {
		const ElfW(Sym) *symbols = (const void *)(image + sections[i].sh_offset);

		for (size_t k = 0; sections[i].sh_type == SHT_DYNSYM &&
			k < sections[i].sh_size / sizeof(*symbols);
			k++)
			if (symbols[k].st_value == offset)
				return image + sections[sections[i].sh_link].sh_offset +
					symbols[k].st_name;
	}
	return NULL;
}

static void look(uintptr_t value)
{
	static uintptr_t seen[4096];
	static size_t count;
	Dl_info where;

	for (size_t i = 0; i < count; i++)
		if (seen[i] == value)
			return;
	if (!dladdr((const void *)value, &where))
		return;
	if (strcmp(base_name(where.dli_fname), "librac_track.so") == 0) {
		where.dli_sname = name_in_file(where.dli_fname, value - (uintptr_t)where.dli_fbase);
		where.dli_saddr = (void *)value;
	}
	if ((uintptr_t)where.dli_saddr != value || !where.dli_sname ||
		strncmp(where.dli_sname, "cu", 2) != 0 || strncmp(where.dli_sname, "cuda", 4) == 0)
		return;
	if (count < sizeof(seen) / sizeof(seen[0]))
		seen[count++] = value;
	if (strcmp(base_name(where.dli_fname), "librac_track.so") == 0)
		fprintf(out, "wrapper %s\n", where.dli_sname);
	else if (strncmp(base_name(where.dli_fname), "libcuda.so", 10) == 0)
		fprintf(out, "bare %s\n", where.dli_sname);
}

static void scan(uintptr_t from, uintptr_t to)
{
	for (const uintptr_t *word = (const uintptr_t *)((from + 7) & ~(uintptr_t)7);
		(uintptr_t)(word + 1) <= to; word++)
		if (*word > 4096)
			look(*word);
}

static int visit(struct dl_phdr_info *info, size_t size, void *unused)
{
	const char *name = base_name(info->dlpi_name);

	(void)size;
	(void)unused;
	if (*name && strncmp(name, "libcudart", 9) != 0)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && (p->p_flags & PF_W))
			scan(info->dlpi_addr + p->p_vaddr,
				info->dlpi_addr + p->p_vaddr + p->p_memsz);
	}
	return 0;
}

static __attribute__((destructor)) void tell(void)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;

	out = stderr;
	dl_iterate_phdr(visit, NULL);
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[heap]") && sscanf(line, "%lx-%lx", &from, &to) == 2)
			scan(from, to);
	if (maps)
		fclose(maps);
}

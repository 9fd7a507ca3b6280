/*
 * elf_symbols.c - see elf_symbols.h.
 */
#include "elf_symbols.h"

#include "at_start.h"
#include "bare_string.h"
#include <elf.h>
#include <sys/auxv.h>

/* The linker's: where our file begins, and where our functions end. link.h declares _DYNAMIC: of the
 * object that refers to it, so ours. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));

/* glibc relocates the pointers of a dynamic section in place, musl and the vDSO do not; 0: none. */
RAC_AT_START_CODE static const void *absolute(ElfW(Addr) base, ElfW(Addr) pointer)
{
	return (const void *)(pointer != 0 && pointer < base ? base + pointer : pointer);
}

/* What a dynamic section says, by tag: those below this number, and those of GNU that we look at. */
#define TAGS (DT_JMPREL + 1)

RAC_AT_START_CODE static void read_dynamic(struct rac_object *object)
{
	ElfW(Addr) base = object->base, values[TAGS] = {0};

	for (const ElfW(Dyn) *d = object->dynamic; d != NULL && d->d_tag != DT_NULL; d++) {
		ElfW(Addr) value = d->d_un.d_val;

		if ((uint64_t)d->d_tag < TAGS)
			values[d->d_tag] = value;
		else if (d->d_tag == DT_GNU_HASH)
			object->gnu_hash = absolute(base, value);
		else if (d->d_tag == DT_RELACOUNT)
			object->relative_count = value;
		else if (d->d_tag == DT_VERSYM)
			object->symbol_versions = absolute(base, value);
		else if (d->d_tag == DT_VERDEF)
			object->versions = absolute(base, value);
		else if (d->d_tag == DT_VERNEED)
			object->needed_versions = absolute(base, value);
	}
	object->symbols = absolute(base, values[DT_SYMTAB]);
	object->strings = absolute(base, values[DT_STRTAB]);
	object->sysv_hash = absolute(base, values[DT_HASH]);
	object->relocations[0] = absolute(base, values[DT_RELA]);
	object->relocation_bytes[0] = values[DT_RELASZ];
	object->relocations[1] = absolute(base, values[DT_JMPREL]);
	object->relocation_bytes[1] = values[DT_PLTRELSZ];
	/* No text lies at the beginning of the table of strings: 0 is none. */
	object->soname = object->strings != NULL ? object->strings + values[DT_SONAME] : "";
}

struct walk {
	bool (*visit)(void *context, const struct rac_object *object);
	void *context;
	size_t position;
};

RAC_AT_START_CODE static int visit_header(struct dl_phdr_info *info, size_t size, void *context)
{
	struct walk *walk = context;
	struct rac_object object = {
		.position = walk->position++,
		.path = info->dlpi_name != NULL ? info->dlpi_name : "",
		.base = info->dlpi_addr,
		.headers = info->dlpi_phdr,
		.header_count = info->dlpi_phnum,
	};

	(void)size;
	for (int i = 0; i < object.header_count; i++)
		if (object.headers[i].p_type == PT_DYNAMIC)
			object.dynamic = (const void *)(object.base + object.headers[i].p_vaddr);
	read_dynamic(&object);
	return walk->visit(walk->context, &object) ? 0 : 1;
}

RAC_AT_START_CODE void rac_object_each(
	bool (*visit)(void *context, const struct rac_object *object), void *context)
{
	struct walk walk = {.visit = visit, .context = context};

	dl_iterate_phdr(visit_header, &walk);
}

/* What debuggers read, too: the loader's list of objects, by the dynamic section of the program. */
static const struct link_map *first_loaded(void)
{
	const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR);
	size_t count = headers != NULL ? getauxval(AT_PHNUM) : 0;
	const ElfW(Dyn) *dynamic = NULL;
	ElfW(Addr) base = 0;

	for (size_t i = 0; i < count; i++)
		if (headers[i].p_type == PT_PHDR)
			base = (ElfW(Addr))headers - headers[i].p_vaddr;
	for (size_t i = 0; i < count; i++)
		if (headers[i].p_type == PT_DYNAMIC)
			dynamic = (const void *)(base + headers[i].p_vaddr);
	for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++)
		if (dynamic->d_tag == DT_DEBUG && dynamic->d_un.d_ptr != 0)
			return ((const struct r_debug *)dynamic->d_un.d_ptr)->r_map;
	return NULL;
}

void rac_object_each_behind_us(
	bool (*visit)(void *context, const struct rac_object *object), void *context)
{
	const struct link_map *map = first_loaded();

	while (map != NULL && map->l_ld != _DYNAMIC)
		map = map->l_next;
	for (map = map != NULL ? map->l_next : NULL; map != NULL; map = map->l_next) {
		struct rac_object object = {.path = map->l_name != NULL ? map->l_name : "",
			.base = map->l_addr,
			.dynamic = map->l_ld};

		read_dynamic(&object);
		if (!visit(context, &object))
			return;
	}
}

struct counts {
	size_t loaded;
	unsigned long long unloaded;
};

static int read_counts(struct dl_phdr_info *info, size_t size, void *context)
{
	struct counts *counts = context;

	(void)size;
	counts->unloaded = info->dlpi_subs;
	counts->loaded = (size_t)(info->dlpi_adds - info->dlpi_subs);
	return 1;
}

void rac_object_counts(size_t *loaded, unsigned long long *unloaded)
{
	struct counts counts = {0};

	dl_iterate_phdr(read_counts, &counts);
	*loaded = counts.loaded;
	*unloaded = counts.unloaded;
}

RAC_AT_START_CODE static bool matches(
	const struct rac_object *object, uint32_t index, const char *name)
{
	const ElfW(Sym) *symbol = &object->symbols[index];

	return symbol->st_shndx != SHN_UNDEF && (symbol->st_info & 0xf) == STT_FUNC &&
		rac_same_text(object->strings + symbol->st_name, name);
}

RAC_AT_START_CODE uint32_t rac_symbol_hash(const char *name)
{
	uint32_t hash = 5381;

	for (const char *c = name; *c != '\0'; c++)
		hash = hash * 33 + (unsigned char)*c;
	return hash;
}

RAC_AT_START_CODE static uint32_t find_by_gnu_hash(
	const struct rac_object *object, const char *name, uint32_t hash)
{
	const unsigned word_bits = 8 * sizeof(ElfW(Addr));
	const uint32_t *table = object->gnu_hash;
	uint32_t bucket_count = table[0], first = table[1], bloom_words = table[2];
	const ElfW(Addr) *bloom = (const void *)(table + 4);
	const uint32_t *buckets = table + 4 + bloom_words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
	const uint32_t *chains = buckets + bucket_count;

	if (bucket_count == 0 || bloom_words == 0)
		return 0;
	ElfW(Addr) word = bloom[hash / word_bits % bloom_words];

	if ((word >> hash % word_bits & word >> (hash >> table[3]) % word_bits & 1) == 0)
		return 0;
	uint32_t i = buckets[hash % bucket_count];

	if (i == 0 || i < first)
		return 0;
	for (;; i++) {
		uint32_t chain = chains[i - first];

		if ((chain | 1) == (hash | 1) && matches(object, i, name))
			return i;
		if ((chain & 1) != 0)
			return 0;
	}
}

RAC_AT_START_CODE static uint32_t find_by_sysv_hash(
	const struct rac_object *object, const char *name)
{
	const uint32_t *table = object->sysv_hash;
	uint32_t bucket_count = table[0];
	const uint32_t *buckets = table + 2;
	const uint32_t *chains = buckets + bucket_count;
	uint32_t hash = 0;

	for (const char *c = name; *c != '\0'; c++) {
		hash = (hash << 4) + (unsigned char)*c;
		uint32_t top = hash & 0xf0000000;

		hash = (hash ^ (top >> 24)) & ~top;
	}
	if (bucket_count == 0)
		return 0;
	for (uint32_t i = buckets[hash % bucket_count]; i != 0; i = chains[i])
		if (matches(object, i, name))
			return i;
	return 0;
}

RAC_AT_START_CODE uintptr_t rac_object_function_hashed(
	const struct rac_object *object, const char *name, uint32_t hash, uint32_t *index)
{
	*index = 0;
	if (object->symbols == NULL || object->strings == NULL)
		return 0;
	if (object->gnu_hash != NULL)
		*index = find_by_gnu_hash(object, name, hash);
	else if (object->sysv_hash != NULL)
		*index = find_by_sysv_hash(object, name);
	return *index != 0 ? object->base + object->symbols[*index].st_value : 0;
}

uintptr_t rac_object_function(const struct rac_object *object, const char *name)
{
	uint32_t index;

	return rac_object_function_hashed(object, name, rac_symbol_hash(name), &index);
}

bool rac_object_holds(const struct rac_object *object, uintptr_t address)
{
	for (int i = 0; i < object->header_count; i++) {
		const ElfW(Phdr) *p = &object->headers[i];
		uintptr_t start = object->base + p->p_vaddr;

		if (p->p_type == PT_LOAD && address >= start && address - start < p->p_memsz)
			return true;
	}
	return false;
}

RAC_AT_START_CODE bool rac_object_is_ours(const struct rac_object *object)
{
	return object->dynamic == _DYNAMIC;
}

void rac_object_ourselves(struct rac_object *out)
{
	*out = (struct rac_object){
		.path = "", .base = (ElfW(Addr))__ehdr_start, .dynamic = _DYNAMIC};
	read_dynamic(out);
}

RAC_AT_START_CODE void rac_object_own_code(uintptr_t *from, uintptr_t *to)
{
	*from = (uintptr_t)__ehdr_start;
	*to = (uintptr_t)etext;
}

struct soname_search {
	const char *soname;
	struct rac_object *out;
	bool found;
};

static bool compare_soname(void *context, const struct rac_object *object)
{
	struct soname_search *search = context;

	if (!rac_same_text(object->soname, search->soname))
		return true;
	*search->out = *object;
	search->found = true;
	return false;
}

bool rac_object_by_soname(const char *soname, struct rac_object *out)
{
	struct soname_search search = {soname, out, false};

	rac_object_each(compare_soname, &search);
	return search.found;
}

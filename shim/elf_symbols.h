/*
 * elf_symbols.h - reads the dynamic symbol tables of objects that are already loaded; it loads
 * nothing, calls no dl* function but dl_iterate_phdr and so leaves dlerror alone.
 */
#ifndef RAC_ELF_SYMBOLS_H
#define RAC_ELF_SYMBOLS_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rac_object {
	size_t position;    /* in load order */
	const char *path;   /* as the loader names it; "" for the program itself */
	const char *soname; /* "" when it has none */
	ElfW(Addr) base;
	const ElfW(Phdr) * headers;
	int header_count;
	const ElfW(Dyn) * dynamic;
	const ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *gnu_hash;
	const uint32_t *sysv_hash;
	const ElfW(Rela) * relocations[2]; /* of data, of calls */
	size_t relocation_bytes[2];
	size_t relative_count;              /* of the first, that name no symbol */
	const ElfW(Half) * symbol_versions; /* NULL when it knows no versions */
	const ElfW(Verdef) * versions;      /* that it defines; NULL: none */
	const ElfW(Verneed) * needed_versions;
};

/* Calls visit for each loaded object, in load order, until it returns false. The strings live as
 * long as the object stays loaded. */
void rac_object_each(bool (*visit)(void *context, const struct rac_object *object), void *context);

/*
 * As rac_object_each, for the objects behind ours that were loaded with the program. Takes no lock, so
 * that it may run in a signal handler and in a child of fork: such objects stay, but visit must stop
 * before it comes to those that are opened and closed later, that is at the C library. Visits nothing
 * where the program has no list to go through.
 */
void rac_object_each_behind_us(
	bool (*visit)(void *context, const struct rac_object *object), void *context);

/* How many objects are loaded, and how many were unloaded since the start. */
void rac_object_counts(size_t *loaded, unsigned long long *unloaded);

/* The address of a function that the object itself defines; 0 when it does not. */
uintptr_t rac_object_function(const struct rac_object *object, const char *name);

/* The same for a name whose hash is known: most objects are through without a look at the name. */
uintptr_t rac_object_function_hashed(
	const struct rac_object *object, const char *name, uint32_t hash, uint32_t *index);

/* The hash of a name in the GNU hash table. */
uint32_t rac_symbol_hash(const char *name);

/* True when one of the object's loaded segments holds the address. */
bool rac_object_holds(const struct rac_object *object, uintptr_t address);

/* The first loaded object with that SONAME. */
bool rac_object_by_soname(const char *soname, struct rac_object *out);

/* The object that this code belongs to, but for its path and its segments; reads no list. */
void rac_object_ourselves(struct rac_object *out);

/* Where our own functions lie. */
void rac_object_own_code(uintptr_t *from, uintptr_t *to);

/* True for the object that this code belongs to. */
bool rac_object_is_ours(const struct rac_object *object);

#endif

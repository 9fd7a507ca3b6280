/*
 * symbols.c - see symbols.h: takes addresses file by file.
 */
#include "symbols.h"

#include <string.h>

#ifdef RAC_HAVE_ELFUTILS

#include "demangle.h"
#include "elf_parts.h"
#include <stdio.h>

const char *rac_symbols_library(void)
{
	static char words[64];

	snprintf(words, sizeof(words), "elfutils %s", dwfl_version(NULL));
	return words;
}

/* Where debug information knows nothing, the symbol tables know functions. */
static void name_by_table(struct rac_elf *elf, struct rac_symbol *s, struct rac_pool *pool)
{
	const char *function = rac_elf_function(elf, s->offset);
	struct rac_symbol_line *line;

	if (function == NULL)
		return;
	line = rac_pool_take(pool, 1, sizeof(*line));
	if (line == NULL)
		return;
	*line = (struct rac_symbol_line){rac_demangle(pool, function), "", 0};
	s->lines = line;
	s->line_count = 1;
}

static void name_module(struct rac_symbol *symbols, size_t n,
	const struct rac_symbol_source *source, struct rac_pool *pool)
{
	struct rac_elf elf;

	if (!rac_elf_open(&elf, symbols, source))
		return;
	rac_elf_lines(&elf, symbols, n, pool);
	for (size_t i = 0; i < n; i++)
		if (symbols[i].line_count == 0)
			name_by_table(&elf, &symbols[i], pool);
	rac_elf_close(&elf);
}

#else

const char *rac_symbols_library(void)
{
	return NULL;
}

static void name_module(struct rac_symbol *symbols, size_t n,
	const struct rac_symbol_source *source, struct rac_pool *pool)
{
	(void)symbols;
	(void)n;
	(void)source;
	(void)pool;
}

#endif

int rac_symbol_compare(const void *a, const void *b)
{
	const struct rac_symbol *one = a, *other = b;
	int order = one->module == other->module ? 0 : strcmp(one->module, other->module);

	if (order == 0 && one->build_id != other->build_id)
		order = strcmp(one->build_id, other->build_id);
	return order != 0 ? order : (one->offset > other->offset) - (one->offset < other->offset);
}

static bool is_same_file(const struct rac_symbol *a, const struct rac_symbol *b)
{
	return strcmp(a->module, b->module) == 0 && strcmp(a->build_id, b->build_id) == 0;
}

void rac_symbols_name(struct rac_symbol *symbols, size_t n, const struct rac_symbol_source *source,
	struct rac_pool *pool)
{
	for (size_t i = 0, end; i < n; i = end) {
		end = i + 1;
		while (end < n && is_same_file(&symbols[i], &symbols[end]))
			end++;
		name_module(&symbols[i], end - i, source, pool);
	}
}

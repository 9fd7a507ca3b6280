/*
 * symbol_cache.c - see symbol_cache.h.
 */
#include "symbol_cache.h"

#include <stdlib.h>
#include <string.h>

static struct {
	struct rac_symbol *known; /* in the order of rac_symbol_compare */
	size_t count;
	struct rac_pool pool; /* of their strings and results */
} cache;

static bool recall(struct rac_symbol *s)
{
	const struct rac_symbol *known = cache.count == 0 || s->build_id[0] == '\0'
		? NULL
		: bsearch(s, cache.known, cache.count, sizeof(*s), rac_symbol_compare);

	if (known == NULL)
		return false;
	s->lines = known->lines;
	s->line_count = known->line_count;
	return true;
}

/* Keeps what has a build id; its key's strings are the report's, which goes. */
static void remember(const struct rac_symbol *fresh, size_t n)
{
	struct rac_symbol *known = realloc(cache.known, (cache.count + n) * sizeof(*known));
	const char *module = "", *build_id = "";

	if (known == NULL)
		return;
	cache.known = known;
	for (size_t i = 0; i < n; i++) {
		struct rac_symbol *s = &known[cache.count];

		if (fresh[i].build_id[0] == '\0')
			continue;
		*s = fresh[i];
		if (strcmp(module, s->module) != 0)
			module = rac_pool_text(&cache.pool, s->module);
		if (strcmp(build_id, s->build_id) != 0)
			build_id = rac_pool_text(&cache.pool, s->build_id);
		s->module = module;
		s->build_id = build_id;
		cache.count += !cache.pool.failed;
	}
	if (cache.count > 1)
		qsort(cache.known, cache.count, sizeof(*cache.known), rac_symbol_compare);
}

void rac_symbol_cache_name(
	struct rac_symbol *symbols, size_t n, const struct rac_symbol_source *source)
{
	struct rac_symbol *fresh = calloc(n + 1, sizeof(*fresh));
	size_t count = 0, at = 0;

	if (fresh == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		if (!recall(&symbols[i]))
			fresh[count++] = symbols[i];
	rac_symbols_name(fresh, count, source, &cache.pool);
	for (size_t i = 0; i < n && at < count; i++)
		if (rac_symbol_compare(&symbols[i], &fresh[at]) == 0)
			symbols[i] = fresh[at++];
	if (count > 0)
		remember(fresh, count);
	free(fresh);
}

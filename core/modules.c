/*
 * modules.c - see modules.h.
 */
#include "modules.h"

#include <string.h>

size_t rac_module_table_bytes(uint32_t modules, uint32_t text_bytes)
{
	if (modules > RAC_MODULE_NUMBER_MAX)
		return 0;
	return sizeof(struct rac_module_table) +
		((size_t)modules + 1) * sizeof(struct rac_module_place) + text_bytes;
}

struct rac_module_table *rac_module_table_init(
	void *memory, size_t bytes, uint32_t modules, uint32_t text_bytes)
{
	size_t needed = rac_module_table_bytes(modules, text_bytes);
	struct rac_module_table *table = memory;

	if (memory == NULL || needed == 0 || bytes < needed)
		return NULL;
	table->capacity = modules + 1;
	table->text_bytes = text_bytes;
	return table;
}

uint16_t rac_module_claim(struct rac_module_table *table, uint64_t key, uint64_t base, bool *first)
{
	*first = false;
	for (uint32_t i = 1; i < table->capacity; i++) {
		struct rac_module_place *place = &table->places[i];
		/* Relaxed: the key alone is compared; what describes it has its own order. */
		uint64_t seen = rac_load_relaxed(&place->key);

		if (seen == 0)
			*first = rac_cas_strong_acq_rel(&place->key, &seen, key);
		/* A failed swap has put into `seen` whose place it became. */
		if (!*first && seen != key)
			continue;
		rac_store_relaxed(&place->base, base);
		return (uint16_t)i;
	}
	rac_fetch_add_relaxed(&table->lost, 1); /* counts; orders nothing */
	return RAC_MODULE_UNKNOWN;
}

static uint64_t text_offset(const struct rac_module_table *table)
{
	return sizeof(*table) + (uint64_t)table->capacity * sizeof(table->places[0]);
}

static uint32_t keep_text(
	struct rac_module_table *table, const char *text, uint32_t bytes, uint64_t *offset)
{
	uint64_t used = rac_load_relaxed(&table->text_used);

	/* Relaxed: whose bytes are whose follows from the sum; they are published by `described`. */
	do {
		if (bytes > table->text_bytes - used)
			return 0;
	} while (!rac_cas_weak_relaxed(&table->text_used, &used, used + bytes));
	*offset = text_offset(table) + used;
	memcpy((char *)table + *offset, text, bytes);
	return bytes;
}

void rac_module_describe(
	struct rac_module_table *table, uint16_t number, const struct rac_module *module)
{
	struct rac_module_place *place = &table->places[number];

	place->path_bytes = keep_text(table, module->path, module->path_bytes, &place->path_offset);
	place->start = module->start;
	place->end = module->end;
	place->unloads = module->unloads;
	place->build_id_bytes = module->build_id_bytes;
	memcpy(place->build_id, module->build_id, sizeof(place->build_id));
	/* Release: who sees it sees all of the above. */
	rac_store_release(&place->described, 1);
}

bool rac_module_read(
	const struct rac_module_table *table, size_t bytes, uint16_t number, struct rac_module *out)
{
	const struct rac_module_place *place = &table->places[number];

	if (number == RAC_MODULE_UNKNOWN || bytes < sizeof(*table) ||
		(bytes - sizeof(*table)) / sizeof(*place) <= number || number >= table->capacity ||
		rac_load_acquire(&place->described) != 1)
		return false;
	uint64_t path_offset = place->path_offset;

	out->path_bytes = place->path_bytes;
	out->build_id_bytes = place->build_id_bytes;
	if (out->build_id_bytes > sizeof(out->build_id) ||
		(out->path_bytes != 0 &&
			(path_offset > bytes || out->path_bytes > bytes - path_offset)))
		return false;
	out->path = (const char *)table + (out->path_bytes != 0 ? path_offset : 0);
	memcpy(out->build_id, place->build_id, sizeof(out->build_id));
	out->base = rac_load_relaxed(&place->base);
	out->start = place->start;
	out->end = place->end;
	out->unloads = place->unloads;
	return true;
}

/*
 * report_modules.c - see report_modules.h. The table may come from a foreign record: each module is read
 * through rac_module_read, and its path is shown only as far as there is room.
 */
#include "report_modules.h"

#include <string.h>

static uint16_t number_of(size_t index)
{
	return (uint16_t)index;
}

static size_t count_of(const struct rac_module_table *table, size_t table_bytes)
{
	if (table == NULL || table_bytes < sizeof(*table))
		return 0;
	return table->capacity <= RAC_MODULE_NUMBER_MAX ? table->capacity
							: RAC_MODULE_NUMBER_MAX + 1;
}

/* A name for each number, and the strings of those that are there. */
size_t rac_module_names_bytes(const struct rac_module_table *table, size_t table_bytes)
{
	size_t count = count_of(table, table_bytes);
	size_t bytes = count * sizeof(struct rac_module_name);

	for (size_t i = 0; i < count; i++) {
		struct rac_module module;

		if (rac_module_read(table, table_bytes, number_of(i), &module))
			bytes += module.path_bytes + 1 + 2 * module.build_id_bytes + 1;
	}
	/* What follows in the caller's memory is aligned, too. */
	return (bytes + 15) / 16 * 16;
}

static char *put_hex(char *at, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	*at++ = '\0';
	return at;
}

void rac_module_names_read(struct rac_module_names *out, const struct rac_module_table *table,
	size_t table_bytes, void *memory, size_t bytes)
{
	char *end = (char *)memory + bytes;

	*out = (struct rac_module_names){memory, count_of(table, table_bytes)};
	if (bytes < out->count * sizeof(*out->names))
		out->count = 0;
	char *at = (char *)(out->names + out->count);

	for (size_t i = 0; i < out->count; i++) {
		struct rac_module module;

		memset(&out->names[i], 0, sizeof(out->names[i]));
		if (!rac_module_read(table, table_bytes, number_of(i), &module) ||
			module.path_bytes + 2 * module.build_id_bytes + 2 > (size_t)(end - at))
			continue;
		char *path = at;

		memcpy(path, module.path, module.path_bytes);
		path[module.path_bytes] = '\0';
		at += module.path_bytes + 1;
		out->names[i] =
			(struct rac_module_name){path, rac_module_file(path), at, module.base};
		at = put_hex(at, module.build_id, module.build_id_bytes);
	}
}

const struct rac_module_name *rac_module_names_at(const struct rac_module_names *m, uint16_t number)
{
	return number < m->count && m->names[number].path != NULL ? &m->names[number] : NULL;
}

const char *rac_module_file(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

bool rac_module_is_cuda(const char *path)
{
	static const char *const names[] = {"libcuda.so", "libcudart.so", "librac_track.so"};
	const char *file = rac_module_file(path);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strncmp(file, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

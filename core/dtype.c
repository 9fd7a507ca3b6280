/*
 * dtype.c - lookups in the table of data types and the bytes that elements of a type take.
 */
#include "rac_dtype.h"

#include "checked.h"
#include <string.h>

static const struct rac_dtype_info table[] = {
#define RAC_DTYPE(id, text, alias, elements, bits, class_, pads, half_, trains_, sums, number) \
	[RAC_DTYPE_##id] = {                                                                   \
		.name = (text),                                                                \
		.aliases = (alias),                                                            \
		.block_elements = (elements),                                                  \
		.block_bits = (bits),                                                          \
		.kind = RAC_DTYPE_CLASS_##class_,                                              \
		.padding = RAC_DTYPE_PADS_##pads,                                              \
		.half = (half_),                                                               \
		.trains = (trains_),                                                           \
		.accumulator = RAC_DTYPE_##sums,                                               \
		.gguf = (number),                                                              \
	},
#include "dtype.def"
#undef RAC_DTYPE
};

const struct rac_dtype_info *rac_dtype_info(enum rac_dtype dtype)
{
	return (unsigned)dtype < RAC_DTYPE_COUNT ? &table[dtype] : NULL;
}

const char *rac_dtype_name(enum rac_dtype dtype)
{
	return (unsigned)dtype < RAC_DTYPE_COUNT ? table[dtype].name : "unknown dtype";
}

/* ASCII only: the locale of the program must not decide what a dtype is called. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether text is one of the words of list, which are separated by single spaces. */
static bool is_among(const char *text, const char *list)
{
	while (*list != '\0') {
		size_t i = 0;

		while (text[i] != '\0' && list[i] == lower(text[i]))
			i++;
		if (text[i] == '\0' && (list[i] == '\0' || list[i] == ' '))
			return true;
		list += strcspn(list, " ");
		list += *list == ' ';
	}
	return false;
}

enum rac_status rac_dtype_parse(const char *text, enum rac_dtype *out)
{
	if (text == NULL || *text == '\0' || strchr(text, ' ') != NULL)
		return RAC_UNKNOWN;
	for (unsigned i = 0; i < RAC_DTYPE_COUNT; i++) {
		if (is_among(text, table[i].name) || is_among(text, table[i].aliases)) {
			*out = (enum rac_dtype)i;
			return RAC_OK;
		}
	}
	return RAC_UNKNOWN;
}

enum rac_status rac_dtype_from_gguf(uint32_t number, enum rac_dtype *out)
{
	for (unsigned i = 0; i < RAC_DTYPE_COUNT; i++) {
		if (table[i].gguf >= 0 && (uint32_t)table[i].gguf == number) {
			*out = (enum rac_dtype)i;
			return RAC_OK;
		}
	}
	return RAC_UNKNOWN;
}

size_t rac_dtype_names(char *out, size_t capacity)
{
	size_t length = 0;

	for (unsigned i = 0; i < RAC_DTYPE_COUNT; i++) {
		const char *pieces[] = {i == 0 ? "" : ", ", table[i].name};

		for (size_t piece = 0; piece < 2; piece++)
			for (const char *c = pieces[piece]; *c != '\0'; c++, length++)
				if (length + 1 < capacity)
					out[length] = *c;
	}
	if (capacity > 0)
		out[length < capacity ? length : capacity - 1] = '\0';
	return length;
}

enum rac_status rac_dtype_bytes(
	enum rac_dtype dtype, uint64_t rows, uint64_t columns, uint64_t *bytes)
{
	const struct rac_dtype_info *info = rac_dtype_info(dtype);
	__extension__ typedef unsigned __int128 wide;

	if (info == NULL)
		return RAC_INVALID;
	wide blocks; /* at most a product of two 64-bit numbers */

	if (info->padding == RAC_DTYPE_PADS_ROW) {
		uint64_t row_blocks =
			columns / info->block_elements + (columns % info->block_elements != 0);
		blocks = (wide)rows * row_blocks;
	} else {
		wide elements = (wide)rows * columns;
		blocks = elements / info->block_elements + (elements % info->block_elements != 0);
	}
	wide bits;

	if (__builtin_mul_overflow(blocks, (wide)info->block_bits, &bits) ||
		bits / 8 + (bits % 8 != 0) > UINT64_MAX) {
		*bytes = UINT64_MAX;
		return RAC_OVERFLOW;
	}
	*bytes = (uint64_t)(bits / 8 + (bits % 8 != 0));
	return RAC_OK;
}

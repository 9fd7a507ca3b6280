/*
 * array_size.c - see array_size.h.
 */
#include "array_size.h"

#include "checked.h"

#define WIDEST 16 /* bytes of a texel: four channels of 32 bits */

struct format {
	uint32_t code;
	uint8_t across, down; /* texels that are stored together */
	uint8_t bytes;        /* of these */
	bool per_channel;
};

static const struct format formats[] = {
#define RAC_ARRAY_FORMAT(name, code, across, down, bytes, per_channel) \
	{code, across, down, bytes, per_channel},
#include "array_formats.def"
#undef RAC_ARRAY_FORMAT
};

static const struct format unknown_format = {0, 1, 1, WIDEST, false};

static const struct format *find_format(uint32_t code)
{
	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].code == code)
			return &formats[i];
	}
	return &unknown_format;
}

static uint64_t at_least_one(uint64_t n)
{
	return n > 0 ? n : 1;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool has_layers(const struct rac_array_shape *s)
{
	return (s->flags & (RAC_ARRAY_LAYERED | RAC_ARRAY_CUBEMAP)) != 0;
}

static uint32_t level_count(const struct rac_array_shape *s)
{
	uint64_t longest = max(s->width, max(s->height, has_layers(s) ? 0 : s->depth));
	uint32_t most = 64 - (uint32_t)__builtin_clzll(longest);

	if (s->levels == 0)
		return 1;
	return s->levels < most ? s->levels : most;
}

static bool level_bytes(
	const struct rac_array_shape *s, const struct format *f, uint32_t level, uint64_t *bytes)
{
	uint64_t across, down, depth = at_least_one(s->depth >> (has_layers(s) ? 0 : level));

	return rac_checked_ceil_div(at_least_one(s->width >> level), f->across, &across) &&
		rac_checked_ceil_div(at_least_one(s->height >> level), f->down, &down) &&
		rac_checked_mul(across, down, bytes) && rac_checked_mul(*bytes, depth, bytes) &&
		rac_checked_mul(*bytes, f->bytes, bytes) &&
		rac_checked_mul(*bytes, f->per_channel ? s->channels : 1, bytes);
}

enum rac_status rac_array_bytes(const struct rac_array_shape *shape, uint64_t *bytes)
{
	const struct format *f = find_format(shape->format);
	uint64_t sum = 0, level;

	if (shape->width == 0 || (f->per_channel && shape->channels == 0))
		return RAC_INVALID;
	if ((shape->flags & (RAC_ARRAY_SPARSE | RAC_ARRAY_DEFERRED)) != 0) {
		*bytes = 0;
		return RAC_OK;
	}
	for (uint32_t i = 0; i < level_count(shape); i++) {
		if (!level_bytes(shape, f, i, &level) || !rac_checked_add(sum, level, &sum))
			return RAC_OVERFLOW;
	}
	*bytes = sum;
	return f == &unknown_format ? RAC_UNKNOWN : RAC_OK;
}

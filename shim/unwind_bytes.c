/*
 * unwind_bytes.c - see unwind_bytes.h.
 */
#include "unwind_bytes.h"

#include "safe_read.h"
#include <string.h>

/* The formats and bases of an encoded pointer, as the Linux Standard Base has them. */
enum {
	FORMAT_ABSOLUTE = 0x00,
	FORMAT_UDATA2 = 0x02,
	FORMAT_UDATA4 = 0x03,
	FORMAT_UDATA8 = 0x04,
	FORMAT_SDATA2 = 0x0a,
	FORMAT_SDATA4 = 0x0b,
	FORMAT_SDATA8 = 0x0c,
	FORMAT_MASK = 0x0f,
	BASE_NONE = 0x00,
	BASE_HERE = 0x10,
	BASE_MASK = 0xf0,
};

void rac_bytes_start(struct rac_bytes *b, uintptr_t at, uintptr_t end)
{
	b->at = at;
	b->end = end;
	b->failed = at > end;
	b->held = 0;
	b->from = at;
}

static bool hold(struct rac_bytes *b, unsigned n)
{
	size_t left = b->end - b->at;
	size_t ask = left < sizeof(b->window) ? left : sizeof(b->window);

	if (left < n)
		return false;
	/* Near the end of what is mapped less can be read than there is room for. */
	if (!rac_safe_read(b->window, b->at, ask)) {
		ask = n;
		if (!rac_safe_read(b->window, b->at, ask))
			return false;
	}
	b->from = b->at;
	b->held = (uint8_t)ask;
	return true;
}

uint64_t rac_bytes_unsigned(struct rac_bytes *b, unsigned n)
{
	uint64_t value = 0;

	if (b->failed)
		return 0;
	if (b->at - b->from + n > b->held && !hold(b, n)) {
		b->failed = true;
		return 0;
	}
	/* Both machines are little-endian. */
	memcpy(&value, b->window + (b->at - b->from), n);
	b->at += n;
	return value;
}

uint64_t rac_bytes_uleb(struct rac_bytes *b)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint64_t byte;

	do {
		byte = rac_bytes_unsigned(b, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) != 0);
	return value;
}

int64_t rac_bytes_sleb(struct rac_bytes *b)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint64_t byte;

	do {
		byte = rac_bytes_unsigned(b, 1);
		if (shift < 64)
			value |= (byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) != 0);
	if (shift < 64 && (byte & 0x40) != 0)
		value |= UINT64_MAX << shift;
	return (int64_t)value;
}

void rac_bytes_skip(struct rac_bytes *b, uint64_t n)
{
	if (n > b->end - b->at)
		b->failed = true;
	else
		b->at += n;
}

uintptr_t rac_bytes_pointer(struct rac_bytes *b, uint8_t encoding)
{
	uintptr_t here = b->at, value;

	switch (encoding & FORMAT_MASK) {
	case FORMAT_ABSOLUTE:
	case FORMAT_UDATA8:
	case FORMAT_SDATA8:
		value = rac_bytes_unsigned(b, 8);
		break;
	case FORMAT_UDATA2:
		value = rac_bytes_unsigned(b, 2);
		break;
	case FORMAT_UDATA4:
		value = rac_bytes_unsigned(b, 4);
		break;
	case FORMAT_SDATA2:
		value = (uintptr_t)(int16_t)rac_bytes_unsigned(b, 2);
		break;
	case FORMAT_SDATA4:
		value = (uintptr_t)(int32_t)rac_bytes_unsigned(b, 4);
		break;
	default:
		b->failed = true;
		return 0;
	}
	if ((encoding & BASE_MASK) == BASE_HERE)
		return here + value;
	if ((encoding & BASE_MASK) != BASE_NONE)
		b->failed = true;
	return value;
}

/*
 * utf8.h - finds where well-formed UTF-8 ends; it neither converts nor replaces.
 */
#ifndef RAC_UTF8_H
#define RAC_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The length, 1 to 4, of the well-formed character at `bytes`, or 0 if there is none within n bytes
 * (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing past U+10FFFF).
 */
static inline size_t rac_utf8_length(const char *bytes, size_t n)
{
	const unsigned char *b = (const unsigned char *)bytes;
	unsigned lowest = 0x80, highest = 0xbf; /* bounds of the second byte */
	size_t length;

	if (n == 0)
		return 0;
	if (b[0] < 0x80)
		return 1;
	if (b[0] < 0xc2 || b[0] > 0xf4)
		return 0;
	length = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
	if (length > n)
		return 0;
	if (b[0] == 0xe0)
		lowest = 0xa0;
	else if (b[0] == 0xed)
		highest = 0x9f;
	else if (b[0] == 0xf0)
		lowest = 0x90;
	else if (b[0] == 0xf4)
		highest = 0x8f;
	if (b[1] < lowest || b[1] > highest)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if (b[i] < 0x80 || b[i] > 0xbf)
			return 0;
	}
	return length;
}

/* True if the character of that length at `bytes` is a control character: C0, DEL or C1. */
static inline bool rac_utf8_is_control(const char *bytes, size_t length)
{
	const unsigned char *b = (const unsigned char *)bytes;

	if (length == 1)
		return b[0] < 0x20 || b[0] == 0x7f;
	return length == 2 && b[0] == 0xc2 && b[1] < 0xa0;
}

#endif

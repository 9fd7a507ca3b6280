/*
 * new/assert.h - the operators of Criterion's newer assertions, as in cr_assert(eq(u64, a, b)), for
 * the stand-in that ../criterion.h describes.
 *
 * As with Criterion, both sides are converted to the type that is named first.
 */
#ifndef RAC_PLAIN_CRITERION_NEW_ASSERT_H
#define RAC_PLAIN_CRITERION_NEW_ASSERT_H

#include "../criterion.h"

#include <stdint.h>

#define PLAIN_COMPARE(type, a, op, b)         \
	(__extension__({                      \
		type plain_left = (type)(a);  \
		type plain_right = (type)(b); \
		plain_left op plain_right;    \
	}))

#define PLAIN_i8(a, op, b)   PLAIN_COMPARE(int8_t, a, op, b)
#define PLAIN_i16(a, op, b)  PLAIN_COMPARE(int16_t, a, op, b)
#define PLAIN_i32(a, op, b)  PLAIN_COMPARE(int32_t, a, op, b)
#define PLAIN_i64(a, op, b)  PLAIN_COMPARE(int64_t, a, op, b)
#define PLAIN_u8(a, op, b)   PLAIN_COMPARE(uint8_t, a, op, b)
#define PLAIN_u16(a, op, b)  PLAIN_COMPARE(uint16_t, a, op, b)
#define PLAIN_u32(a, op, b)  PLAIN_COMPARE(uint32_t, a, op, b)
#define PLAIN_u64(a, op, b)  PLAIN_COMPARE(uint64_t, a, op, b)
#define PLAIN_int(a, op, b)  PLAIN_COMPARE(int, a, op, b)
#define PLAIN_uint(a, op, b) PLAIN_COMPARE(unsigned int, a, op, b)
#define PLAIN_sz(a, op, b)   PLAIN_COMPARE(size_t, a, op, b)
#define PLAIN_chr(a, op, b)  PLAIN_COMPARE(char, a, op, b)
#define PLAIN_dbl(a, op, b)  PLAIN_COMPARE(double, a, op, b)
#define PLAIN_ptr(a, op, b)  PLAIN_COMPARE(const void *, a, op, b)
#define PLAIN_str(a, op, b)  (strcmp(a, b) op 0)

#define eq(tag, a, b) PLAIN_##tag(a, ==, b)
#define ne(tag, a, b) PLAIN_##tag(a, !=, b)
#define lt(tag, a, b) PLAIN_##tag(a, <, b)
#define le(tag, a, b) PLAIN_##tag(a, <=, b)
#define gt(tag, a, b) PLAIN_##tag(a, >, b)
#define ge(tag, a, b) PLAIN_##tag(a, >=, b)
#define not(condition) (!(condition))

#endif

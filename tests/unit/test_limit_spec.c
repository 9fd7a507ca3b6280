/*
 * test_limit_spec.c - the grammar of the cap: what each text means, and the exact message for each
 * one that means nothing.
 */
#include "limit_spec.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define ONE RAC_AMOUNT_PERCENT_ONE

static struct rac_limit_spec spec;

/* In memory of just its length, so that a sanitizer sees a read past the end. */
static enum rac_status add(enum rac_limit_source source, const char *value, struct rac_text *why)
{
	size_t n = strlen(value);
	char *exact = malloc(n > 0 ? n : 1);
	enum rac_status status;

	memcpy(exact, value, n);
	status = rac_limit_add(&spec, source, 3, exact, n, why);
	free(exact);
	return status;
}

struct expected {
	enum rac_limit_target target;
	uint32_t ordinal;
	const char *uuid;
	enum rac_amount_unit unit;
	uint64_t value;
};

#define REST(unit, value)                                           \
	{                                                           \
		RAC_LIMIT_FOR_REST, 0, "", RAC_AMOUNT_##unit, value \
	}
#define DEVICE(n, unit, value)                                         \
	{                                                              \
		RAC_LIMIT_FOR_ORDINAL, n, "", RAC_AMOUNT_##unit, value \
	}
#define UUID(prefix, unit, value)                                       \
	{                                                               \
		RAC_LIMIT_FOR_UUID, 0, prefix, RAC_AMOUNT_##unit, value \
	}

struct valid {
	enum rac_limit_source source;
	const char *value;
	uint32_t count;
	struct expected entries[3];
};

#define R RAC_LIMIT_FROM_RAC
#define D RAC_LIMIT_FROM_HAMI_DEVICE
#define H RAC_LIMIT_FROM_HAMI
#define M RAC_LIMIT_FROM_MPS
#define N RAC_LIMIT_FROM_NVIDIA

static const struct valid valid[] = {
	{R, "8G", 1, {REST(BYTES, 8 * GIB)}},
	{R, "8GiB", 1, {REST(BYTES, 8 * GIB)}},
	{R, "8gb", 1, {REST(BYTES, 8 * GIB)}},
	{R, "1.5Gi", 1, {REST(BYTES, 3 * GIB / 2)}},
	{R, "1048576", 1, {REST(BYTES, MIB)}},
	{R, "18446744073709551615", 1, {REST(BYTES, UINT64_MAX)}},
	{R, "0", 1, {REST(NONE, 0)}},
	{R, "none", 1, {REST(NONE, 0)}},
	{R, "NONE", 1, {REST(NONE, 0)}},
	{R, "80%", 1, {REST(PERCENT, 80 * ONE)}},
	{R, "12.5 %", 1, {REST(PERCENT, 25 * ONE / 2)}},
	{R, "*=8G", 1, {REST(BYTES, 8 * GIB)}},
	{R, "0=8G", 1, {DEVICE(0, BYTES, 8 * GIB)}},
	{R, "63=8G", 1, {DEVICE(63, BYTES, 8 * GIB)}},
	{R, "007=8G", 1, {DEVICE(7, BYTES, 8 * GIB)}},
	{R, "0=8G,1=4G", 2, {DEVICE(0, BYTES, 8 * GIB), DEVICE(1, BYTES, 4 * GIB)}},
	{R, "0=8G;1=50%", 2, {DEVICE(0, BYTES, 8 * GIB), DEVICE(1, PERCENT, 50 * ONE)}},
	{R, "1=none,8G", 2, {DEVICE(1, NONE, 0), REST(BYTES, 8 * GIB)}},
	{R, "8G;1=0,2=1G", 3, {REST(BYTES, 8 * GIB), DEVICE(1, NONE, 0), DEVICE(2, BYTES, GIB)}},
	{R, " 0 = 8 G ;\t* = 50 % \n", 2, {DEVICE(0, BYTES, 8 * GIB), REST(PERCENT, 50 * ONE)}},
	{R, "\r\v\f8G\r", 1, {REST(BYTES, 8 * GIB)}},
	{R, "0=1G,2G,1=3G", 3,
		{DEVICE(0, BYTES, GIB), REST(BYTES, 2 * GIB), DEVICE(1, BYTES, 3 * GIB)}},
	{R, "GPU-1a2b=8G", 1, {UUID("GPU-1a2b", BYTES, 8 * GIB)}},
	{R, "MIG-0=8G,GPU-F=1G", 2, {UUID("MIG-0", BYTES, 8 * GIB), UUID("GPU-F", BYTES, GIB)}},
	{R, "GPU-01234567-89ab-cdef-0123-456789abcdef=8G", 1,
		{UUID("GPU-01234567-89ab-cdef-0123-456789abcdef", BYTES, 8 * GIB)}},
	{R, "GPU-1=1G,MIG-1=2G,1=3G", 3,
		{UUID("GPU-1", BYTES, GIB), UUID("MIG-1", BYTES, 2 * GIB),
			DEVICE(1, BYTES, 3 * GIB)}},
	{D, "1g", 1, {DEVICE(3, BYTES, GIB)}},
	{D, " 1024m ", 1, {DEVICE(3, BYTES, GIB)}},
	{D, "4Gi", 1, {DEVICE(3, BYTES, 4 * GIB)}},
	{D, "0", 0, {REST(NONE, 0)}},
	{D, "1", 1, {DEVICE(3, BYTES, 1)}},
	{H, "2027m", 1, {REST(BYTES, 2027 * MIB)}},
	{H, "1048576k", 1, {REST(BYTES, GIB)}},
	{H, "0g", 0, {REST(NONE, 0)}},
	{M, "0=8G,1=512M", 2, {DEVICE(0, BYTES, 8 * GIB), DEVICE(1, BYTES, 512 * MIB)}},
	{M, "0=5GB", 1, {DEVICE(0, BYTES, 5 * GIB)}},
	{M, "GPU-1a=1G,0=0", 1, {UUID("GPU-1a", BYTES, GIB)}},
	{N, "8192", 1, {REST(BYTES, 8 * GIB)}},
	{N, " 1 ", 1, {REST(BYTES, MIB)}},
	{N, "17592186044415", 1, {REST(BYTES, UINT64_MAX - MIB + 1)}},
	{N, "0", 0, {REST(NONE, 0)}},
};

Test(limit_spec, reads_each_valid_text)
{
	char message[512];
	struct rac_text why;

	for (size_t i = 0; i < LENGTH(valid); i++) {
		const struct valid *v = &valid[i];

		rac_limit_init(&spec);
		rac_text_init(&why, message, sizeof(message));
		cr_assert_eq(add(v->source, v->value, &why), RAC_OK, "%s: %s", v->value, message);
		cr_assert_str_empty(message);
		cr_assert_eq(spec.count, v->count, "%s: %u", v->value, spec.count);
		for (uint32_t j = 0; j < v->count; j++) {
			const struct rac_limit_entry *entry = &spec.entries[j];

			cr_assert_eq(entry->source, v->source, "%s", v->value);
			cr_assert_eq(entry->target, v->entries[j].target, "%s", v->value);
			if (entry->target == RAC_LIMIT_FOR_ORDINAL)
				cr_assert_eq(entry->ordinal, v->entries[j].ordinal, "%s", v->value);
			cr_assert_str_eq(entry->uuid, v->entries[j].uuid, "%s", v->value);
			cr_assert_eq(entry->amount.unit, v->entries[j].unit, "%s", v->value);
			cr_assert_eq(entry->amount.value, v->entries[j].value, "%s", v->value);
		}
	}
}

struct invalid {
	enum rac_limit_source source;
	const char *value, *message;
};

static const struct invalid invalid[] = {
#define INVALID(source, value, message) {source, value, message},
#include "limit_invalid.def"
#undef INVALID
};

Test(limit_spec, says_exactly_what_is_wrong_with_each_invalid_text)
{
	char message[512];
	struct rac_text why;

	for (size_t i = 0; i < LENGTH(invalid); i++) {
		const struct invalid *v = &invalid[i];
		enum rac_status status;

		rac_limit_init(&spec);
		rac_text_init(&why, message, sizeof(message));
		status = add(v->source, v->value, &why);
		cr_assert(status == RAC_INVALID || status == RAC_OVERFLOW, "%s", v->value);
		cr_assert_str_eq(message, v->message, "%s\n%s", message, v->message);
		cr_assert_eq(spec.count, 0, "%s left something behind", v->value);
	}
}

Test(limit_spec, tells_overflow_apart)
{
	char message[512];
	struct rac_text why;

	rac_text_init(&why, message, sizeof(message));
	cr_assert_eq(add(R, "16777216T", &why), RAC_OVERFLOW);
	cr_assert_eq(add(N, "17592186044416", &why), RAC_OVERFLOW);
}

Test(limit_spec, keeps_what_was_there_when_an_addition_fails)
{
	char message[512];
	struct rac_text why;

	rac_limit_init(&spec);
	rac_text_init(&why, message, sizeof(message));
	cr_assert_eq(add(H, "8G", &why), RAC_OK);
	cr_assert_eq(add(M, "0=1G,1=2G,2=x", &why), RAC_INVALID);
	cr_assert_eq(spec.count, 1);
	cr_assert_eq(spec.entries[0].amount.value, 8 * GIB);
}

Test(limit_spec, has_room_for_every_device_by_ordinal_and_by_uuid)
{
	char value[4096], message[512];
	struct rac_text t, why;

	rac_text_init(&t, value, sizeof(value));
	for (uint32_t i = 0; i < RAC_MAX_DEVICES; i++) {
		rac_text_u64(&t, i);
		rac_text_string(&t, "=1G,GPU-");
		rac_text_u64(&t, 1000 + i);
		rac_text_string(&t, "=1G,");
	}
	rac_text_string(&t, "1G");
	rac_limit_init(&spec);
	rac_text_init(&why, message, sizeof(message));
	cr_assert_eq(add(R, value, &why), RAC_OK, "%s", message);
	cr_assert_eq(spec.count, 2 * RAC_MAX_DEVICES + 1);
}

Test(limit_spec, says_when_there_are_too_many_entries)
{
	char value[8192], message[512];
	struct rac_text t, why;

	rac_text_init(&t, value, sizeof(value));
	for (uint32_t i = 0; i <= RAC_LIMIT_ENTRIES_MAX; i++) {
		rac_text_string(&t, i > 0 ? ";GPU-" : "GPU-");
		rac_text_u64(&t, 1000 + i);
		rac_text_string(&t, "=1G");
	}
	rac_limit_init(&spec);
	rac_text_init(&why, message, sizeof(message));
	cr_assert_eq(add(R, value, &why), RAC_FULL);
	cr_assert_not_null(strstr(message, "'GPU-1192=1G' at character 2305 is one entry too many"),
		"%s", message);
	cr_assert_eq(spec.count, 0);
}

Test(limit_spec, knows_its_variables)
{
	static const struct {
		const char *name;
		bool found;
		enum rac_limit_source source;
		uint32_t ordinal;
	} cases[] = {
		{"RAC_LIMIT", true, R, 9},
		{"CUDA_DEVICE_MEMORY_LIMIT", true, H, 9},
		{"CUDA_DEVICE_MEMORY_LIMIT_0", true, D, 0},
		{"CUDA_DEVICE_MEMORY_LIMIT_63", true, D, 63},
		{"CUDA_MPS_PINNED_DEVICE_MEM_LIMIT", true, M, 9},
		{"NVIDIA_GPU_MEMORY_LIMIT", true, N, 9},
		{"CUDA_DEVICE_MEMORY_LIMIT_", false, R, 9},
		{"CUDA_DEVICE_MEMORY_LIMIT_64", false, R, 9},
		{"CUDA_DEVICE_MEMORY_LIMIT_01", false, R, 9},
		{"CUDA_DEVICE_MEMORY_LIMIT_x", false, R, 9},
		{"CUDA_DEVICE_MEMORY_LIMITS", false, R, 9},
		{"RAC_LIMI", false, R, 9},
		{"", false, R, 9},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		enum rac_limit_source source = R;
		uint32_t ordinal = 9;
		bool found = rac_limit_source_find(
			cases[i].name, strlen(cases[i].name), &source, &ordinal);

		cr_assert_eq(found, cases[i].found, "%s", cases[i].name);
		cr_assert(!found || source == cases[i].source, "%s", cases[i].name);
		cr_assert(!found || ordinal == cases[i].ordinal, "%s", cases[i].name);
	}
}

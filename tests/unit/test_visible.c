/*
 * test_visible.c - which ordinal CUDA gives a GPU, by CUDA_VISIBLE_DEVICES alone.
 */
#include "visible.h"
#include <criterion/criterion.h>

#define A "GPU-1a2b3c4d-0000-0000-0000-00000000000a"
#define B "GPU-1a2b3c4e-0000-0000-0000-00000000000b"
#define C "GPU-99999999-0000-0000-0000-00000000000c"
#define M "MIG-77777777-0000-0000-0000-00000000000d"
#define N "MIG-77777778-0000-0000-0000-00000000000e"

#define NONE   0, 0
#define ONE(n) (n), (n) + 1

static const char *const uuids[] = {A, B, C};

static struct rac_ordinals find(const char *visible, bool in_order, bool divided, const char *uuid)
{
	struct rac_machine machine = {.visible = visible,
		.uuids = uuids,
		.count = 3,
		.in_order = in_order,
		.divided = divided};

	return rac_visible_find(&machine, uuid);
}

struct row {
	const char *visible, *uuid;
	uint32_t first, end;
};

static void check(const struct row *rows, size_t count, bool in_order, bool divided)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		struct rac_ordinals found = find(r->visible, in_order, divided, r->uuid);

		cr_assert(found.end - found.first == r->end - r->first &&
				(r->end == r->first || found.first == r->first),
			"'%s', %s: %u to %u, expected %u to %u",
			r->visible != NULL ? r->visible : "(not set)", r->uuid, found.first,
			found.end, r->first, r->end);
	}
}

#define CHECK(rows, in_order, divided) \
	check(rows, sizeof(rows) / sizeof((rows)[0]), in_order, divided)

Test(visible, a_known_order_leaves_nothing_open)
{
	static const struct row rows[] = {
		{NULL, A, ONE(0)},
		{NULL, C, ONE(2)},
		{"", A, NONE},
		{"0,1,2", B, ONE(1)},
		{"2,0", C, ONE(0)},
		{"2,0", A, ONE(1)},
		{"2,0", B, NONE},
		{" 2 , 0 ", A, ONE(1)},
		{"1,", B, ONE(0)},
		{"1,,0", A, NONE},
		{"0,-1,1", A, ONE(0)},
		{"0,-1,1", B, NONE},
		{"NoDevFiles", A, NONE},
		{"3,0", A, NONE},
		{"0,3,1", B, NONE},
		{"99999,0", A, NONE},
		{"1x,0", A, NONE},
		{"0x1", A, NONE},
		{"1 0", B, ONE(0)},
		{"1,1", B, NONE},
		{"0,1,0", B, NONE},
		{"GPU-99", C, ONE(0)},
		{"gpu-99", C, ONE(0)},
		{"GPU-9999999a", C, NONE},
		{"GPU-1a2b3c4", A, NONE},
		{"GPU-1a2b3c4e,GPU-1a2b3c4d", A, ONE(1)},
		{"GPU-", A, NONE},
		{"GPU-99,2", C, NONE},
		{"2,GPU-1a2b3c4d", A, ONE(1)},
		{A, A, ONE(0)},
		{A "0", A, NONE},
		{"MIG-77777777," A, A, ONE(1)},
	};

	CHECK(rows, true, false);
}

Test(visible, an_unknown_order_leaves_open_what_indices_mean)
{
	static const struct row rows[] = {
		{NULL, A, 0, 3},
		{NULL, C, 0, 3},
		{"0,1", A, 0, 2},
		{"0,1", C, 0, 2},
		{"2", B, ONE(0)},
		{"GPU-99,0", C, ONE(0)},
		{"GPU-99,0", A, ONE(1)},
		{"GPU-99", A, NONE},
		{"1,1", A, NONE},
		{"7,0", A, NONE},
	};

	CHECK(rows, false, false);
}

Test(visible, parts_are_known_by_their_uuids_alone)
{
	static const struct row rows[] = {
		{"MIG-77777777", M, ONE(0)},
		{"MIG-77777778,MIG-77777777", M, ONE(1)},
		{"MIG-77777778", M, NONE},
		{M "," M, M, NONE},
		{"0," M, M, ONE(1)},
		{"0,1", M, 0, 2},
		{"5", M, ONE(0)},
		{M "," N, N, ONE(1)},
		{NULL, M, 0, 64},
		{NULL, A, 0, 64},
	};

	CHECK(rows, true, true);
}

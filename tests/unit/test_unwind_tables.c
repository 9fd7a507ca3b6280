/*
 * test_unwind_tables.c - what unwind tables say, instruction by instruction and expression by expression;
 * and tables that are damaged, which must lead to no fault and no endless loop.
 */
#include "safe_read.h"
#include "unwind_bytes.h"
#include "unwind_cfi.h"
#include "unwind_expression.h"
#include "unwind_fixture.h"
#include "unwind_program.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(unwind_tables, .init = unwind_fixture_start, .timeout = 300);

#define BYTES(...) ((unsigned char[]){__VA_ARGS__}), sizeof((unsigned char[]){__VA_ARGS__})

Test(unwind_tables, hold_numbers_of_all_forms)
{
	static const unsigned char bytes[] = {0xe5, 0x8e, 0x26, 0x7f, 0x80, 0x7f, 0x01, 0x02, 0x03,
		0x04, 0xfc, 0xff, 0xff, 0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x80, 0x80, 0x80, 0x01};
	struct rac_bytes b;

	rac_bytes_start(&b, (uintptr_t)bytes, (uintptr_t)bytes + sizeof(bytes));
	cr_assert(eq(u64, rac_bytes_uleb(&b), 624485));
	cr_assert(eq(i64, rac_bytes_sleb(&b), -1));
	cr_assert(eq(i64, rac_bytes_sleb(&b), -128));
	cr_assert(eq(u64, rac_bytes_unsigned(&b, 4), 0x04030201));
	cr_assert(eq(u64, rac_bytes_pointer(&b, 0x1b), (uintptr_t)bytes + 10 - 4));
	/* Longer than 64 bits: what is beyond is dropped. */
	cr_assert(eq(u64, rac_bytes_uleb(&b), 0));
	cr_assert_not(b.failed);
	cr_assert_not(rac_bytes_more(&b));
	cr_assert(eq(u64, rac_bytes_unsigned(&b, 1), 0));
	cr_assert(b.failed);
}

static bool evaluate(const unsigned char *bytes, size_t n, struct rac_unwind_value *out)
{
	return rac_unwind_expression((uintptr_t)bytes, (uintptr_t)bytes + n, 0x101b, out);
}

Test(unwind_tables, hold_expressions_that_come_to_a_place)
{
	struct rac_unwind_value v;

	/* breg6 -8, deref: a function that aligned its stack */
	cr_assert(evaluate(BYTES(0x76, 0x78, 0x06), &v));
	cr_assert(v.has_register && v.is_memory);
	cr_assert(eq(u8, v.number, 6));
	cr_assert(eq(i64, v.offset, -8));
	/* breg7 8, plus what the register holds and a sum on either side */
	cr_assert(evaluate(BYTES(0x77, 0x08, 0x23, 0x80, 0x01), &v));
	cr_assert(v.has_register && !v.is_memory);
	cr_assert(eq(i64, v.offset, 136));
	cr_assert(evaluate(BYTES(0x38, 0x77, 0x10, 0x22), &v));
	cr_assert(v.has_register);
	cr_assert(eq(i64, v.offset, 24));
	cr_assert(evaluate(BYTES(0x77, 0x10, 0x09, 0xf8, 0x1c), &v));
	cr_assert(eq(i64, v.offset, 24));
#if defined(__x86_64__)
	/* The linker's: 8 more behind the push, which ends at the 11th of 16 bytes. */
	static const unsigned char stub[] = {
		0x77, 0x08, 0x80, 0x00, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};

	for (uintptr_t address = 0x1000; address < 0x1020; address++) {
		cr_assert(rac_unwind_expression(
			(uintptr_t)stub, (uintptr_t)stub + sizeof(stub), address, &v));
		cr_assert(eq(i64, v.offset, address % 16 >= 11 ? 16 : 8));
	}
#endif
}

Test(unwind_tables, hold_expressions_that_are_not_followed)
{
	struct rac_unwind_value v;

	cr_assert_not(evaluate(BYTES(0x06), &v), "nothing to look up");
	cr_assert_not(evaluate(BYTES(0x22), &v), "nothing to add");
	cr_assert_not(evaluate(BYTES(0x38), &v) && v.has_register, "a constant");
	cr_assert_not(evaluate(BYTES(0x76, 0x00, 0x06, 0x06), &v), "two lookups");
	cr_assert_not(evaluate(BYTES(0x76, 0x00, 0x77, 0x00, 0x22), &v), "two registers");
	cr_assert_not(evaluate(BYTES(0x76, 0x00, 0x76, 0x00), &v), "two results");
	cr_assert_not(evaluate(BYTES(0x38, 0x38, 0x38, 0x38, 0x38), &v), "too many");
	cr_assert_not(evaluate(BYTES(0x38, 0x09, 0xff, 0x24), &v), "a shift by -1");
	cr_assert_not(evaluate(BYTES(0xf3), &v), "an unknown one");
	cr_assert_not(evaluate(BYTES(0x76), &v), "one that is cut off");
	cr_assert_not(evaluate(NULL, 0, &v), "none");
}

static const unsigned char nothing[1];

/* A row for the address 0x1010 of a function that starts at 0x1000. */
static bool run(const unsigned char *bytes, size_t n, struct rac_unwind_row *row)
{
	static const unsigned char common[] = {0x0c, RAC_REGISTER_SP, 8, 0x80 | RAC_REGISTER_FP, 2};
	struct rac_unwind_entry entry = {
		.start = 0x1000,
		.end = 0x2000,
		.common = (uintptr_t)common,
		.common_end = (uintptr_t)common + sizeof(common),
		.instructions = (uintptr_t)bytes,
		.instructions_end = (uintptr_t)bytes + n,
		.code_step = 1,
		.data_step = -8,
		.return_register = RAC_REGISTER_RA,
	};

	return rac_unwind_program(&entry, 0x1010, row);
}

Test(unwind_tables, hold_rows_that_begin_at_their_address)
{
	struct rac_unwind_row row;

	cr_assert(run(nothing, 0, &row));
	cr_assert(eq(i64, row.cfa_offset, 8));
	cr_assert(eq(i64, row.fp.offset, -16));
	/* advance to 0x100f, 0x1010, 0x1011 */
	cr_assert(run(BYTES(0x4f, 0x0e, 16), &row));
	cr_assert(eq(i64, row.cfa_offset, 16));
	cr_assert(run(BYTES(0x50, 0x0e, 16), &row));
	cr_assert(eq(i64, row.cfa_offset, 16));
	cr_assert(run(BYTES(0x51, 0x0e, 16), &row));
	cr_assert(eq(i64, row.cfa_offset, 8));
	cr_assert(run(BYTES(0x02, 0x10, 0x0e, 16, 0x03, 0x01, 0x00, 0x0e, 24), &row));
	cr_assert(eq(i64, row.cfa_offset, 16));
	cr_assert(run(BYTES(0x04, 0x11, 0, 0, 0, 0x0e, 16), &row));
	cr_assert(eq(i64, row.cfa_offset, 8));
}

Test(unwind_tables, remember_rows_and_restore_registers)
{
	struct rac_unwind_row row;

	/* remember, change all, restore the row */
	cr_assert(run(BYTES(0x0a, 0x0c, 3, 99, 0x07, RAC_REGISTER_FP, 0x0b), &row));
	cr_assert(eq(u64, row.cfa_register, RAC_REGISTER_SP));
	cr_assert(eq(i64, row.cfa_offset, 8));
	cr_assert(eq(int, row.fp.how, RAC_PLACE_SAVED));
	/* saved elsewhere, then as at the beginning, by both instructions */
	cr_assert(run(BYTES(0x80 | RAC_REGISTER_FP, 5), &row));
	cr_assert(eq(i64, row.fp.offset, -40));
	cr_assert(run(BYTES(0x80 | RAC_REGISTER_FP, 5, 0xc0 | RAC_REGISTER_FP), &row));
	cr_assert(eq(i64, row.fp.offset, -16));
	cr_assert(run(BYTES(0x05, RAC_REGISTER_FP, 7, 0x06, RAC_REGISTER_FP), &row));
	cr_assert(eq(i64, row.fp.offset, -16));
	cr_assert(run(BYTES(0x11, RAC_REGISTER_FP, 0x7e), &row));
	cr_assert(eq(i64, row.fp.offset, 16));
	cr_assert(run(BYTES(0x2f, RAC_REGISTER_FP, 2), &row));
	cr_assert(eq(i64, row.fp.offset, 16));
	cr_assert(run(BYTES(0x08, RAC_REGISTER_FP), &row));
	cr_assert(eq(int, row.fp.how, RAC_PLACE_SAME));
	cr_assert(run(BYTES(0x09, RAC_REGISTER_FP, 3), &row));
	cr_assert(eq(int, row.fp.how, RAC_PLACE_ELSEWHERE));
	cr_assert(run(BYTES(0x07, RAC_REGISTER_RA), &row));
	cr_assert(eq(int, row.ra.how, RAC_PLACE_UNDEFINED));
	/* Of other registers nothing is kept, but their numbers are read. */
	cr_assert(run(
		BYTES(0x05, 0x83, 0x01, 4, 0x10, 3, 2, 0x76, 0, 0x2e, 16, 0x2d, 0x0e, 32), &row));
	cr_assert(eq(i64, row.cfa_offset, 32));
}

Test(unwind_tables, with_unknown_instructions_have_no_row)
{
	struct rac_unwind_row row;

	cr_assert_not(run(BYTES(0x3e), &row));
	cr_assert_not(run(BYTES(0x0b), &row), "nothing was remembered");
	cr_assert_not(run(BYTES(0x0e), &row), "cut off");
	cr_assert_not(run(BYTES(0x0f, 0x7f, 0x76), &row), "longer than there is");
	/* Behind the address nobody looks. */
	cr_assert(run(BYTES(0x51, 0x3e), &row));
}

Test(unwind_tables, that_are_damaged_do_no_harm)
{
	struct plugin one = plugin_open(1);
	struct rac_image good, image;
	size_t bytes;
	unsigned char *copy, *tables;
	unsigned rules = 0;

	cr_assert(rac_image_read(&good, one.base));
	bytes = (good.end - good.header + 4095) & ~(size_t)4095;
	copy = fixture_map(bytes + 4096);
	munmap(copy + bytes, 4096);
	/* Segments with nothing mapped between them are read as far as they go. */
	for (size_t at = 0; at < bytes; at += 4096)
		if (rac_safe_read(copy + at, good.header + at, 4096))
			rules++;
	cr_assert(gt(uint, rules, 2));
	image = good;
	image.header = image.base = image.start = (uintptr_t)copy;
	image.end = (uintptr_t)copy + bytes;
	image.eh_frame_hdr = (uintptr_t)copy + (good.eh_frame_hdr - good.header);
	tables = (unsigned char *)image.eh_frame_hdr;
	rules = 0;
	for (int round = 0; round < 30000; round++) {
		uintptr_t address =
			(uintptr_t)copy + ((uintptr_t)one.call - good.header) + random_below(64);
		unsigned char *spoilt[4], before[4];
		struct rac_rule rule;

		for (int i = 0; i < 4; i++) {
			spoilt[i] = tables + random_below(round % 2 != 0 ? 64 : 512);
			before[i] = *spoilt[i];
			if (i < round % 5)
				*spoilt[i] = (unsigned char)random_below(256);
		}
		rac_unwind_cfi(&image, address, &rule);
		rules += rac_rule_kind(rac_rule_pack(1, &rule)) != RAC_RULE_NONE;
		for (int i = 3; i >= 0; i--)
			*spoilt[i] = before[i];
	}
	/* Most damage is elsewhere, and some always is none. */
	cr_assert(gt(uint, rules, 6000), "%u", rules);
	cr_assert(lt(uint, rules, 30000), "%u", rules);
}

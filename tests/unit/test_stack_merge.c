/*
 * test_stack_merge.c - Python frames stand where the interpreter's function that runs them was.
 */
#include "stack_merge.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

/* Four native frames, of 100 bytes each. */
static const uintptr_t stack[] = {1100, 1200, 1300, 1400};

/* Of an interpreter, but for the second. */
#define INTERPRETER 7
static const uint64_t pcs[] = {(uint64_t)INTERPRETER << RAC_PC_ADDRESS_BITS, 8,
	(uint64_t)INTERPRETER << RAC_PC_ADDRESS_BITS, (uint64_t)INTERPRETER << RAC_PC_ADDRESS_BITS};
static uint16_t interpreter;

static void restore(void)
{
	interpreter = RAC_MODULE_UNKNOWN;
}

TestSuite(stack_merge, .init = restore);

/* The merged stack as text: native frames as digits, Python frames as letters. */
static const char *merge(unsigned native, const uintptr_t *entries, unsigned count, unsigned most)
{
	static char text[32];
	struct rac_python_frame python[8] = {0};
	uint16_t out[16];

	for (unsigned i = 0; i < count; i++)
		python[i].entry = entries[i];
	struct rac_frame_set carriers;

	rac_stack_find_carriers(pcs, stack, native, python, count, interpreter, &carriers);
	unsigned n = rac_stack_merge(stack, native, &carriers, python, count, out, most);

	for (unsigned i = 0; i < n; i++)
		text[i] = (char)((out[i] & RAC_MERGED_PYTHON) != 0
				? 'a' + (int)(out[i] & ~RAC_MERGED_PYTHON)
				: '0' + out[i]);
	text[n] = '\0';
	return text;
}

#define MERGE(native, most, ...)                        \
	merge(native, (const uintptr_t[]){__VA_ARGS__}, \
		sizeof((const uintptr_t[]){__VA_ARGS__}) / sizeof(uintptr_t), most)

Test(stack_merge, leaves_native_frames_as_they_are_without_python)
{
	cr_assert_str_eq(merge(4, NULL, 0, 16), "0123");
	cr_assert_str_eq(merge(0, NULL, 0, 16), "");
}

Test(stack_merge, puts_frames_where_they_were_entered)
{
	cr_assert_str_eq(MERGE(4, 16, 1150), "0a23");
	cr_assert_str_eq(MERGE(4, 16, 1050), "a123");
	/* Three that one call runs, as from 3.11 on. */
	cr_assert_str_eq(MERGE(4, 16, 0, 0, 1250), "01abc3");
	cr_assert_str_eq(MERGE(4, 16, 0, 1150, 0, 1350), "0ab2cd");
	/* The ends of frames: a place at an end is the next one's. */
	cr_assert_str_eq(MERGE(4, 16, 1200), "01a3");
	cr_assert_str_eq(MERGE(4, 16, 1199), "0a23");
}

Test(stack_merge, keeps_the_order_of_frames_that_one_function_runs_in_turn)
{
	cr_assert_str_eq(MERGE(4, 16, 1150, 1160), "0ab23");
	cr_assert_str_eq(MERGE(4, 16, 0, 1150, 0, 1199), "0abcd23");
}

Test(stack_merge, puts_what_lies_beyond_at_the_end)
{
	cr_assert_str_eq(MERGE(2, 16, 1050, 1350), "a1b");
	cr_assert_str_eq(MERGE(4, 16, 1150, 0, 0), "0a23bc");
	cr_assert_str_eq(MERGE(4, 16, 0, 0), "0123ab");
	cr_assert_str_eq(MERGE(4, 16, 5000), "0123a");
	cr_assert_str_eq(MERGE(0, 16, 1150), "a");
}

Test(stack_merge, leaves_out_what_carries_python_from_function_to_function)
{
	interpreter = INTERPRETER;
	cr_assert_str_eq(MERGE(4, 16, 0, 1250), "1ab3");
	cr_assert_str_eq(MERGE(4, 16, 1050, 1250), "a1b3");
	cr_assert_str_eq(MERGE(4, 16, 1350), "1a");
	cr_assert_str_eq(MERGE(4, 16, 1050), "a123");
	cr_assert_str_eq(MERGE(4, 16, 5000), "1a");
	/* Where nobody knows where they were entered, all is as it is. */
	cr_assert_str_eq(MERGE(4, 16, 0, 0), "0123ab");
	cr_assert_str_eq(merge(4, NULL, 0, 16), "0123");
}

Test(stack_merge, gives_no_more_frames_than_asked_for)
{
	for (unsigned most = 0; most <= 6; most++)
		cr_assert(eq(sz, strlen(MERGE(4, most, 0, 1150, 1350)), most < 5 ? most : 5));
	cr_assert_str_eq(MERGE(4, 3, 0, 1150, 1350), "0ab");
}

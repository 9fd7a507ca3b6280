/*
 * test_limit_resolve.c - what a cap means for the devices that are there.
 */
#include "limit_spec.h"
#include <criterion/criterion.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define GIB (UINT64_C(1) << 30)

#define UUID_A "GPU-1a2b3c4d-0000-0000-0000-000000000001"
#define UUID_B "GPU-1a2b3c4e-0000-0000-0000-000000000002"
#define UUID_M "MIG-99999999-0000-0000-0000-000000000003"

static const char *const uuids[] = {UUID_A, UUID_B, UUID_M};
static struct rac_limit_spec spec;
static char message[512];
static struct rac_text why;

static void start(void)
{
	rac_limit_init(&spec);
	rac_text_init(&why, message, sizeof(message));
}

static void add(enum rac_limit_source source, uint32_t ordinal, const char *value)
{
	cr_assert_eq(rac_limit_add(&spec, source, ordinal, value, strlen(value), &why), RAC_OK,
		"%s", message);
}

static void set(const char *value)
{
	start();
	add(RAC_LIMIT_FROM_RAC, 0, value);
}

/* The cap of a device of 80 GiB. */
static uint64_t cap(uint32_t ordinal, const char *uuid, const char *source)
{
	struct rac_limit_answer answer;

	cr_assert_eq(rac_limit_resolve(&spec, ordinal, uuid, 80 * GIB, &answer, &why), RAC_OK, "%s",
		message);
	cr_assert_str_eq(answer.source, source, "%s", answer.source);
	return answer.bytes;
}

Test(limit_resolve, without_entries_there_is_no_cap)
{
	start();
	cr_assert_eq(cap(0, UUID_A, ""), RAC_NO_LIMIT);
}

Test(limit_resolve, an_entry_without_device_holds_for_those_without_their_own)
{
	set("8G,1=4G,2=none");
	cr_assert_eq(cap(0, NULL, "RAC_LIMIT"), 8 * GIB);
	cr_assert_eq(cap(1, NULL, "RAC_LIMIT"), 4 * GIB);
	cr_assert_eq(cap(2, NULL, "RAC_LIMIT"), RAC_NO_LIMIT);
	cr_assert_eq(cap(63, NULL, "RAC_LIMIT"), 8 * GIB);
	set("1=4G,*=8G");
	cr_assert_eq(cap(0, NULL, "RAC_LIMIT"), 8 * GIB);
	cr_assert_eq(cap(1, NULL, "RAC_LIMIT"), 4 * GIB);
}

Test(limit_resolve, a_device_that_no_entry_names_has_no_cap)
{
	set("1=4G");
	cr_assert_eq(cap(0, NULL, ""), RAC_NO_LIMIT);
}

Test(limit_resolve, a_uuid_is_known_by_its_beginning_in_any_case)
{
	set("GPU-1A2B3C4D=1G,MIG-9=2G,3G");
	cr_assert_eq(cap(0, UUID_A, "RAC_LIMIT"), GIB);
	cr_assert_eq(cap(1, UUID_B, "RAC_LIMIT"), 3 * GIB);
	cr_assert_eq(cap(2, UUID_M, "RAC_LIMIT"), 2 * GIB);
	set(UUID_A "=1G");
	cr_assert_eq(cap(0, UUID_A, "RAC_LIMIT"), GIB);
	cr_assert_eq(cap(1, UUID_B, ""), RAC_NO_LIMIT);
}

Test(limit_resolve, a_percentage_is_of_the_device)
{
	struct rac_limit_answer answer;

	set("50%");
	cr_assert_eq(cap(0, NULL, "RAC_LIMIT"), 40 * GIB);
	cr_assert_eq(rac_limit_resolve(&spec, 0, NULL, 3, &answer, &why), RAC_OK);
	cr_assert_eq(answer.bytes, 1);
	cr_assert_eq(rac_limit_resolve(&spec, 0, NULL, 1, &answer, &why), RAC_OK);
	cr_assert_eq(answer.bytes, 1, "a share of nothing would be no cap at all");
}

Test(limit_resolve, does_not_guess_what_the_driver_does_not_tell)
{
	struct rac_limit_answer answer = {.bytes = 4711};

	set("50%");
	cr_assert_eq(rac_limit_resolve(&spec, 1, UUID_A, 0, &answer, &why), RAC_UNKNOWN);
	cr_assert_str_eq(message,
		"RAC_LIMIT depends on the memory size of device 1, which the "
		"driver does not tell; write a size such as 8G, by ordinal");
	set("GPU-1=1G,2G");
	cr_assert_eq(rac_limit_resolve(&spec, 1, NULL, GIB, &answer, &why), RAC_UNKNOWN);
	cr_assert_str_eq(message,
		"RAC_LIMIT depends on the UUID of device 1, which the driver "
		"does not tell; write a size such as 8G, by ordinal");
	cr_assert_eq(answer.bytes, 4711);
	set("GPU-1=1G,1=2G");
	cr_assert_eq(cap(1, NULL, "RAC_LIMIT"), 2 * GIB);
}

Test(limit_resolve, other_variables_count_in_their_order_device_by_device)
{
	start();
	add(RAC_LIMIT_FROM_NVIDIA, 0, "1024");
	cr_assert_eq(cap(0, UUID_A, "NVIDIA_GPU_MEMORY_LIMIT"), GIB);
	add(RAC_LIMIT_FROM_MPS, 0, "0=2G,GPU-1a2b3c4e=3G");
	cr_assert_eq(cap(0, UUID_A, "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"), 2 * GIB);
	cr_assert_eq(cap(1, UUID_B, "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"), 3 * GIB);
	cr_assert_eq(cap(2, UUID_M, "NVIDIA_GPU_MEMORY_LIMIT"), GIB);
	add(RAC_LIMIT_FROM_HAMI_DEVICE, 2, "4g");
	add(RAC_LIMIT_FROM_HAMI_DEVICE, 1, "5g");
	cr_assert_eq(cap(0, UUID_A, "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"), 2 * GIB);
	cr_assert_eq(cap(1, UUID_B, "CUDA_DEVICE_MEMORY_LIMIT_1"), 5 * GIB);
	cr_assert_eq(cap(2, UUID_M, "CUDA_DEVICE_MEMORY_LIMIT_2"), 4 * GIB);
	add(RAC_LIMIT_FROM_HAMI, 0, "6g");
	cr_assert_eq(cap(0, UUID_A, "CUDA_DEVICE_MEMORY_LIMIT"), 6 * GIB);
	cr_assert_eq(cap(1, UUID_B, "CUDA_DEVICE_MEMORY_LIMIT_1"), 5 * GIB);
}

Test(limit_resolve, a_zero_of_another_system_leaves_it_to_the_next)
{
	start();
	add(RAC_LIMIT_FROM_HAMI_DEVICE, 0, "0");
	add(RAC_LIMIT_FROM_HAMI, 0, "0");
	add(RAC_LIMIT_FROM_MPS, 0, "0=0,1=1G");
	add(RAC_LIMIT_FROM_NVIDIA, 0, "2048");
	cr_assert_eq(cap(0, UUID_A, "NVIDIA_GPU_MEMORY_LIMIT"), 2 * GIB);
}

static void expect_check(const char *value, uint32_t count, const char *expected)
{
	enum rac_status status;

	set(value);
	status = rac_limit_check(&spec, uuids, count, &why);
	cr_assert_str_eq(message, expected, "%s: %s", value, message);
	cr_assert_eq(status, expected[0] == '\0' ? RAC_OK : RAC_INVALID);
}

Test(limit_check, finds_entries_that_do_not_fit_the_devices)
{
	static const struct {
		const char *value;
		uint32_t count;
		const char *message;
	} cases[] = {
		{"8G", 3, ""},
		{"none", 1, ""},
		{"GPU-1a2b3c4d=1G,GPU-1A2B3C4E=2G,MIG-9=3G", 3, ""},
		{"GPU-1a2b3c4d=1G,1=2G,3G", 3, ""},
		{"GPU-2=1G", 0, ""},
		{"GPU-2=1G,8G", 2,
			"RAC_LIMIT: 'GPU-2' fits no device; the program sees " UUID_A ", " UUID_B},
		{"GPU-1a=1G", 3,
			"RAC_LIMIT: 'GPU-1a' fits device 0 and device 1; write more of the UUID"},
		{"0=1G,GPU-1a2b3c4d=1G", 3,
			"RAC_LIMIT: 'GPU-1a2b3c4d' is a second entry for device 0, which '0' means "
			"too; write one for each device"},
		{"MIG-9=1G,MIG-99=2G", 3,
			"RAC_LIMIT: 'MIG-99' is a second entry for device 2, which 'MIG-9' means "
			"too; write one for each device"},
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		expect_check(cases[i].value, cases[i].count, cases[i].message);
}

Test(limit_check, an_absent_ordinal_is_an_error_where_a_device_would_run_uncapped)
{
	expect_check("1=4G", 1,
		"RAC_LIMIT: '1' is no device here, and device 0 is left without a cap; the program "
		"sees devices 0 to 0, counted after CUDA_VISIBLE_DEVICES");
	expect_check("0=4G,7=4G", 2,
		"RAC_LIMIT: '7' is no device here, and device 1 is left without a cap; the program "
		"sees devices 0 to 1, counted after CUDA_VISIBLE_DEVICES");
	expect_check("0=4G,1=4G", 1, "");
	expect_check("0=none,1=4G", 1, "");
	expect_check("1=4G", 2, "");
}

Test(limit_check, bears_devices_whose_uuid_is_not_known)
{
	static const char *const unknown[] = {NULL, UUID_B};

	set("GPU-1a2b3c4e=1G,0=2G");
	cr_assert_eq(rac_limit_check(&spec, unknown, 2, &why), RAC_OK);
	set("GPU-7=1G");
	cr_assert_eq(rac_limit_check(&spec, unknown, 2, &why), RAC_INVALID);
	cr_assert_str_eq(message,
		"RAC_LIMIT: 'GPU-7' fits no device; the program sees a device "
		"without a UUID, " UUID_B);
}

Test(limit_check, entries_of_two_variables_for_one_device_are_no_conflict)
{
	start();
	add(RAC_LIMIT_FROM_HAMI_DEVICE, 0, "1G");
	add(RAC_LIMIT_FROM_MPS, 0, "0=2G,GPU-1a2b3c4e=2G");
	cr_assert_eq(rac_limit_check(&spec, uuids, 2, &why), RAC_OK, "%s", message);
}

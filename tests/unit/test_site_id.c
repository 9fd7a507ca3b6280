/*
 * test_site_id.c - what the id of a site depends on, and which frames are CUDA's own.
 */
#include "site_id.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct rac_report_frame named(const char *function, const char *file, uint64_t line)
{
	return (struct rac_report_frame){.module = "/opt/app/libkv.so",
		.build_id = "aa",
		.offset = 0x1000 + line,
		.function = function,
		.file = file,
		.line = line,
		.language = "native"};
}

static struct rac_report_site site(const struct rac_report_frame *frames, size_t n)
{
	return (struct rac_report_site){.kind = RAC_KIND_DEVICE,
		.api = "cuMemAlloc_v2",
		.owner = "libkv.so",
		.frames = frames,
		.frame_count = n};
}

static bool same(const struct rac_report_site *a, const struct rac_report_site *b)
{
	char one[RAC_SITE_ID_BYTES], other[RAC_SITE_ID_BYTES];

	rac_site_id(a, one);
	rac_site_id(b, other);
	cr_assert_eq(strlen(one), 8);
	return strcmp(one, other) == 0;
}

Test(site_id, knows_functions_and_neither_lines_nor_files_nor_addresses)
{
	const struct rac_report_frame old[] = {named("grow", "/a/kv.cu", 10), named("main", "", 0)};
	const struct rac_report_frame moved[] = {
		named("grow", "/b/kv.cu", 99), named("main", "/b/main.cu", 5)};
	const struct rac_report_frame other[] = {
		named("shrink", "/a/kv.cu", 10), named("main", "", 0)};
	struct rac_report_site a = site(old, 2), b = site(moved, 2), c = site(other, 2);

	cr_assert(same(&a, &b));
	cr_assert_not(same(&a, &c));
}

Test(site_id, knows_call_kind_owner_and_depth)
{
	const struct rac_report_frame frames[] = {named("grow", "", 1), named("grow", "", 2)};
	struct rac_report_site a = site(frames, 2), b = a;

	b.api = "cuMemAllocManaged";
	cr_assert_not(same(&a, &b));
	b = a;
	b.kind = RAC_KIND_POOL;
	cr_assert_not(same(&a, &b));
	b = a;
	b.owner = "libother.so";
	cr_assert_not(same(&a, &b));
	b = a;
	b.frame_count = 1;
	cr_assert_not(same(&a, &b));
}

Test(site_id, of_a_frame_without_a_name_knows_the_modules_file_name_and_the_offset)
{
	struct rac_report_frame one = {.module = "/a/libkv.so", .offset = 16}, other = one;
	struct rac_report_site a = site(&one, 1), b = site(&other, 1);

	other.module = "/elsewhere/libkv.so";
	cr_assert(same(&a, &b));
	other.offset = 17;
	cr_assert_not(same(&a, &b));
}

Test(site_id, does_not_depend_on_whether_frames_of_cuda_are_shown)
{
	struct rac_report_frame all[] = {{.module = "/usr/lib/libcudart.so.12", .offset = 3},
		named("cudaMalloc", "", 0), named("__cudart612", "", 0),
		named("libcudart_static_0f3a", "", 0), named("grow", "kv.cu", 4)};
	struct rac_report_site a = site(all, 5), b = site(all + 4, 1);

	cr_assert(same(&a, &b));
}

Test(site_id, takes_no_users_function_for_one_of_cuda)
{
	const char *const names[] = {"cudaAllocator::grow(unsigned long)", "cudagrow",
		"cudaPool<int>", "cuda", "cuckoo", "barracuda"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct rac_report_frame f = named(names[i], "", 0);

		cr_assert_not(rac_frame_is_cuda(&f), "%s", names[i]);
	}
	struct rac_report_frame python = {.function = "cudaMalloc", .language = "python"};

	cr_assert_not(rac_frame_is_cuda(&python));
}

Test(site_id, of_cudas_own_allocation_tells_two_apart)
{
	struct rac_report_frame one = {.module = "/usr/lib/libcuda.so.1", .offset = 3}, other = one;
	struct rac_report_site a = site(&one, 1), b = site(&other, 1);

	other.offset = 4;
	cr_assert(rac_site_is_all_cuda(&a));
	cr_assert_not(same(&a, &b));
}

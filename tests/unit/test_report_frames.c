/*
 * test_report_frames.c - which function of a stack is blamed, and where a stack that is shown ends.
 */
#include "report_frames.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define APP   "/opt/app/train"
#define LIBC  "/usr/lib/x86_64-linux-gnu/libc.so.6"
#define LIBC2 "/lib/x86_64-linux-gnu/libc-2.31.so"
#define MUSL  "/lib/ld-musl-x86_64.so.1"

#define NATIVE(of, name)                                                 \
	{                                                                \
		.module = (of), .function = (name), .language = "native" \
	}
#define PYTHON(name)                                                   \
	{                                                              \
		.module = "", .function = (name), .language = "python" \
	}
#define STACK(...)                                             \
	const struct rac_report_frame stack[] = {__VA_ARGS__}; \
	const struct rac_report_site site = {                  \
		.frames = stack, .frame_count = sizeof(stack) / sizeof(*stack)}

static const char *blamed(const struct rac_report_site *site)
{
	const struct rac_report_frame *place = rac_site_place(site);

	return place != NULL ? place->function : "nobody";
}

Test(report_frames, the_innermost_named_function_outside_cuda_is_blamed)
{
	STACK(NATIVE("/opt/libcudart.so.12", "cudaMalloc"), NATIVE(APP, ""), NATIVE(APP, "grow"),
		NATIVE(APP, "main"), NATIVE(LIBC, "__libc_start_main"), NATIVE(APP, "_start"));

	cr_assert_str_eq(blamed(&site), "grow");
	cr_assert_eq(rac_site_frames_told(&site), 4);
}

Test(report_frames, what_starts_a_stripped_program_is_not)
{
	static const char *const libraries[] = {LIBC, LIBC2, MUSL};

	for (size_t i = 0; i < 3; i++) {
		STACK(NATIVE(APP, ""), NATIVE(APP, ""), NATIVE(libraries[i], ""),
			NATIVE(libraries[i], "__libc_start_main"), NATIVE(APP, "_start"));

		cr_assert_str_eq(blamed(&site), "nobody");
		cr_assert_eq(rac_site_frames_told(&site), 2);
	}
}

Test(report_frames, nor_is_it_with_the_names_of_libc_s_debug_information)
{
	STACK(NATIVE(APP, ""), NATIVE(LIBC, "__libc_start_call_main"),
		NATIVE(LIBC, "__libc_start_main_impl"), NATIVE(APP, ""));

	cr_assert_str_eq(blamed(&site), "nobody");
	cr_assert_eq(rac_site_frames_told(&site), 1);
}

Test(report_frames, nor_what_starts_a_thread)
{
	STACK(NATIVE(APP, ""), NATIVE("/lib/libpthread-2.31.so", "start_thread"),
		NATIVE(LIBC2, "clone"));

	cr_assert_str_eq(blamed(&site), "nobody");
	cr_assert_eq(rac_site_frames_told(&site), 1);
}

Test(report_frames, a_program_s_own_function_of_such_a_name_is)
{
	STACK(NATIVE(APP, "start_thread"), NATIVE(APP, "clone"), NATIVE(APP, "main"));

	cr_assert_str_eq(blamed(&site), "start_thread");
	cr_assert_eq(rac_site_frames_told(&site), 3);
}

Test(report_frames, the_c_library_between_two_functions_of_a_program_is_shown_and_not_blamed)
{
	STACK(NATIVE(APP, ""), NATIVE(LIBC, "qsort"), NATIVE(APP, "order"), NATIVE(APP, "main"));

	cr_assert_str_eq(blamed(&site), "order");
	cr_assert_eq(rac_site_frames_told(&site), 4);
}

Test(report_frames, a_function_of_python_is_blamed_and_not_its_interpreter)
{
	STACK(NATIVE("/usr/lib/libffi.so.8.1.2", "ffi_call"),
		NATIVE("/usr/lib/python3.11/lib-dynload/_ctypes.cpython-311.so", "call"),
		NATIVE("/usr/bin/python3.11", "_PyObject_MakeTpCall"), PYTHON("step"),
		PYTHON("main"), PYTHON("<module>"),
		NATIVE("/usr/lib/libpython3.11.so.1.0", "Py_BytesMain"),
		NATIVE(LIBC, "__libc_start_main"), NATIVE("/usr/bin/python3.11", "_start"));

	cr_assert_str_eq(blamed(&site), "step");
	cr_assert_eq(rac_site_frames_told(&site), 7);
}

Test(report_frames, a_library_that_is_merely_called_like_an_interpreter_is_blamed)
{
	STACK(NATIVE("/opt/python_kernels.so", "launch"), PYTHON("step"));

	cr_assert_str_eq(blamed(&site), "launch");
}

Test(report_frames, a_stack_without_names_has_no_place_and_one_without_frames_neither)
{
	STACK(NATIVE(APP, NULL), NATIVE(NULL, NULL), {0});
	const struct rac_report_site none = {0};

	cr_assert_null(rac_site_place(&site));
	cr_assert_eq(rac_site_frames_told(&site), 3);
	cr_assert_null(rac_site_place(&none));
	cr_assert_eq(rac_site_frames_told(&none), 0);
}

/*
 * python_layout.c - see python_layout.h.
 */
#include "python_layout.h"

#include "safe_read.h"
#include <string.h>

/* 0xa0 to 0xc0 are alphas, betas and candidates: of a candidate the layout is final. */
#define RELEASE_CANDIDATE 0xc0

static const struct rac_python_layout fixed_layouts[] = {
	{
		.minor = 10,
		.thread_frame = 24,
		.thread_cframe = 48,
		.cframe_previous = 8,
		.frame_previous = 24,
		.frame_code = 32,
		.frame_instruction = 96,
		.code_file = 104,
		.code_name = 112,
		.code_line = 40,
		.code_lines = 120,
		.text_ascii = 48,
		.text_other = 72,
	},
	{
		.minor = 11,
		.thread_cframe = 56,
		.cframe_frame = 8,
		.cframe_previous = 16,
		.frame_previous = 48,
		.frame_code = 32,
		.frame_instruction = 56,
		.frame_owner = 69,
		.frame_is_entry = 68,
		.code_file = 112,
		.code_name = 128,
		.code_line = 72,
		.code_lines = 136,
		.code_bytes = 184,
		.text_ascii = 48,
		.text_other = 72,
	},
	{
		.minor = 12,
		.thread_cframe = 56,
		.cframe_frame = 0,
		.cframe_previous = 8,
		.frame_previous = 8,
		.frame_code = 0,
		.frame_instruction = 56,
		.frame_owner = 70,
		.code_file = 112,
		.code_name = 128,
		.code_line = 68,
		.code_lines = 136,
		.code_bytes = 192,
		.text_ascii = 40,
		.text_other = 56,
	},
};

/* What the interpreter's own table holds, by the number of the 64-bit word. */
struct own_table {
	uint8_t thread_frame, frame_previous, frame_code, frame_instruction, frame_owner, code_file,
		code_name, code_lines, code_line, code_bytes, object_type, type_name, bytes_length,
		bytes_start, text_state, text_length, text_ascii;
};

static const struct own_table own_tables[] = {
	[0] = /* 3.13 */
	{23, 29, 30, 31, 33, 35, 37, 38, 39, 43, 45, 47, 65, 66, 68, 69, 70},
	[1] = /* 3.14 */
	{26, 32, 33, 34, 36, 40, 42, 43, 44, 48, 51, 53, 75, 76, 78, 79, 80},
};

enum { OWN_VERSION = 1, OWN_FREE_THREADED = 2, OWN_FINALIZING = 4, OWN_WORDS = 81 };

static const char own_cookie[8] = {'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y'};

static void *as_function(uintptr_t address)
{
	return (void *)address;
}

/* What all versions have in common, and the functions: all of them only read. */
static bool finish(const struct rac_image *image, struct rac_python_layout *out)
{
	uintptr_t first = rac_image_symbol(image, "PyGILState_GetThisThreadState", NULL);
	uintptr_t current = 0, is_finalizing = 0;

	/* Before 3.12 it is the state of whichever thread runs. */
	if (out->minor == 12)
		current = rac_image_symbol(image, "_PyThreadState_UncheckedGet", NULL);
	else if (out->minor > 12)
		current = rac_image_symbol(image, "PyThreadState_GetUnchecked", NULL);
	if (out->minor < 13)
		is_finalizing = rac_image_symbol(image, "_Py_IsFinalizing", NULL);
	*(void **)(void *)&out->first = as_function(first);
	*(void **)(void *)&out->current = as_function(current);
	*(void **)(void *)&out->is_finalizing = as_function(is_finalizing);
	return first != 0 && (out->finalizing != 0 || is_finalizing != 0);
}

static bool take_fixed(unsigned minor, struct rac_python_layout *out)
{
	for (size_t i = 0; i < sizeof(fixed_layouts) / sizeof(fixed_layouts[0]); i++) {
		if (fixed_layouts[i].minor != minor)
			continue;
		*out = fixed_layouts[i];
		out->object_type = 8;
		out->type_name = 24;
		out->text_length = 16;
		out->text_state = 32;
		out->bytes_length = 16;
		out->bytes_start = 32;
		return true;
	}
	return false;
}

static bool take_own(const uint64_t *words, uintptr_t runtime, struct rac_python_layout *out)
{
	uint64_t version = words[OWN_VERSION];
	unsigned minor = (unsigned)(version >> 16 & 0xff);
	bool fits = true;

	if (version >> 24 != 3 || minor < 13 ||
		minor - 13 >= sizeof(own_tables) / sizeof(own_tables[0]) ||
		(version & 0xff) < RELEASE_CANDIDATE || words[OWN_FREE_THREADED] != 0)
		return false;
	const struct own_table *t = &own_tables[minor - 13];

	*out = (struct rac_python_layout){.minor = minor};
#define TAKE(field)                             \
	out->field = (uint16_t)words[t->field]; \
	fits = fits && words[t->field] < 4096;
	TAKE(thread_frame)
	TAKE(frame_previous)
	TAKE(frame_code)
	TAKE(frame_instruction)
	TAKE(frame_owner)
	TAKE(code_file)
	TAKE(code_name)
	TAKE(code_lines)
	TAKE(code_line)
	TAKE(code_bytes)
	TAKE(object_type)
	TAKE(type_name)
	TAKE(bytes_length)
	TAKE(bytes_start)
	TAKE(text_state)
	TAKE(text_length)
	TAKE(text_ascii)
#undef TAKE
	/* Behind it the length and address of a copy in UTF-8. */
	out->text_other = (uint16_t)(out->text_ascii + 16);
	out->finalizing = runtime + words[OWN_FINALIZING];
	return fits && words[OWN_FINALIZING] < 1u << 24;
}

/* Before the interpreter had a table. 3.10 has no word with its version, but a function of its own. */
static unsigned version_of(const struct rac_image *image)
{
	uintptr_t word = rac_image_symbol(image, "Py_Version", NULL);
	unsigned long version = 0;

	if (word != 0)
		return rac_safe_read(&version, word, sizeof(version)) ? (unsigned)version : 0;
	return rac_image_symbol(image, "PyGC_IsEnabled", NULL) != 0 ? 0x030a00f0 : 0;
}

enum rac_python_found rac_python_layout(
	const struct rac_image *image, struct rac_python_layout *out, uint32_t *version)
{
	uintptr_t runtime = rac_image_symbol(image, "_PyRuntime", NULL);
	uint64_t words[OWN_WORDS];
	bool known;

	if (runtime == 0)
		return RAC_PYTHON_NONE;
	if (rac_safe_read(words, runtime, sizeof(words)) &&
		memcmp(words, own_cookie, sizeof(own_cookie)) == 0) {
		*version = (uint32_t)words[OWN_VERSION];
		known = take_own(words, runtime, out);
	} else {
		*version = version_of(image);
		known = *version >> 24 == 3 && (*version & 0xff) >= RELEASE_CANDIDATE &&
			take_fixed(*version >> 16 & 0xff, out);
	}
	return known && finish(image, out) ? RAC_PYTHON_KNOWN : RAC_PYTHON_UNKNOWN;
}

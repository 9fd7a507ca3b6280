/*
 * capture_store.c - puts the frames of a place into the arena of the record, Python's among the native ones;
 * see capture.h.
 *
 * Names of functions and files come again in many stacks. Where they were put last is remembered by a hash,
 * with the text itself compared: a name that is pushed out of its place by another is only put again.
 */
#include "capture.h"

#include "stack.h"
#include <string.h>

#define MERGED_MOST (2 * RAC_SETTINGS_DEPTH_MAX)

_Static_assert(MERGED_MOST <= RAC_STACK_FRAMES_MAX, "a merged stack can be stored");
_Static_assert(RAC_SETTINGS_DEPTH_MAX <= RAC_FRAME_SET_MAX, "each native frame has a bit");

static uint64_t hash_text(const char *text, size_t n)
{
	uint64_t h = n;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static bool is_text(const struct rac_arena *a, uint32_t place, const char *text, size_t n)
{
	const char *there = place != 0 ? rac_stack_text(a, place) : NULL;

	return there != NULL && strlen(there) == n && memcmp(there, text, n) == 0;
}

static uint32_t put_text(struct rac_state *state, struct rac_code *code, const char *text, size_t n)
{
	rac_atomic_u64 *slot = &code->texts[hash_text(text, n) % RAC_CODE_TEXTS];
	/* Acquire and release: who finds the place finds the text. */
	uint32_t place = (uint32_t)rac_load_acquire(slot);

	if (is_text(&state->arena, place, text, n))
		return place;
	place = rac_stack_put_text(&state->arena, text, n);
	rac_store_release(slot, place);
	return place;
}

/* Out of line, so that the text is not on the stack of what stores it. */
__attribute__((noinline)) static uint32_t put_name(struct rac_state *state, struct rac_code *code,
	const struct rac_capture *c, unsigned i, enum rac_python_text which)
{
	char text[RAC_TEXT_BYTES_MAX];

	return put_text(state, code, text,
		rac_python_text(c->in, &c->python[i], which, text, sizeof(text)));
}

static struct rac_frame frame_of(struct rac_state *state, struct rac_code *code,
	const struct rac_capture *c, unsigned merged)
{
	unsigned i = merged & ~RAC_MERGED_PYTHON;

	/* Of a return address the instruction before it counts, which is still inside the function that called. */
	if ((merged & RAC_MERGED_PYTHON) == 0)
		return (struct rac_frame){
			.language = RAC_LANGUAGE_NATIVE,
			.module = rac_pc_module(c->native[i]),
			.offset = c->native[i] != 0 ? rac_pc_address(c->native[i]) - 1 : 0,
		};
	return (struct rac_frame){
		.language = RAC_LANGUAGE_PYTHON,
		.line = rac_python_line(c->in, &c->python[i]),
		.function = put_name(state, code, c, i, RAC_PYTHON_FUNCTION),
		.file = put_name(state, code, c, i, RAC_PYTHON_FILE),
	};
}

uint64_t rac_capture_store(struct rac_state *state, const struct rac_capture *c)
{
	uint16_t merged[MERGED_MOST];
	unsigned count = rac_stack_merge(c->stack, c->native_count, &c->carriers, c->python,
		c->python_count, merged, MERGED_MOST);
	uint64_t *words, place = rac_stack_reserve(&state->arena, count, &words);

	for (unsigned i = 0; place != 0 && i < count; i++) {
		struct rac_frame f = frame_of(state, rac_code_of(state), c, merged[i]);

		rac_stack_set(words, i, &f);
	}
	return place;
}

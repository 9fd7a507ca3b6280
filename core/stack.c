/*
 * stack.c - packs and unpacks the frames of stack.h.
 */
#include "stack.h"

#include <string.h>

#define LANGUAGE_SHIFT 60

void rac_stack_set(uint64_t *words, size_t i, const struct rac_frame *f)
{
	uint64_t head = (uint64_t)f->language << LANGUAGE_SHIFT;

	if (f->language == RAC_LANGUAGE_NATIVE) {
		words[1 + 2 * i] = head | f->module;
		words[2 + 2 * i] = f->offset;
	} else {
		words[1 + 2 * i] = head | f->line;
		words[2 + 2 * i] = (uint64_t)f->function << 32 | f->file;
	}
}

uint64_t rac_stack_reserve(struct rac_arena *a, size_t n, uint64_t **words)
{
	uint64_t place;

	if (n == 0 || n > RAC_STACK_FRAMES_MAX)
		return 0;
	place = rac_arena_reserve(a, 1 + 2 * n, words);
	if (place != 0)
		(*words)[0] = n;
	return place;
}

uint64_t rac_stack_put(struct rac_arena *a, const struct rac_frame *frames, size_t n)
{
	uint64_t *words, place = rac_stack_reserve(a, n, &words);

	for (size_t i = 0; place != 0 && i < n; i++)
		rac_stack_set(words, i, &frames[i]);
	return place;
}

uint32_t rac_stack_put_text(struct rac_arena *a, const char *bytes, size_t n)
{
	uint64_t *words, place;

	if (n > RAC_TEXT_BYTES_MAX)
		n = RAC_TEXT_BYTES_MAX;
	/* At least one of the zeros that the words hold ends it. */
	place = rac_arena_reserve(a, 1 + n / 8 + 1, &words);
	if (place == 0 || place > UINT32_MAX)
		return 0;
	words[0] = n;
	memcpy(&words[1], bytes, n);
	return (uint32_t)place;
}

size_t rac_stack_frames(const struct rac_arena *a, uint64_t place, const uint64_t **words)
{
	const uint64_t *count = rac_arena_at(a, place, 1);

	if (count == NULL || *count == 0 || *count > RAC_STACK_FRAMES_MAX)
		return 0;
	*words = rac_arena_at(a, place, 1 + 2 * (size_t)*count);
	return *words != NULL ? (size_t)*count : 0;
}

const char *rac_stack_text(const struct rac_arena *a, uint64_t place)
{
	const uint64_t *bytes = rac_arena_at(a, place, 1);

	if (bytes == NULL || *bytes > RAC_TEXT_BYTES_MAX)
		return NULL;
	const uint64_t *words = rac_arena_at(a, place, 1 + (size_t)*bytes / 8 + 1);
	const char *text = (const char *)(words + 1);

	return words != NULL && text[*bytes] == '\0' ? text : NULL;
}

void rac_stack_frame(const uint64_t *words, size_t i, struct rac_frame *out)
{
	uint64_t head = words[1 + 2 * i], tail = words[2 + 2 * i];

	*out = (struct rac_frame){.language = RAC_LANGUAGE_NATIVE};
	if (head >> LANGUAGE_SHIFT == RAC_LANGUAGE_PYTHON) {
		out->language = RAC_LANGUAGE_PYTHON;
		out->line = (uint32_t)head;
		out->function = (uint32_t)(tail >> 32);
		out->file = (uint32_t)tail;
		return;
	}
	out->module = (uint16_t)head;
	out->offset = tail;
}

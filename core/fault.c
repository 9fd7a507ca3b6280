/*
 * fault.c - the one shape of messages about values; see fault.h.
 */
#include "fault.h"
#include "utf8.h"

/* The character, counted from 1, that byte `offset` belongs to. */
static uint64_t character_at(const char *value, size_t length, size_t offset)
{
	uint64_t count = 1;
	size_t at = 0;

	while (at < offset) {
		size_t step = rac_utf8_length(value + at, length - at);

		at += step > 0 ? step : 1;
		count++;
	}
	return count;
}

void rac_fault_text(struct rac_text *t, const char *name, const char *value, size_t length,
	const struct rac_fault *fault)
{
	bool is_whole = fault->offset == 0 && fault->length == length;

	rac_text_string(t, name);
	rac_text_string(t, "=");
	rac_text_quoted(t, value, length, RAC_FAULT_VALUE_MOST);
	if (!is_whole) {
		rac_text_string(t, ": ");
		if (fault->length > 0) {
			rac_text_quoted(
				t, value + fault->offset, fault->length, RAC_FAULT_PART_MOST);
			rac_text_string(t, " ");
		}
		if (fault->offset == length) {
			rac_text_string(t, "at the end");
		} else {
			rac_text_string(t, "at character ");
			rac_text_u64(t, character_at(value, length, fault->offset));
		}
	}
	rac_text_string(t, " ");
	rac_text_string(t, fault->wrong);
	if (fault->right != NULL) {
		rac_text_string(t, "; ");
		rac_text_string(t, fault->right);
	}
}

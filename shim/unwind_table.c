/*
 * unwind_table.c - see unwind_table.h.
 *
 * Only the table that every linker writes is understood: sorted pairs of 32-bit distances from the start
 * of .eh_frame_hdr, of the code and of its entry in .eh_frame.
 */
#include "unwind_table.h"

#include "safe_read.h"
#include "unwind_bytes.h"

enum {
	COUNT_UDATA4 = 0x03,
	PAIRS_RELATIVE_SDATA4 = 0x3b,
	POINTER_OMITTED = 0xff,
};

#define PAIRS_ONCE 64

struct pair {
	int32_t code, entry;
};

struct pairs {
	uintptr_t at;
	uint32_t count;
};

static bool find_pairs(const struct rac_image *image, struct pairs *out)
{
	struct rac_bytes b;

	if (image->eh_frame_hdr == 0)
		return false;
	rac_bytes_start(&b, image->eh_frame_hdr, image->eh_frame_hdr + image->eh_frame_hdr_bytes);
	uint64_t version = rac_bytes_unsigned(&b, 1);
	uint8_t frame_encoding = (uint8_t)rac_bytes_unsigned(&b, 1);
	uint64_t count_encoding = rac_bytes_unsigned(&b, 1);
	uint64_t pairs_encoding = rac_bytes_unsigned(&b, 1);

	if (version != 1 || count_encoding != COUNT_UDATA4 ||
		pairs_encoding != PAIRS_RELATIVE_SDATA4)
		return false;
	if (frame_encoding != POINTER_OMITTED)
		rac_bytes_pointer(&b, frame_encoding);
	out->count = (uint32_t)rac_bytes_unsigned(&b, 4);
	out->at = b.at;
	return !b.failed && out->count <= (b.end - b.at) / sizeof(struct pair);
}

/* The last pair whose code starts at or before the distance. Halves what is left until it can be read in
 * one go. */
static bool find_pair(const struct pairs *pairs, int64_t distance, struct pair *out)
{
	uint32_t low = 0, high = pairs->count; /* it is in [low, high) if anywhere */
	struct pair some[PAIRS_ONCE];

	while (high - low > PAIRS_ONCE) {
		uint32_t middle = low + (high - low) / 2;
		struct pair pair;

		if (!rac_safe_read(&pair, pairs->at + middle * sizeof(pair), sizeof(pair)))
			return false;
		if (pair.code <= distance)
			low = middle;
		else
			high = middle;
	}
	if (!rac_safe_read(some, pairs->at + low * sizeof(some[0]), (high - low) * sizeof(some[0])))
		return false;
	for (uint32_t i = high - low; i > 0; i--) {
		if (some[i - 1].code <= distance) {
			*out = some[i - 1];
			return true;
		}
	}
	return false;
}

/* What stands at the head of both kinds of entry: its length, which tells where it ends, and a number
 * that is 0 for a common one and leads to it otherwise. */
static bool read_head(
	struct rac_bytes *b, const struct rac_image *image, uintptr_t at, uintptr_t *common)
{
	rac_bytes_start(b, at, image->end);
	uint64_t length = rac_bytes_unsigned(b, 4);

	/* A length of 64 bits follows all ones, which nobody writes. */
	if (length == UINT32_MAX || length > image->end - b->at)
		return false;
	b->end = b->at + length;
	uintptr_t here = b->at;
	uint64_t distance = rac_bytes_unsigned(b, 4);

	*common = distance != 0 ? here - distance : 0;
	return !b->failed && *common < here;
}

/* The letters between 'z' and the end say which data follow, in that order. */
static bool read_augmentation(
	struct rac_bytes *b, const char *letters, struct rac_unwind_entry *out)
{
	for (; *letters != '\0'; letters++) {
		switch (*letters) {
		case 'R':
			out->pointer_encoding = (uint8_t)rac_bytes_unsigned(b, 1);
			break;
		case 'P': {
			uint8_t encoding = (uint8_t)rac_bytes_unsigned(b, 1);

			/* The personality is not called: any base will do to step over it. */
			rac_bytes_pointer(b, encoding & 0x0f);
			break;
		}
		case 'L':
			rac_bytes_unsigned(b, 1);
			break;
		case 'S':
			out->is_signal_frame = true;
			break;
		default: /* 'B': which key signs return addresses */
			break;
		}
	}
	return !b->failed;
}

static bool read_common(const struct rac_image *image, uintptr_t at, struct rac_unwind_entry *out)
{
	struct rac_bytes b;
	char letters[8] = {0};
	uintptr_t common;
	unsigned n = 0;

	if (!read_head(&b, image, at, &common) || common != 0)
		return false;
	uint64_t version = rac_bytes_unsigned(&b, 1);

	do {
		if (n == sizeof(letters))
			return false;
		letters[n] = (char)rac_bytes_unsigned(&b, 1);
	} while (letters[n++] != '\0');
	out->code_step = rac_bytes_uleb(&b);
	out->data_step = rac_bytes_sleb(&b);
	out->return_register =
		(unsigned)(version == 1 ? rac_bytes_unsigned(&b, 1) : rac_bytes_uleb(&b));
	out->pointer_encoding = 0;
	out->is_signal_frame = false;
	out->is_augmented = letters[0] == 'z';
	if (out->is_augmented) {
		uint64_t bytes = rac_bytes_uleb(&b);
		uintptr_t start = b.at;

		rac_bytes_skip(&b, bytes);
		out->common = b.at;
		b.at = start;
		if (!read_augmentation(&b, letters + 1, out))
			return false;
	} else {
		out->common = b.at;
		if (letters[0] != '\0')
			return false;
	}
	out->common_end = b.end;
	return !b.failed && (version == 1 || version == 3) && out->common <= out->common_end;
}

bool rac_unwind_table_find(
	const struct rac_image *image, uintptr_t address, struct rac_unwind_entry *out)
{
	struct pairs pairs;
	struct pair pair;
	struct rac_bytes b;
	uintptr_t common;

	if (!find_pairs(image, &pairs) ||
		!find_pair(&pairs, (int64_t)(address - image->eh_frame_hdr), &pair))
		return false;
	uintptr_t at = image->eh_frame_hdr + (uintptr_t)(intptr_t)pair.entry;

	if (at < image->start || at >= image->end || !read_head(&b, image, at, &common) ||
		common < image->start || !read_common(image, common, out))
		return false;
	out->start = rac_bytes_pointer(&b, out->pointer_encoding);
	/* How much code it is is a plain number of the same size. */
	out->end = out->start + rac_bytes_pointer(&b, out->pointer_encoding & 0x0f);
	if (out->is_augmented)
		rac_bytes_skip(&b, rac_bytes_uleb(&b));
	out->instructions = b.at;
	out->instructions_end = b.end;
	return !b.failed && address >= out->start && address < out->end;
}

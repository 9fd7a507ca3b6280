/*
 * limit_spec.c - parses the cap as users write it; what it means for a device is limit_resolve.c's.
 */
#include "limit_spec.h"
#include "checked.h"
#include "limit_parts.h"
#include <string.h>

#define WRITE_DEVICE  "write an ordinal such as 0, a UUID or its beginning such as GPU-1a2b, or *"
#define WRITE_SIZE    "write a size such as 8G or 512M"
#define WRITE_PER_GPU "write one for each device, as in 0=8G,1=4G"

#define MIB_SHIFT        20
#define UUID_PREFIX      4 /* "GPU-", "MIG-" */
#define UUID_TEXT_LENGTH 40

/* A part of the value; offsets in faults count from the value's beginning. */
struct span {
	const char *value;
	size_t from, to;
};

static enum rac_status fail(
	struct rac_fault *fault, struct span s, const char *wrong, const char *right)
{
	*fault = (struct rac_fault){
		.offset = s.from, .length = s.to - s.from, .wrong = wrong, .right = right};
	return RAC_INVALID;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct span trimmed(struct span s)
{
	while (s.from < s.to && is_space(s.value[s.from]))
		s.from++;
	while (s.to > s.from && is_space(s.value[s.to - 1]))
		s.to--;
	return s;
}

/* Of a span that is not empty. False, and *out alone, if it is not digits only; *out is UINT64_MAX for what is larger. */
static bool span_number(struct span s, uint64_t *out)
{
	uint64_t number = 0;

	for (size_t at = s.from; at < s.to; at++) {
		if (!is_digit(s.value[at]))
			return false;
		if (!rac_checked_mul(number, 10, &number) ||
			!rac_checked_add(number, (uint64_t)(s.value[at] - '0'), &number))
			number = UINT64_MAX;
	}
	*out = number;
	return true;
}

static bool is_uuid(struct span s)
{
	if (s.to - s.from <= UUID_PREFIX ||
		(memcmp(s.value + s.from, "GPU-", UUID_PREFIX) != 0 &&
			memcmp(s.value + s.from, "MIG-", UUID_PREFIX) != 0))
		return false;
	for (size_t at = s.from + UUID_PREFIX; at < s.to; at++) {
		char c = s.value[at];

		if (!is_digit(c) && c != '-' && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
			return false;
	}
	return true;
}

static enum rac_status parse_device(
	struct span s, struct rac_limit_entry *entry, struct rac_fault *fault)
{
	uint64_t ordinal;

	if (s.from == s.to)
		return fail(fault, s, "a device is missing", WRITE_DEVICE);
	if (s.to - s.from == 1 && s.value[s.from] == '*') {
		entry->target = RAC_LIMIT_FOR_REST;
		return RAC_OK;
	}
	if (span_number(s, &ordinal)) {
		if (ordinal >= RAC_MAX_DEVICES)
			return fail(fault, s, "is not a device",
				"ordinals go from 0 to " RAC_LIMIT_LAST_DEVICE);
		entry->target = RAC_LIMIT_FOR_ORDINAL;
		entry->ordinal = (uint32_t)ordinal;
		return RAC_OK;
	}
	if (!is_uuid(s))
		return fail(fault, s, "is not a device", WRITE_DEVICE);
	if (s.to - s.from > UUID_TEXT_LENGTH)
		return fail(fault, s, "is longer than a UUID", "write the UUID or its beginning");
	entry->target = RAC_LIMIT_FOR_UUID;
	memcpy(entry->uuid, s.value + s.from, s.to - s.from);
	return RAC_OK;
}

static enum rac_status parse_amount(
	struct span s, bool is_size, struct rac_amount *amount, struct rac_fault *fault)
{
	enum rac_status status;
	uint64_t bytes;

	s = trimmed(s);
	if (s.from == s.to)
		return fail(fault, s, "an amount is missing",
			is_size ? WRITE_SIZE
				: "write a size such as 8G, a percentage such as 80%, or none");
	if (is_size) {
		status = rac_size_parse(s.value + s.from, s.to - s.from, &bytes, fault);
		if (status == RAC_OK)
			*amount = (struct rac_amount){
				.unit = bytes > 0 ? RAC_AMOUNT_BYTES : RAC_AMOUNT_NONE,
				.value = bytes};
	} else {
		status = rac_amount_parse(s.value + s.from, s.to - s.from, amount, fault);
	}
	if (status != RAC_OK)
		fault->offset += s.from;
	return status;
}

static bool is_same_target(const struct rac_limit_entry *a, const struct rac_limit_entry *b)
{
	if (a->source != b->source || a->target != b->target)
		return false;
	if (a->target == RAC_LIMIT_FOR_ORDINAL)
		return a->ordinal == b->ordinal;
	return a->target == RAC_LIMIT_FOR_REST ||
		(strlen(a->uuid) == strlen(b->uuid) && rac_limit_uuid_begins(a->uuid, b->uuid));
}

static enum rac_status add_entry(struct rac_limit_spec *spec, const struct rac_limit_entry *entry,
	struct span s, struct rac_fault *fault)
{
	for (uint32_t i = 0; i < spec->count; i++) {
		if (!is_same_target(&spec->entries[i], entry))
			continue;
		if (entry->target == RAC_LIMIT_FOR_REST)
			return fail(fault, s, "is a second entry for the same devices",
				"write one, or name a device as in 0=8G,1=4G");
		return fail(fault, s, "is a second entry for the same device",
			"write one for each device");
	}
	if (spec->count == RAC_LIMIT_ENTRIES_MAX) {
		fail(fault, s, "is one entry too many", "write fewer");
		return RAC_FULL;
	}
	spec->entries[spec->count++] = *entry;
	return RAC_OK;
}

/* Outside RAC_LIMIT a size of 0 says nothing, so that the next source is asked. */
static enum rac_status parse_entry(struct rac_limit_spec *spec, enum rac_limit_source source,
	struct span s, struct rac_fault *fault)
{
	struct rac_limit_entry entry = {.source = source, .target = RAC_LIMIT_FOR_REST};
	bool is_mps = source == RAC_LIMIT_FROM_MPS;
	struct span amount = s;
	const char *equals;
	enum rac_status status;

	s = trimmed(s);
	if (s.from == s.to)
		return fail(
			fault, s, "an entry is missing", "write it, or leave the separator out");
	equals = memchr(s.value + s.from, '=', s.to - s.from);
	if (equals != NULL) {
		size_t at = (size_t)(equals - s.value);
		struct span device = {s.value, s.from, at};

		status = parse_device(trimmed(device), &entry, fault);
		if (status != RAC_OK)
			return status;
		amount.from = at + 1;
	}
	if (is_mps && entry.target == RAC_LIMIT_FOR_REST)
		return fail(fault, s, "does not name its device", WRITE_PER_GPU);
	status = parse_amount(amount, is_mps, &entry.amount, fault);
	if (status != RAC_OK || (is_mps && entry.amount.unit == RAC_AMOUNT_NONE))
		return status;
	return add_entry(spec, &entry, s, fault);
}

static enum rac_status parse_list(struct rac_limit_spec *spec, enum rac_limit_source source,
	struct span all, struct rac_fault *fault)
{
	struct span entry = {all.value, all.from, all.from};
	enum rac_status status = RAC_OK;

	for (; status == RAC_OK && entry.from <= all.to; entry.from = entry.to + 1) {
		entry.to = entry.from;
		while (entry.to < all.to && all.value[entry.to] != ',' &&
			(all.value[entry.to] != ';' || source != RAC_LIMIT_FROM_RAC))
			entry.to++;
		status = parse_entry(spec, source, entry, fault);
	}
	return status;
}

/* One size for one device or all. */
static enum rac_status parse_single(struct rac_limit_spec *spec, enum rac_limit_source source,
	uint32_t ordinal, struct span s, struct rac_fault *fault)
{
	struct rac_limit_entry entry = {.source = source, .ordinal = ordinal};
	enum rac_status status = RAC_OK;
	uint64_t mib;

	entry.target =
		source == RAC_LIMIT_FROM_HAMI_DEVICE ? RAC_LIMIT_FOR_ORDINAL : RAC_LIMIT_FOR_REST;
	if (source != RAC_LIMIT_FROM_NVIDIA) {
		status = parse_amount(s, true, &entry.amount, fault);
	} else if (!span_number(trimmed(s), &mib)) {
		status = fail(fault, trimmed(s), "is not a whole number of MiB",
			"write digits only, such as 8192 for 8 GiB");
	} else if (mib > UINT64_MAX >> MIB_SHIFT) {
		fail(fault, trimmed(s), "is 2^64 bytes or more", "write a smaller number of MiB");
		status = RAC_OVERFLOW;
	} else {
		entry.amount.unit = mib > 0 ? RAC_AMOUNT_BYTES : RAC_AMOUNT_NONE;
		entry.amount.value = mib << MIB_SHIFT;
	}
	if (status != RAC_OK || entry.amount.unit == RAC_AMOUNT_NONE)
		return status;
	return add_entry(spec, &entry, trimmed(s), fault);
}

void rac_limit_init(struct rac_limit_spec *spec)
{
	memset(spec, 0, sizeof(*spec));
}

enum rac_status rac_limit_add(struct rac_limit_spec *spec, enum rac_limit_source source,
	uint32_t ordinal, const char *value, size_t length, struct rac_text *why)
{
	struct span all = {value, 0, length};
	struct span inner = trimmed(all);
	char name[RAC_LIMIT_SOURCE_MAX];
	uint32_t before = spec->count;
	struct rac_fault fault;
	enum rac_status status;

	if (inner.from == inner.to)
		status = fail(&fault, all, "is empty",
			source == RAC_LIMIT_FROM_RAC ? "write none, or unset it, for no cap"
						     : "unset it for no cap");
	else if (source == RAC_LIMIT_FROM_RAC || source == RAC_LIMIT_FROM_MPS)
		status = parse_list(spec, source, all, &fault);
	else
		status = parse_single(spec, source, ordinal, all, &fault);
	if (status == RAC_OK)
		return RAC_OK;
	spec->count = before;
	rac_limit_source_name(name, source, ordinal);
	rac_fault_text(why, name, value, length, &fault);
	return status;
}

/*
 * limit_resolve.c - what the cap as written means for the devices that are there; see limit_spec.h.
 */
#include "checked.h"
#include "limit_parts.h"
#include "rac_track.h"
#include <string.h>

_Static_assert(RAC_MAX_DEVICES == 64, "RAC_LIMIT_LAST_DEVICE says otherwise");

#define UUIDS_SHOWN 8 /* in a message */

static const char *const source_names[RAC_LIMIT_SOURCES] = {
#define X(id, variable) [RAC_LIMIT_FROM_##id] = variable,
	RAC_LIMIT_SOURCE_LIST(X)
#undef X
};

void rac_limit_source_name(
	char out[RAC_LIMIT_SOURCE_MAX], enum rac_limit_source source, uint32_t ordinal)
{
	struct rac_text t;

	rac_text_init(&t, out, RAC_LIMIT_SOURCE_MAX);
	rac_text_string(&t, source_names[source]);
	if (source == RAC_LIMIT_FROM_HAMI_DEVICE)
		rac_text_u64(&t, ordinal);
}

/* False unless the text is digits only and a possible ordinal, written without leading zeros. */
static bool parse_ordinal(const char *text, size_t length, uint32_t *ordinal)
{
	uint32_t number = 0;

	if (length == 0 || length > 2 || (length == 2 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (uint32_t)(text[i] - '0');
	}
	*ordinal = number;
	return number < RAC_MAX_DEVICES;
}

bool rac_limit_source_find(
	const char *name, size_t length, enum rac_limit_source *source, uint32_t *ordinal)
{
	for (int i = 0; i < RAC_LIMIT_SOURCES; i++) {
		size_t n = strlen(source_names[i]);

		if (length < n || memcmp(name, source_names[i], n) != 0)
			continue;
		*source = (enum rac_limit_source)i;
		if (i == RAC_LIMIT_FROM_HAMI_DEVICE)
			return parse_ordinal(name + n, length - n, ordinal);
		if (length == n)
			return true;
	}
	return false;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool rac_limit_uuid_begins(const char *uuid, const char *prefix)
{
	for (; *prefix != '\0'; uuid++, prefix++) {
		if (lower(*uuid) != lower(*prefix))
			return false;
	}
	return true;
}

/* Whether the entry names just this device. */
static bool is_for(const struct rac_limit_entry *entry, uint32_t ordinal, const char *uuid)
{
	if (entry->target == RAC_LIMIT_FOR_ORDINAL)
		return entry->ordinal == ordinal;
	return entry->target == RAC_LIMIT_FOR_UUID && uuid != NULL &&
		rac_limit_uuid_begins(uuid, entry->uuid);
}

/* What one source says of a device: an entry of its own, else the one for the rest, else NULL. */
static const struct rac_limit_entry *find(const struct rac_limit_spec *spec,
	enum rac_limit_source source, uint32_t ordinal, const char *uuid)
{
	const struct rac_limit_entry *rest = NULL;

	for (uint32_t i = 0; i < spec->count; i++) {
		const struct rac_limit_entry *entry = &spec->entries[i];

		if (entry->source != source)
			continue;
		if (is_for(entry, ordinal, uuid))
			return entry;
		if (entry->target == RAC_LIMIT_FOR_REST)
			rest = entry;
	}
	return rest;
}

static bool has_uuid(const struct rac_limit_spec *spec, enum rac_limit_source source)
{
	for (uint32_t i = 0; i < spec->count; i++) {
		if (spec->entries[i].source == source &&
			spec->entries[i].target == RAC_LIMIT_FOR_UUID)
			return true;
	}
	return false;
}

static enum rac_status fail_unknown(const struct rac_limit_answer *answer, uint32_t ordinal,
	const char *what, struct rac_text *why)
{
	rac_text_string(why, answer->source);
	rac_text_string(why, " depends on the ");
	rac_text_string(why, what);
	rac_text_string(why, " of device ");
	rac_text_u64(why, ordinal);
	rac_text_string(
		why, ", which the driver does not tell; write a size such as 8G, by ordinal");
	return RAC_UNKNOWN;
}

enum rac_status rac_limit_resolve(const struct rac_limit_spec *spec, uint32_t ordinal,
	const char *uuid, uint64_t total_bytes, struct rac_limit_answer *out, struct rac_text *why)
{
	struct rac_limit_answer answer = {.bytes = RAC_NO_LIMIT};
	const struct rac_limit_entry *entry = NULL;

	for (int i = 0; entry == NULL && i < RAC_LIMIT_SOURCES; i++) {
		enum rac_limit_source source = (enum rac_limit_source)i;

		entry = find(spec, source, ordinal, uuid);
		if (entry != NULL)
			rac_limit_source_name(answer.source, source, ordinal);
		if (entry != NULL && entry->target == RAC_LIMIT_FOR_ORDINAL)
			break;
		if (uuid == NULL && has_uuid(spec, source)) {
			rac_limit_source_name(answer.source, source, ordinal);
			return fail_unknown(&answer, ordinal, "UUID", why);
		}
	}
	if (entry != NULL && entry->amount.unit == RAC_AMOUNT_PERCENT && total_bytes == 0)
		return fail_unknown(&answer, ordinal, "memory size", why);
	if (entry != NULL)
		answer.bytes = rac_amount_bytes(&entry->amount, total_bytes);
	*out = answer;
	return RAC_OK;
}

/* "RAC_LIMIT: 'GPU-1a'": how messages of rac_limit_check begin. */
static void begin(struct rac_text *why, const struct rac_limit_entry *entry)
{
	char name[RAC_LIMIT_SOURCE_MAX];

	rac_limit_source_name(name, entry->source, entry->ordinal);
	rac_text_string(why, name);
	rac_text_string(why, ": '");
	if (entry->target == RAC_LIMIT_FOR_ORDINAL)
		rac_text_u64(why, entry->ordinal);
	else
		rac_text_string(why, entry->uuid);
	rac_text_string(why, "'");
}

static enum rac_status check_uuid(const struct rac_limit_entry *entry, const char *const uuids[],
	uint32_t count, struct rac_text *why)
{
	uint32_t fits = 0, first = 0, last = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (!is_for(entry, i, uuids[i]))
			continue;
		first = fits++ == 0 ? i : first;
		last = i;
	}
	if (fits == 1)
		return RAC_OK;
	begin(why, entry);
	if (fits > 1) {
		rac_text_string(why, " fits device ");
		rac_text_u64(why, first);
		rac_text_string(why, " and device ");
		rac_text_u64(why, last);
		rac_text_string(why, "; write more of the UUID");
		return RAC_INVALID;
	}
	rac_text_string(why, " fits no device; the program sees ");
	for (uint32_t i = 0; i < count && i < UUIDS_SHOWN; i++) {
		rac_text_string(why, i > 0 ? ", " : "");
		rac_text_string(why, uuids[i] != NULL ? uuids[i] : "a device without a UUID");
	}
	if (count > UUIDS_SHOWN)
		rac_text_string(why, ", ...");
	return RAC_INVALID;
}

/* Two entries of one variable that mean one device. */
static enum rac_status check_twice(
	const struct rac_limit_spec *spec, uint32_t device, const char *uuid, struct rac_text *why)
{
	const struct rac_limit_entry *seen[RAC_LIMIT_SOURCES] = {NULL};

	for (uint32_t i = 0; i < spec->count; i++) {
		const struct rac_limit_entry *entry = &spec->entries[i];
		const struct rac_limit_entry *other = seen[entry->source];

		if (!is_for(entry, device, uuid))
			continue;
		seen[entry->source] = entry;
		if (other == NULL)
			continue;
		begin(why, entry);
		rac_text_string(why, " is a second entry for device ");
		rac_text_u64(why, device);
		rac_text_string(why, ", which '");
		if (other->target == RAC_LIMIT_FOR_ORDINAL)
			rac_text_u64(why, other->ordinal);
		else
			rac_text_string(why, other->uuid);
		rac_text_string(why, "' means too; write one for each device");
		return RAC_INVALID;
	}
	return RAC_OK;
}

/* True if some source has an entry for the device, be it "none". */
static bool is_covered(const struct rac_limit_spec *spec, uint32_t device, const char *uuid)
{
	for (int i = 0; i < RAC_LIMIT_SOURCES; i++) {
		if (find(spec, (enum rac_limit_source)i, device, uuid) != NULL)
			return true;
	}
	return false;
}

static enum rac_status check_ordinals(const struct rac_limit_spec *spec, const char *const uuids[],
	uint32_t count, struct rac_text *why)
{
	const struct rac_limit_entry *absent = NULL;
	uint32_t open = 0;

	for (uint32_t i = 0; absent == NULL && i < spec->count; i++) {
		const struct rac_limit_entry *entry = &spec->entries[i];

		if (entry->target == RAC_LIMIT_FOR_ORDINAL && entry->ordinal >= count)
			absent = entry;
	}
	while (open < count && is_covered(spec, open, uuids[open]))
		open++;
	if (absent == NULL || open == count)
		return RAC_OK;
	begin(why, absent);
	rac_text_string(why, " is no device here, and device ");
	rac_text_u64(why, open);
	rac_text_string(why, " is left without a cap; the program sees devices 0 to ");
	rac_text_u64(why, count - 1);
	rac_text_string(why, ", counted after CUDA_VISIBLE_DEVICES");
	return RAC_INVALID;
}

enum rac_status rac_limit_check(const struct rac_limit_spec *spec, const char *const uuids[],
	uint32_t count, struct rac_text *why)
{
	enum rac_status status = RAC_OK;

	if (count == 0)
		return RAC_OK;
	for (uint32_t i = 0; status == RAC_OK && i < spec->count; i++) {
		if (spec->entries[i].target == RAC_LIMIT_FOR_UUID)
			status = check_uuid(&spec->entries[i], uuids, count, why);
	}
	for (uint32_t i = 0; status == RAC_OK && i < count; i++)
		status = check_twice(spec, i, uuids[i], why);
	return status == RAC_OK ? check_ordinals(spec, uuids, count, why) : status;
}

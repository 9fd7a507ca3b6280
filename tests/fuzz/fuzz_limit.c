/*
 * fuzz_limit.c - any bytes as a cap: the parser neither reads past them nor accepts what it cannot
 * stand for. For libFuzzer:
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -Icore tests/fuzz/fuzz_limit.c \
 *		core/limit_*.c core/size_text.c core/fault.c core/text.c -o build/fuzz_limit
 *
 * The first byte chooses the variable, the rest is its value.
 */
#include "limit_spec.h"
#include <stdlib.h>
#include <string.h>

#define REQUIRE(holds)           \
	do {                     \
		if (!(holds))    \
			abort(); \
	} while (0)

#define GIB (UINT64_C(1) << 30)

static struct rac_limit_spec spec;

/* An entry is within its documented bounds, and no two are for the same devices. */
static void check_entry(uint32_t index)
{
	const struct rac_limit_entry *entry = &spec.entries[index];
	const struct rac_amount *amount = &entry->amount;

	REQUIRE(entry->target <= RAC_LIMIT_FOR_UUID);
	REQUIRE(entry->target != RAC_LIMIT_FOR_ORDINAL || entry->ordinal < RAC_MAX_DEVICES);
	if (entry->target == RAC_LIMIT_FOR_UUID)
		REQUIRE(memchr(entry->uuid, '\0', sizeof(entry->uuid)) != NULL &&
			strlen(entry->uuid) > 4);
	REQUIRE(amount->unit != RAC_AMOUNT_NONE || amount->value == 0);
	REQUIRE(amount->unit == RAC_AMOUNT_NONE || amount->value > 0);
	if (amount->unit == RAC_AMOUNT_PERCENT)
		REQUIRE(amount->value <= 100 * RAC_AMOUNT_PERCENT_ONE);
	REQUIRE((rac_amount_bytes(amount, 80 * GIB) == 0) == (amount->unit == RAC_AMOUNT_NONE));
	for (uint32_t i = 0; i < index; i++) {
		const struct rac_limit_entry *other = &spec.entries[i];

		REQUIRE(other->target != entry->target || entry->target == RAC_LIMIT_FOR_UUID ||
			(entry->target == RAC_LIMIT_FOR_ORDINAL &&
				other->ordinal != entry->ordinal));
	}
}

static void check_answers(struct rac_text *why)
{
	static const char *const uuids[] = {"GPU-00000000-0000-0000-0000-000000000000",
		"GPU-1a2b3c4d-0000-0000-0000-000000000001", NULL,
		"MIG-ffffffff-ffff-ffff-ffff-ffffffffffff"};
	struct rac_limit_answer answer;

	for (uint32_t i = 0; i < 4; i++) {
		rac_text_clear(why);
		if (rac_limit_resolve(&spec, i, uuids[i], 80 * GIB, &answer, why) != RAC_OK)
			REQUIRE(why->used > 0 && uuids[i] == NULL);
		else
			REQUIRE(why->used == 0 && strlen(answer.source) < sizeof(answer.source));
	}
	rac_text_clear(why);
	REQUIRE((rac_limit_check(&spec, uuids, 4, why) == RAC_OK) == (why->used == 0));
}

/* A size that is read is the one that is printed, but for what printing cuts off. */
static void check_size(const char *text, size_t length)
{
	char printed[RAC_SIZE_TEXT_MAX];
	struct rac_fault fault = {.wrong = NULL};
	uint64_t bytes, back;

	if (rac_size_parse(text, length, &bytes, &fault) != RAC_OK) {
		REQUIRE(fault.wrong != NULL && fault.offset <= length &&
			fault.length <= length - fault.offset);
		return;
	}
	rac_size_text(printed, bytes);
	/* Units above T are only printed. */
	if (rac_size_parse(printed, strlen(printed), &back, &fault) == RAC_OK)
		REQUIRE(back <= bytes && bytes - back <= bytes / 99 + 1);
	else
		REQUIRE(bytes >> 50 > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *value = (const char *)data + 1;
	char message[512];
	struct rac_text why;
	enum rac_status status;

	if (size == 0)
		return 0;
	size--;
	rac_limit_init(&spec);
	rac_text_init(&why, message, sizeof(message));
	status = rac_limit_add(
		&spec, (enum rac_limit_source)(data[0] % RAC_LIMIT_SOURCES), 5, value, size, &why);
	if (status != RAC_OK) {
		REQUIRE(spec.count == 0 && why.used > 0 && strlen(message) == why.used);
		REQUIRE(strchr(message, '\n') == NULL && strchr(message, '\033') == NULL);
	} else {
		REQUIRE(why.used == 0 && spec.count <= RAC_LIMIT_ENTRIES_MAX);
		for (uint32_t i = 0; i < spec.count; i++)
			check_entry(i);
		check_answers(&why);
	}
	check_size(value, size);
	return 0;
}

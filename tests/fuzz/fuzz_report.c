/*
 * fuzz_report.c - any bytes as a JSON report: what is accepted is well-formed and can be put into every
 * form, compared and merged; what is not is refused with words. For libFuzzer (make fuzz-report), or alone:
 * fuzz_report COUNT SEED FILE… changes the files COUNT times.
 *
 * An accepted report is put into one form, chosen by its bytes: all of them take a hundred times as long as
 * the reader.
 */
#include "diff.h"
#include "export.h"
#include "formats.h"
#include "fuzz_mutate.h"
#include "merge.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(holds)           \
	do {                     \
		if (!(holds))    \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FORMS = 0
#define REPORT_FORMAT(name, help)                   +1
#define EXPORT_FORMAT(name, binary_, several, help) +1
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT
};

static uint64_t accepted;

/* What was written last; text forms must be harmless to a terminal. */
static bool take(void *context, const char *bytes, size_t n)
{
	const bool *is_text = context;

	for (size_t i = 0; *is_text && i < n; i++)
		REQUIRE((unsigned char)bytes[i] >= 0x20 || bytes[i] == '\n' || bytes[i] == '\t' ||
			bytes[i] == '\r');
	return true;
}

static void check_site(const struct rac_report *r, const struct rac_report_site *site)
{
	const struct rac_device_snapshot *device = rac_report_site_device(r, site);

	REQUIRE(site->kind < RAC_KIND_COUNT || site->kind == RAC_KIND_PINNED);
	REQUIRE(rac_report_kind_name(site->kind) != NULL);
	REQUIRE((device == NULL) == (site->kind == RAC_KIND_PINNED));
	REQUIRE(device == NULL || (device >= r->devices && device < r->devices + r->device_count));
}

static void check_event(const struct rac_report *r, const struct rac_report_event *event)
{
	REQUIRE(event->site < r->site_count || event->site == RAC_REPORT_NO_SITE);
	REQUIRE(rac_report_event_place(r, event) <= r->device_count);
}

static unsigned sum_of(const uint8_t *data, size_t size)
{
	unsigned sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	return sum >> 8;
}

static void make(const struct rac_loaded *loaded, unsigned which)
{
	bool is_text = true, is_binary = false;
	struct rac_sink text = {take, &is_text}, binary = {take, &is_binary};
	const struct rac_export in = {loaded, 1, RAC_VALUE_PEAK_BYTES};
	struct rac_complaint c = {""};
	unsigned form = 0;

#define REPORT_FORMAT(name, help)    \
	if (which % FORMS == form++) \
		REQUIRE(rac_format_##name(loaded, &text, &c));
#define EXPORT_FORMAT(name, binary_, several, help) \
	if (which % FORMS == form++)                \
		REQUIRE(rac_format_##name(&in, (binary_) ? &binary : &text, &c));
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT
	REQUIRE(c.text[0] == '\0');
}

static void compare_with_itself(const struct rac_loaded *loaded)
{
	bool is_text = true;
	struct rac_sink sink = {take, &is_text};
	struct rac_amount none = {RAC_AMOUNT_NONE, 0};
	struct rac_merge merge = {.rows = NULL};
	struct rac_diff diff;

	REQUIRE(rac_diff_make(&loaded->report, &loaded->report, &none, &diff));
	REQUIRE(diff.differing == 0);
	rac_diff_print(&diff, loaded, loaded, "0", &sink);
	rac_diff_print_json(&diff, loaded, loaded, "0", &sink);
	rac_diff_free(&diff);
	REQUIRE(rac_merge_add(&merge, loaded) && rac_merge_add(&merge, loaded));
	rac_merge_finish(&merge);
	rac_merge_print(&merge, &sink);
	rac_merge_print_json(&merge, &sink);
	rac_merge_free(&merge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rac_complaint c = {""};
	struct rac_loaded loaded;

	if (!rac_report_read_json((const char *)data, size, "fuzz", &loaded, &c)) {
		REQUIRE(c.text[0] != '\0' && memchr(c.text, '\0', sizeof(c.text)) != NULL);
		REQUIRE(strchr(c.text, '\n') == NULL);
		return 0;
	}
	REQUIRE(c.text[0] == '\0');
	REQUIRE(loaded.report.device_count <= RAC_MAX_DEVICES);
	for (size_t i = 0; i < loaded.report.site_count; i++)
		check_site(&loaded.report, &loaded.report.sites[i]);
	for (size_t i = 0; i < loaded.report.timeline.count; i++)
		check_event(&loaded.report, &loaded.report.timeline.events[i]);
	unsigned which = sum_of(data, size);

	accepted++;
	make(&loaded, which);
	if (which % 8 == 0)
		compare_with_itself(&loaded);
	rac_report_unload(&loaded);
	return 0;
}

#ifndef RAC_FUZZ_ALONE

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	return seed % 4 == 0 || size == 0 ? LLVMFuzzerMutate(data, size, most)
					  : fuzz_json((char *)data, size, most, seed);
}

#else

#define SEEDS_MOST 64
#define BYTES_MOST (1u << 15)

int main(int argc, char **argv)
{
	static char seeds[SEEDS_MOST][BYTES_MOST], changed[BYTES_MOST];
	static size_t sizes[SEEDS_MOST];
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	uint64_t state = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 2 + 1;
	size_t count = 0;

	for (int i = 3; i < argc && count < SEEDS_MOST; i++) {
		FILE *file = fopen(argv[i], "rb");

		if (file == NULL)
			return 3;
		sizes[count] = fread(seeds[count], 1, BYTES_MOST, file);
		fclose(file);
		LLVMFuzzerTestOneInput((const uint8_t *)seeds[count], sizes[count]);
		count += sizes[count] > 0;
	}
	for (uint64_t i = 0; i < n && count > 0; i++) {
		size_t which = (size_t)fuzz_draw(&state) % count;

		memcpy(changed, seeds[which], sizes[which]);
		LLVMFuzzerTestOneInput((const uint8_t *)changed,
			fuzz_json(changed, sizes[which], BYTES_MOST, fuzz_draw(&state)));
	}
	printf("fuzz_report: %llu changed reports, of which %llu were read\n",
		(unsigned long long)n, (unsigned long long)accepted);
	return 0;
}

#endif

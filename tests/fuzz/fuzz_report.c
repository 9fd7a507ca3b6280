/*
 * fuzz_report.c - any bytes as a JSON report: what is accepted is well-formed and can be put into every
 * form, compared and merged; what is not is refused with words. For libFuzzer:
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -DRAC_HAVE_JSON \
 *		-DRAC_HAVE_ZLIB -DRAC_VERSION='"fuzz"' -D_GNU_SOURCE -Icore -Icli -Wa,-Icli \
 *		tests/fuzz/fuzz_report.c $(ls cli/[a-z]*.c | grep -v main.c) core/[a-z]*.c -ljson-c -lz -ldl \
 *		-o build/fuzz_report
 *	build/fuzz_report -max_total_time=600 -max_len=65536 CORPUS tests/data/reports
 */
#include "diff.h"
#include "export.h"
#include "formats.h"
#include "merge.h"
#include <stdlib.h>
#include <string.h>

#define REQUIRE(holds)           \
	do {                     \
		if (!(holds))    \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void make_all(const struct rac_loaded *loaded)
{
	bool is_text = true, is_binary = false;
	struct rac_sink text = {take, &is_text}, binary = {take, &is_binary};
	const struct rac_export in = {loaded, 1, RAC_VALUE_PEAK_BYTES};
	struct rac_complaint c = {""};

#define REPORT_FORMAT(name, help) REQUIRE(rac_format_##name(loaded, &text, &c));
#define EXPORT_FORMAT(name, binary_, several, help) \
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
		REQUIRE(loaded.report.timeline.events[i].site < loaded.report.site_count);
	make_all(&loaded);
	compare_with_itself(&loaded);
	rac_report_unload(&loaded);
	return 0;
}

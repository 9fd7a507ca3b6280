/*
 * fuzz_record.c - any bytes as a record: the reader neither reads past them nor runs on, and says in one line
 * what is wrong. For libFuzzer (make fuzz-record), or alone: fuzz_record COUNT SEED [FILE…]
 *
 * The first byte chooses: 0, the rest is the file; otherwise it is a list of changes to a whole record, each an
 * offset in four bytes, a length in one and the bytes, and the number of bytes kept comes last.
 */
#include "record_sites.h"
#include "record_timeline.h"
#include "record_view.h"
#include "report_timeline.h"
#include "stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY (1u << 20)

#define REQUIRE(holds)           \
	do {                     \
		if (!(holds))    \
			abort(); \
	} while (0)

static _Alignas(4096) char whole[CAPACITY], changed[CAPACITY];
static size_t whole_bytes;
static struct rac_record_parts parts;
static void *view_memory;
static uint64_t opened, timelines; /* that were taken for records, and of which there was one */

static void *map(
	void *context, enum rac_segment kind, uint32_t index, uint64_t bytes, uint32_t *slot)
{
	size_t at = whole_bytes;

	(void)context;
	if (bytes > CAPACITY - at)
		return NULL;
	*slot = rac_record_list(parts.header, kind, index, at, bytes);
	whole_bytes += (bytes + 4095) / 4096 * 4096;
	return whole + at;
}

static void unmap(void *context, void *memory, uint64_t bytes, uint32_t slot)
{
	(void)context;
	(void)memory;
	(void)bytes;
	rac_record_unlist(parts.header, slot);
}

/* A process with some allocations, sites and modules. */
static void make_whole(void)
{
	static struct rac_ledger ledger;
	static struct rac_sites sites;
	static struct rac_arena arena;
	static struct rac_timeline timeline;
	static char scratch[1u << 18];
	const struct rac_memory memory = {map, unmap, NULL};
	const struct rac_module module = {.path = "/opt/libfoo.so", .path_bytes = 14};
	struct rac_module_table *modules;
	uint32_t slot;
	bool first;

	whole_bytes = (rac_record_bytes() + 4095) / 4096 * 4096;
	REQUIRE(rac_record_init(whole, whole_bytes, &parts));
	parts.header->storage = RAC_RECORD_IN_FILE;
	strcpy(parts.header->process.command, "./app");
	parts.header->process.command_bytes = 6;
	rac_record_ready(parts.header);
	rac_ledger_init(&ledger, &memory);
	rac_sites_init(&sites, &memory);
	rac_arena_init(&arena, &memory);
	REQUIRE(rac_timeline_scratch_bytes(RAC_TIMELINE_BYTES_MIN) <= sizeof(scratch));
	REQUIRE(rac_timeline_init(&timeline,
		map(NULL, RAC_SEGMENT_TIMELINE, 0, RAC_TIMELINE_BYTES_MIN, &slot),
		RAC_TIMELINE_BYTES_MIN, scratch, NULL));
	size_t bytes = rac_module_table_bytes(16, 1024);

	modules = rac_module_table_init(
		map(NULL, RAC_SEGMENT_MODULES, 0, bytes, &slot), bytes, 16, 1024);
	uint16_t number = rac_module_claim(modules, 77, 0x1000, &first);

	rac_module_describe(modules, number, &module);
	rac_tracker_describe(parts.tracker, 0, "GPU-0", "Some GPU", UINT64_C(1) << 33);
	for (uint64_t i = 1; i <= 600; i++) {
		const struct rac_frame frame = {.language = RAC_LANGUAGE_NATIVE,
			.module = number,
			.offset = 0x1000 + i % 20};
		struct rac_site_about about = {.kind = RAC_KIND_DEVICE};
		struct rac_entry entry = {.space = RAC_SPACE_DEVICE, .value = i << 12, .bytes = i};
		struct rac_reservation r;
		struct rac_site *site;
		bool made;

		rac_tracker_reserve(parts.tracker, 0, i, &r);
		entry.site = rac_sites_intern(&sites, i % 20 + 1, &site, &made);
		if (made) {
			about.api = (uint32_t)rac_stack_put_text(&arena, "cuMemAlloc_v2", 13);
			about.stack = rac_stack_put(&arena, &frame, 1);
			rac_site_describe(site, &about);
		}
		rac_site_take(site, i, rac_tracker_peak_number(parts.tracker, 0));
		rac_tracker_commit(parts.tracker, &r, RAC_KIND_DEVICE);
		rac_ledger_insert(&ledger, &entry);
		rac_timeline_note(&timeline,
			&(struct rac_timeline_event){.at_ns = i, .bytes = i, .site = entry.site});
	}
	/* Enough for something to be folded. */
	for (uint64_t i = 0; i < 2000; i++)
		rac_timeline_note(&timeline,
			&(struct rac_timeline_event){.at_ns = i * 1000,
				.bytes = i % 2 != 0 ? (uint64_t)-9 : 9,
				.site = (uint32_t)i % 7});
	view_memory = malloc(rac_record_view_bytes());
	REQUIRE(view_memory != NULL);
}

static bool count(void *context, const char *bytes, size_t n)
{
	(void)bytes;
	*(uint64_t *)context += n;
	return true;
}

static bool count_entry(void *context, const struct rac_entry *entry)
{
	REQUIRE(entry->kind < 16);
	++*(uint64_t *)context;
	return true;
}

static void check_timeline(const struct rac_report *report)
{
	const struct rac_report_timeline *t = &report->timeline;

	for (size_t i = 0; i < t->count; i++) {
		const struct rac_report_event *e = &t->events[i];

		REQUIRE(e->site < report->site_count || e->site == RAC_REPORT_NO_SITE);
		REQUIRE(e->device <= RAC_MAX_DEVICES && e->most_bytes >= e->device_bytes);
		REQUIRE(i == 0 || e->at_ns >= t->events[i - 1].at_ns);
	}
}

/* What it takes is to be freed after the report. */
static void *add_timeline(struct rac_record_view *view, const struct rac_site_positions *positions,
	struct rac_report *report)
{
	uint64_t bytes = rac_record_timeline_bytes(view);
	void *copy = bytes > 0 ? malloc(bytes) : NULL, *events = NULL;
	const struct rac_timeline_point *points;
	struct rac_timeline_about about;

	if (copy != NULL) {
		size_t n = rac_record_timeline_read(view, copy, &points, &about);

		events = calloc(1, rac_report_timeline_bytes(report, n));
		REQUIRE(events != NULL);
		rac_report_timeline(report, positions, points, n, &about, 1, events);
		timelines += report->timeline.count > 0;
		check_timeline(report);
	}
	free(copy);
	return events;
}

static void read_sites(struct rac_record_view *view, struct rac_report *report)
{
	static struct rac_record_sites sites;
	size_t bytes = rac_record_sites_bytes(view);
	void *copies = calloc(1, bytes), *room, *timeline = NULL;
	struct rac_site_positions positions;

	REQUIRE(copies != NULL);
	rac_record_sites_read(view, copies, bytes, &sites);
	bytes = rac_report_sites_bytes(&sites.tables);
	/* The command refuses more than a GiB, too. */
	room = bytes <= (64u << 20) ? malloc(bytes) : NULL;
	if (room != NULL) {
		report->site_count = rac_report_sites(&sites.tables, rac_record_sites_style(&sites),
			room, bytes, &report->sites, &positions);
		timeline = add_timeline(view, &positions, report);
	}
	uint64_t printed = 0;
	struct rac_sink sink = {count, &printed};

	REQUIRE(rac_report_json(report, &sink) && rac_report_text(report, &sink) && printed > 0);
	free(timeline);
	free(room);
	free(copies);
}

static void read_record(const void *bytes, size_t n)
{
	struct rac_record_bytes held = {bytes, n};
	struct rac_record_source source = rac_record_source_bytes(&held);
	const struct rac_record_fate fate = {.how = RAC_END_KILLED, .mono_ns = 5};
	char message[512];
	struct rac_report report;
	struct rac_text why;
	uint64_t entries = 0;

	rac_text_init(&why, message, sizeof(message));
	struct rac_record_view *view = rac_record_view_open(view_memory, &source, &why);

	if (view == NULL) {
		REQUIRE(why.used > 0 && strchr(message, '\n') == NULL);
		REQUIRE(strchr(message, '\033') == NULL);
		return;
	}
	REQUIRE(why.used == 0);
	opened++;
	rac_record_view_report(view, &fate, &report);
	rac_record_view_entries(view, count_entry, &entries);
	REQUIRE(entries <= n / 36 * 7);
	read_sites(view, &report);
}

static uint32_t take(const uint8_t **at, size_t *left, size_t bytes)
{
	uint32_t value = 0;

	for (; bytes > 0 && *left > 0; bytes--, ++*at, --*left)
		value = value << 8 | **at;
	return value;
}

static void change_and_read(const uint8_t *at, size_t left)
{
	size_t length = whole_bytes;

	memcpy(changed, whole, whole_bytes);
	while (left > 8) {
		size_t offset = take(&at, &left, 4) % whole_bytes;
		size_t n = take(&at, &left, 1);

		n = n < left ? n : left;
		n = n < whole_bytes - offset ? n : whole_bytes - offset;
		memcpy(changed + offset, at, n);
		at += n;
		left -= n;
	}
	if (left >= 4)
		length = take(&at, &left, 4) % (whole_bytes + 1);
	read_record(changed, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (whole_bytes == 0)
		make_whole();
	if (size > 0 && data[0] == 0)
		read_record(data + 1, size - 1);
	else if (size > 0)
		change_and_read(data + 1, size - 1);
	return 0;
}

#ifdef RAC_FUZZ_ALONE
static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Words that offsets, lengths and counters are likely to stumble over. */
static uint64_t nasty(uint64_t *state)
{
	switch (draw(state) % 6) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX - draw(state) % 64;
	case 2:
		return whole_bytes - draw(state) % 4096;
	case 3:
		return UINT64_C(1) << draw(state) % 64;
	case 4:
		return draw(state) % 65536;
	default:
		return draw(state);
	}
}

/* Words of a whole record are changed, most often those of its header and its tables; then it is cut. */
static void read_one(uint64_t *state)
{
	size_t length = whole_bytes, words = whole_bytes / 8;

	memcpy(changed, whole, whole_bytes);
	for (uint64_t i = draw(state) % 9; i > 0; i--) {
		uint64_t value = nasty(state);
		size_t at = (size_t)(draw(state) % words), n = draw(state) % 2 ? 8 : 1;

		if (draw(state) % 2 == 0)
			at = (offsetof(struct rac_record_header, end) +
				     draw(state) %
					     (sizeof(struct rac_record_header) -
						     offsetof(struct rac_record_header, end))) /
				8;
		memcpy(changed + at * 8, &value, n);
	}
	switch (draw(state) % 16) {
	case 0:
		length = (size_t)(draw(state) % whole_bytes);
		break;
	case 1:
		for (size_t i = 0; i < 64; i++)
			changed[i] = (char)draw(state);
		break;
	default:
		break;
	}
	read_record(changed, length);
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	uint64_t state = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 2 + 1;
	static uint8_t data[CAPACITY];

	make_whole();
	read_record(whole, whole_bytes);
	for (uint64_t i = 0; i < n; i++)
		read_one(&state);
	for (int i = 3; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");

		if (file == NULL)
			return 3;
		LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
		fclose(file);
	}
	printf("fuzz_record: %llu changed records and %d files, of which %llu were read, %llu with a "
	       "timeline\n",
		(unsigned long long)n, argc > 3 ? argc - 3 : 0, (unsigned long long)opened,
		(unsigned long long)timelines);
	return 0;
}
#endif

/*
 * test_record.c - a record that is written by the core's own functions reads back as it was written,
 * and bytes that only look like one are refused with a reason. Files are the program tests' affair.
 */
#include "record_view.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEDGER_BYTES (64u << 10) /* the first level */
#define DEVICE       3

/* A file in memory: the head, and behind it what the ledger maps. */
static struct {
	char *bytes;
	size_t used, capacity;
} file;

static struct rac_record_parts parts;
static struct rac_ledger ledger;
static char *message;
static void *room;

static void *map(
	void *context, enum rac_segment kind, uint32_t index, uint64_t bytes, uint32_t *slot)
{
	(void)context;
	char *memory = file.bytes + file.used;

	if (bytes > file.capacity - file.used)
		return NULL;
	*slot = rac_record_list(parts.header, kind, index, file.used, bytes);
	file.used += bytes;
	return memory;
}

static void unmap(void *context, void *memory, uint64_t bytes, uint32_t slot)
{
	(void)context;
	(void)memory;
	(void)bytes;
	rac_record_unlist(parts.header, slot);
}

static void start(void)
{
	const struct rac_memory memory = {map, unmap, NULL};

	file.capacity = rac_record_bytes() + 15 * LEDGER_BYTES;
	file.capacity = (file.capacity + 4095) / 4096 * 4096;
	file.bytes = aligned_alloc(4096, file.capacity);
	memset(file.bytes, 0, file.capacity);
	file.used = (rac_record_bytes() + 4095) / 4096 * 4096;
	cr_assert(rac_record_init(file.bytes, file.used, &parts));
	parts.header->storage = RAC_RECORD_IN_FILE;
	parts.header->process.pid = 4711;
	parts.header->process.started_mono_ns = 1000;
	memcpy(parts.header->process.command, "app\0-x", 7);
	parts.header->process.command_bytes = 7;
	rac_record_ready(parts.header);
	rac_ledger_init(&ledger, &memory);
	message = calloc(1, 512);
	room = malloc(rac_record_view_bytes());
}

static void finish(void)
{
	free(file.bytes);
	free(message);
	free(room);
}

TestSuite(record, .init = start, .fini = finish);

static struct rac_record_view *open_bytes(size_t length)
{
	static struct rac_record_bytes bytes;
	struct rac_record_source source;
	struct rac_text why;

	bytes = (struct rac_record_bytes){file.bytes, length};
	source = rac_record_source_bytes(&bytes);
	rac_text_init(&why, message, 512);
	return rac_record_view_open(room, &source, &why);
}

static void allocate(uint64_t address, uint64_t bytes)
{
	struct rac_reservation r;
	struct rac_entry entry = {
		.space = RAC_SPACE_DEVICE,
		.value = address,
		.bytes = bytes,
		.device = DEVICE,
		.kind = RAC_KIND_DEVICE,
	};

	cr_assert(eq(int, rac_tracker_reserve(parts.tracker, DEVICE, bytes, &r), RAC_OK));
	rac_tracker_commit(parts.tracker, &r, RAC_KIND_DEVICE);
	cr_assert(eq(int, rac_ledger_insert(&ledger, &entry), RAC_OK));
}

static bool add_bytes(void *context, const struct rac_entry *entry)
{
	*(uint64_t *)context += entry->bytes;
	return true;
}

Test(record, says_what_the_process_says_of_itself)
{
	const struct rac_record_fate fate = {.how = RAC_END_RUNNING, .mono_ns = 5000};
	struct rac_report report;
	struct rac_record_view *view;

	rac_tracker_describe(parts.tracker, DEVICE, "GPU-x", "Some GPU", 1 << 20);
	allocate(0x1000, 100);
	rac_store_relaxed(&parts.devices[DEVICE].untracked,
		77 << RAC_UNTRACKED_SOURCE_BITS | RAC_UNTRACKED_NVML);
	memset(parts.devices[DEVICE].group, 'g', RAC_GROUP_NAME_MAX); /* without an end */
	rac_store_relaxed(&parts.devices[DEVICE].group_bytes, 88);
	rac_tracker_unknown_free(parts.tracker);
	view = open_bytes(file.used);
	cr_assert(view != NULL, "%s", message);
	rac_record_view_report(view, &fate, &report);
	cr_assert(eq(u64, report.process.pid, 4711));
	cr_assert(eq(sz, report.process.command_bytes, 7));
	cr_assert(eq(u64, report.process.elapsed_ns, 4000));
	cr_assert(eq(int, report.process.end, RAC_END_RUNNING));
	cr_assert(eq(sz, report.device_count, 1));
	cr_assert(eq(u32, report.devices[0].ordinal, DEVICE));
	cr_assert(eq(u64, report.devices[0].live_bytes, 100));
	cr_assert(eq(u64, report.devices[0].peak_bytes, 100));
	cr_assert_str_eq(report.devices[0].name, "Some GPU");
	cr_assert(report.untracked[0].known);
	cr_assert(eq(u64, report.untracked[0].bytes, 77));
	cr_assert(eq(sz, strlen(report.groups[0].name), RAC_GROUP_NAME_MAX - 1));
	cr_assert(eq(u64, report.groups[0].used_bytes, 88));
	cr_assert(eq(u64, report.unknown_frees, 1));
}

Test(record, knows_how_the_process_ended_and_otherwise_believes_the_system)
{
	const struct rac_record_fate killed = {.how = RAC_END_KILLED, .status = 9};
	const struct rac_record_fate exited = {RAC_END_EXIT, 3, 11000, true};
	struct rac_report report;

	rac_record_view_report(open_bytes(file.used), &killed, &report);
	cr_assert(eq(int, report.process.end, RAC_END_KILLED));
	cr_assert(eq(i64, report.process.status, 9));
	cr_assert(eq(u64, report.process.elapsed_ns, RAC_REPORT_TIME_UNKNOWN));
	rac_record_end(parts.header, &exited);
	rac_record_view_report(open_bytes(file.used), &killed, &report);
	cr_assert(eq(int, report.process.end, RAC_END_EXIT));
	cr_assert(eq(i64, report.process.status, 3));
	cr_assert(eq(u64, report.process.elapsed_ns, 10000));
	cr_assert(report.process.is_left_to_reader);
}

Test(record, shows_every_live_allocation_over_all_levels)
{
	uint64_t expected = 0, seen = 0;
	struct rac_ledger_taken taken;

	for (uint64_t i = 1; i <= 10000; i++) {
		allocate(i << 8, i);
		expected += i;
	}
	for (uint64_t i = 3; i <= 10000; i += 3) {
		cr_assert(eq(
			int, rac_ledger_take(&ledger, RAC_SPACE_DEVICE, i << 8, &taken), RAC_OK));
		rac_ledger_drop(&ledger, &taken);
		expected -= i;
	}
	cr_assert(
		eq(int, rac_record_view_entries(open_bytes(file.used), add_bytes, &seen), RAC_OK));
	cr_assert(eq(u64, seen, expected));
}

Test(record, cut_off_anywhere_is_refused_with_a_reason)
{
	allocate(0x1000, 1);
	for (size_t n = 0; n < file.used; n += n < 256 ? 1 : 97) {
		cr_assert(open_bytes(n) == NULL, "%zu of %zu bytes were read", n, file.used);
		cr_assert(gt(sz, strlen(message), 10));
	}
	cr_assert(open_bytes(file.used) != NULL);
}

Test(record, of_another_version_is_refused)
{
	parts.header->version = 1;
	cr_assert(open_bytes(file.used) == NULL);
	cr_assert_str_eq(message, "is a record of version 1; this program reads version 3");
}

Test(record, segments_that_overlap_are_refused)
{
	uint64_t offset;

	allocate(0x1000, 1);
	offset = file.used - LEDGER_BYTES;
	for (uint32_t i = 0; i < 10; i++)
		rac_record_list(parts.header, RAC_SEGMENT_LEDGER, 0, offset, LEDGER_BYTES);
	cr_assert(open_bytes(file.used) == NULL);
	cr_assert_str_eq(message, "is a damaged record: its segments overlap");
}

Test(record, a_kind_of_segment_from_a_later_version_is_passed_over)
{
	rac_record_list(parts.header, (enum rac_segment)1000, 99, 1, UINT64_MAX);
	cr_assert(open_bytes(file.used) != NULL, "%s", message);
}

Test(record, strings_without_an_end_are_ended)
{
	const struct rac_record_parts *copied;
	struct rac_record_process *p = &parts.header->process;

	memset(p->executable, 'x', sizeof(p->executable));
	memset(p->host, 'x', sizeof(p->host));
	memset(parts.settings, 'x', RAC_RECORD_SETTINGS_MAX);
	p->command_bytes = UINT32_MAX;
	copied = rac_record_view_parts(open_bytes(file.used));
	cr_assert(eq(sz, strlen(copied->header->process.executable), RAC_RECORD_COMMAND_MAX - 1));
	cr_assert(eq(sz, strlen(copied->header->process.host), RAC_RECORD_TEXT_MAX - 1));
	cr_assert(eq(sz, strlen(copied->settings), RAC_RECORD_SETTINGS_MAX - 1));
	cr_assert(eq(u32, copied->header->process.command_bytes, RAC_RECORD_COMMAND_MAX));
}

Test(record, what_it_lost_is_in_the_report)
{
	const struct rac_record_fate fate = {.how = RAC_END_RUNNING};
	struct rac_report report;

	rac_record_lose(parts.header, 4096, ENOSPC);
	rac_record_lose(parts.header, 8192, EFBIG);
	rac_record_view_report(open_bytes(file.used), &fate, &report);
	cr_assert(eq(u64, report.lost_bytes, 12288));
	cr_assert(eq(int, report.lost_error, ENOSPC));
}

Test(record, a_slot_that_was_given_back_is_used_again)
{
	for (int i = 0; i < 1000; i++) {
		uint32_t slot = rac_record_list(parts.header, RAC_SEGMENT_LEDGER, 0, 0, 64);

		cr_assert(lt(u32, slot, RAC_RECORD_SEGMENTS));
		rac_record_unlist(parts.header, slot);
	}
}

/* The file that is published has the counters of the record until the process ends. */
static struct {
	struct rac_record_bytes bytes;
	bool is_there;
} published;

static bool open_published(void *context, const char *path, struct rac_record_source *out)
{
	(void)context;
	if (!published.is_there || strcmp(path, "/run/rac/1.rac") != 0)
		return false;
	*out = rac_record_source_bytes(&published.bytes);
	return true;
}

static struct rac_record_view *open_counted_elsewhere(void)
{
	static struct rac_record_bytes bytes;
	struct rac_record_source source;
	struct rac_text why;

	bytes = (struct rac_record_bytes){file.bytes, file.used};
	source = rac_record_source_bytes(&bytes);
	source.other = open_published;
	rac_text_init(&why, message, 512);
	return rac_record_view_open(room, &source, &why);
}

/* Counts one allocation there, so that the counters differ from those in the record. */
static char *publish(void)
{
	char *memory = aligned_alloc(4096, (rac_record_bytes() + 4095) / 4096 * 4096);
	struct rac_record_parts other;

	memset(memory, 0, rac_record_bytes());
	cr_assert(rac_record_init(memory, rac_record_bytes(), &other));
	rac_record_ready(other.header);
	published.bytes = (struct rac_record_bytes){memory, rac_record_bytes()};
	published.is_there = true;
	strcpy(parts.header->counters_at, "/run/rac/1.rac");
	rac_record_count_in(&parts, &other);
	allocate(0x1000, 4096);
	return memory;
}

static uint64_t live_bytes(struct rac_record_view *view)
{
	const struct rac_record_fate fate = {.how = RAC_END_RUNNING};
	struct rac_report report;

	rac_record_view_report(view, &fate, &report);
	return report.device_count == 1 ? report.devices[0].live_bytes : 0;
}

Test(record, whose_counters_are_published_is_read_from_both_files)
{
	char *memory = publish();
	uint64_t seen = 0;

	cr_assert(open_counted_elsewhere() != NULL, "%s", message);
	cr_assert(eq(u64, live_bytes(open_counted_elsewhere()), 4096));
	cr_assert(eq(
		int, rac_record_view_entries(open_counted_elsewhere(), add_bytes, &seen), RAC_OK));
	cr_assert(eq(u64, seen, 4096));
	published.is_there = false;
	cr_assert(open_counted_elsewhere() == NULL);
	cr_assert_str_eq(message,
		"is a record whose counters are in '/run/rac/1.rac', which cannot be read");
	rac_record_settle(&parts);
	cr_assert(eq(u64, live_bytes(open_counted_elsewhere()), 4096));
	free(memory);
}

Test(record, does_not_take_the_counters_of_another)
{
	char *memory = publish();

	parts.header->nonce[1] = 5;
	cr_assert(open_counted_elsewhere() == NULL);
	cr_assert_str_eq(
		message, "is a damaged record: what should have its counters belongs to another");
	free(memory);
}

/*
 * record_view.h - reads a record: of a process that runs, that ended or that was killed, or bytes that
 * only claim to be one. It opens no file and says nothing of whether a process is alive.
 *
 * Nothing in a record is trusted. What is looked at is copied first, then checked, so that a writer
 * who changes it meanwhile (a live process, or somebody hostile) changes nothing that was decided;
 * every offset, length, index and string is bounded. The figures themselves are the writer's word: a
 * made-up record can say any number.
 *
 * Of a live record each counter is exact at some instant during rac_record_view_open, and the set of
 * them is not one instant; open again to look again. A view belongs to one thread at a time.
 */
#ifndef RAC_RECORD_VIEW_H
#define RAC_RECORD_VIEW_H

#include "ledger.h"
#include "rac_status.h"
#include "record.h"
#include "text.h"

/* No end: the memory of a process, where offsets wrap around. */
#define RAC_RECORD_UNBOUNDED UINT64_MAX

/*
 * Where a record's bytes come from. read copies `bytes` bytes that stand at `offset`, all of them or
 * false. next, which may be NULL, returns the first offset from `offset` on that may hold anything but
 * zeros, so that holes of a sparse file cost nothing. other, which may be NULL, opens the file that a
 * record says its counters are in; who gives it a name that comes from a record opens no more than a
 * plain file to read. It stays open for as long as the first. `length`: reads never go beyond it.
 */
struct rac_record_source {
	bool (*read)(void *context, uint64_t offset, void *to, size_t bytes);
	uint64_t (*next)(void *context, uint64_t offset);
	bool (*other)(void *context, const char *path, struct rac_record_source *out);
	void *context;
	uint64_t length;
};

/* A source over bytes in memory that nobody changes. The bytes must outlive the source. */
struct rac_record_bytes {
	const void *bytes;
	size_t length;
};
struct rac_record_source rac_record_source_bytes(struct rac_record_bytes *bytes);

struct rac_record_view;

/* Bytes that a view needs; any alignment that malloc gives will do. */
size_t rac_record_view_bytes(void);

/*
 * Opens a record: copies its head and checks it. `memory` has rac_record_view_bytes() bytes and belongs
 * to the view until the caller is done with it; there is nothing to close. The source must stay
 * usable for as long as segments are read. NULL: it is no record that can be read, and *why has one
 * line that goes on after the record's name ("is not a record: …").
 */
struct rac_record_view *rac_record_view_open(
	void *memory, const struct rac_record_source *source, struct rac_text *why);

/* The copied head, all strings ended by NUL, all numbers in range. Lives as long as the view. */
const struct rac_record_parts *rac_record_view_parts(const struct rac_record_view *view);

/* Fills the same report as the process itself writes at its end. *out borrows from the view. */
void rac_record_view_report(
	struct rac_record_view *view, const struct rac_record_fate *fate, struct rac_report *out);

/* A segment that is there in full. */
struct rac_record_piece {
	uint32_t index;
	uint64_t offset, bytes;
};

/*
 * The next segment of a kind, in no order. Start with *at == 0; false: there are no more. While two
 * threads of the process race to grow a table an index may come twice; the loser's is all zeros.
 */
bool rac_record_view_next(const struct rac_record_view *view, enum rac_segment kind, uint32_t *at,
	struct rac_record_piece *out);

/*
 * Copies bytes of a segment, from `from` on. RAC_INVALID: they are outside of it. RAC_UNKNOWN: they
 * could not be read (any more).
 */
enum rac_status rac_record_view_read(struct rac_record_view *view,
	const struct rac_record_piece *piece, uint64_t from, void *to, size_t bytes);

/*
 * Calls visit for each entry of the ledger until it returns false. Entries are what the record says:
 * an entry's device may be any byte, its kind any below 16, its space any. What a call under way has
 * taken or not yet entered is not shown. RAC_UNKNOWN: a level could not be read, so some are missing.
 */
enum rac_status rac_record_view_entries(struct rac_record_view *view,
	bool (*visit)(void *context, const struct rac_entry *entry), void *context);

#endif

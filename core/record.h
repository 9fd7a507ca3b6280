/*
 * record.h - the record: all state of one process image in memory that starts with a versioned
 * header, so that the exit report, a live view and a post-mortem read the same bytes.
 *
 * Layout of the first segment:
 *
 *	header		fixed; who this is and where the rest lies
 *	tracker		counters (see rac_track.h)
 *
 * Further segments are levels of the ledger; the header holds offset and length of each. Offsets
 * count from the start of the record. Every word that changes while others may read is atomic and of
 * fixed width; there are no pointers inside.
 */
#ifndef RAC_RECORD_H
#define RAC_RECORD_H

#include "atomics.h"
#include "ledger.h"
#include "rac_track.h"

#define RAC_RECORD_MAGIC       UINT64_C(0x0a0d434552434152) /* "RACREC\r\n" on a little-endian machine */
#define RAC_RECORD_VERSION     1
#define RAC_RECORD_TEXT_MAX    256
#define RAC_RECORD_COMMAND_MAX 4096

/* What is known about the process when the record starts. Strings are cut to fit. */
struct rac_record_process {
	uint64_t pid, ppid;
	uint64_t started_unix_ns; /* wall clock, for people */
	uint64_t started_mono_ns; /* CLOCK_MONOTONIC, for durations */
	uint32_t command_bytes;
	uint32_t has_rank;
	char executable[RAC_RECORD_COMMAND_MAX];
	char command[RAC_RECORD_COMMAND_MAX]; /* arguments, each ended by NUL */
	char host[RAC_RECORD_TEXT_MAX];
	char rank[RAC_RECORD_TEXT_MAX];
};

struct rac_record_segment {
	rac_atomic_u64 offset, bytes;
};

struct rac_record_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_bytes;
	uint64_t tracker_offset, tracker_bytes;
	struct rac_record_process process;
	struct rac_record_segment ledger_levels[RAC_LEDGER_LEVELS];
};

/* Bytes that the first segment needs. */
size_t rac_record_bytes(void);

/*
 * Starts a record in `bytes` zeroed bytes that are aligned to a page. NULL when that is too little.
 * The caller fills header->process before others read it.
 */
struct rac_record_header *rac_record_init(void *memory, size_t bytes);

/* The tracker inside a record that rac_record_init made. */
struct rac_tracker *rac_record_tracker(struct rac_record_header *header);

#endif

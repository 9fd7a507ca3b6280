/*
 * record.h - the record: all state of one process image that others may read, in memory that starts
 * with a versioned header, so that the exit report, a live view and a post-mortem read the same bytes.
 * It maps no memory and opens no file.
 *
 * The header says whose record this is, how the process ended, and where the segments lie. The first
 * ones stand behind the header, in one piece with it, the head; further ones come as tables grow. A
 * segment never moves and never shrinks. Its offset counts from the start of the header:
 *
 *	RAC_RECORD_IN_FILE	in the file
 *	RAC_RECORD_IN_MEMORY	in the memory of the process, modulo 2^64
 *
 * A process that publishes itself has its counters, TRACKER and DEVICES, in another file, which others
 * may read: a head without a body, from which nothing else is to be learnt. `counters_at` names it until
 * the process ends; then the counters are where they belong. Both have the same nonce.
 *
 * There are no pointers inside. Every word that changes while others may read is atomic and of fixed
 * width. Readers use record_view.h, which trusts nothing here.
 */
#ifndef RAC_RECORD_H
#define RAC_RECORD_H

#include "atomics.h"
#include "limit_spec.h"
#include "memory.h"
#include "rac_track.h"
#include "report.h"

#define RAC_RECORD_MAGIC        UINT64_C(0x0a0d434552434152) /* "RACREC\r\n" on a little-endian machine */
#define RAC_RECORD_VERSION      3
#define RAC_RECORD_TEXT_MAX     256
#define RAC_RECORD_COMMAND_MAX  4096
#define RAC_RECORD_BOOT_ID_MAX  40 /* 36 characters of a UUID, NUL */
#define RAC_RECORD_BUILD_ID_MAX 32
#define RAC_RECORD_SETTINGS_MAX 8192
#define RAC_RECORD_PATH_MAX     4096
#define RAC_RECORD_SEGMENTS     128 /* that the header has room for */
#define RAC_RECORD_ALIGNMENT    64  /* of every segment's offset */
#define RAC_RECORD_NO_SLOT      UINT32_MAX

enum rac_record_storage { RAC_RECORD_IN_MEMORY, RAC_RECORD_IN_FILE };

/* What is known about the process when the record starts. Strings are cut to fit. */
struct rac_record_process {
	uint64_t pid, ppid, uid;
	/* Which process of that pid it is: when the kernel started it, in clock ticks since that boot,
	 * and in which pid namespace. 0, "": not known. */
	uint64_t start_ticks, pid_namespace;
	char boot_id[RAC_RECORD_BOOT_ID_MAX];
	uint64_t started_unix_ns; /* wall clock, for people */
	uint64_t started_mono_ns; /* CLOCK_MONOTONIC, for durations */
	uint32_t command_bytes;
	uint32_t has_rank;
	char executable[RAC_RECORD_COMMAND_MAX];
	char command[RAC_RECORD_COMMAND_MAX]; /* arguments, each ended by NUL */
	char host[RAC_RECORD_TEXT_MAX];
	char rank[RAC_RECORD_TEXT_MAX];
};

/* `how` comes first and is written last, so that who copies upwards and sees it has the rest. */
struct rac_record_end {
	rac_atomic_u32 how; /* enum rac_end; RAC_END_RUNNING: nobody said */
	rac_atomic_u32
		is_left_to_reader; /* the process did not report: who keeps the record does */
	rac_atomic_u64 status;     /* exit status, as int64_t */
	rac_atomic_u64 mono_ns;
};

/* What the record lacks because it could not grow; it lies in private memory and goes with the process. */
struct rac_record_lost {
	rac_atomic_u64 bytes;
	rac_atomic_u32 segments;
	rac_atomic_u32 error; /* errno of the first time */
};

/* `kind` is written last; 0: the place is free, RAC_RECORD_CLAIMED: it is being filled. */
struct rac_record_segment {
	rac_atomic_u32 kind;
	rac_atomic_u32 index;
	rac_atomic_u64 offset, bytes;
};

#define RAC_RECORD_CLAIMED UINT32_MAX

struct rac_record_header {
	rac_atomic_u64 magic; /* written when the rest is there */
	uint32_t version;
	uint32_t header_bytes;
	uint32_t storage; /* enum rac_record_storage */
	uint32_t build_id_bytes;
	uint64_t nonce[2];                         /* random: no two records have the same */
	uint8_t build_id[RAC_RECORD_BUILD_ID_MAX]; /* of the shim that writes this */
	struct rac_record_process process;
	struct rac_record_end end;
	struct rac_record_lost lost;
	rac_atomic_u32
		is_counted_elsewhere; /* the counters are in the file counters_at, not here */
	rac_atomic_u32 unread_python; /* as in struct rac_report */
	char counters_at[RAC_RECORD_PATH_MAX];
	struct rac_record_segment segments[RAC_RECORD_SEGMENTS];
};

/* Where the figure of untracked memory comes from: identifier, name in reports. */
#define RAC_UNTRACKED_LIST(X)                              \
	X(UNKNOWN, NULL)                                   \
	X(NVML, "nvml")                                    \
	X(CONTEXT, "context")                              \
	X(NVML_COVERED, "nvml, lagging, within the limit") \
	X(CONTEXT_COVERED, "context, lagging, within the limit")

#define RAC_UNTRACKED_SOURCE_BITS 3
#define RAC_UNTRACKED_SOURCE_MASK 7

enum rac_untracked_source {
#define X(id, name) RAC_UNTRACKED_##id,
	RAC_UNTRACKED_LIST(X)
#undef X
};

/* What is known of a device beyond its counters. */
struct rac_record_device {
	rac_atomic_u64
		untracked; /* bytes << 3 | enum rac_untracked_source, so that both belong together */
	char limit_source
		[RAC_LIMIT_SOURCE_MAX]; /* the variable that the cap comes from; "": no cap */
	char group[RAC_GROUP_NAME_MAX]; /* that shares the cap; "": none */
	rac_atomic_u64 group_bytes;     /* what it used when somebody last looked */
	rac_atomic_u64
		peak_before; /* the highest of those before the program started the peak anew */
};

/* What is told of a device's untracked memory. */
void rac_record_untracked(const struct rac_record_device *device, struct rac_report_untracked *out);

/* The parts of a head, in the memory of its own process or in a reader's copy. */
struct rac_record_parts {
	struct rac_record_header *header;
	struct rac_tracker *tracker;
	struct rac_record_device *devices; /* RAC_MAX_DEVICES */
	char *settings;                    /* RAC_RECORD_SETTINGS_MAX */
};

/* Bytes that the head needs. */
size_t rac_record_bytes(void);

/*
 * Starts a record in `bytes` zeroed bytes that are aligned to a page and lists the segments of the
 * head. False when that is too little. The caller fills header->process and what else he knows, and then
 * says that it is ready for others to read.
 */
bool rac_record_init(void *memory, size_t bytes, struct rac_record_parts *out);
void rac_record_ready(struct rac_record_header *header);

/* Copies a head that is not ready yet, and that nobody else uses, to another place. */
void rac_record_copy(const struct rac_record_parts *from, void *to, struct rac_record_parts *out);

/* Makes another head's counters those of this record, which is not ready yet. */
void rac_record_count_in(struct rac_record_parts *parts, const struct rac_record_parts *other);

/* Copies the counters to where they belong in the record. They may change meanwhile. unsettle says that
 * the other file has them after all. */
void rac_record_settle(const struct rac_record_parts *parts);
void rac_record_unsettle(const struct rac_record_parts *parts);

/*
 * Lists a segment. Any thread may; it takes effect when the kind is stored. Returns its slot;
 * RAC_RECORD_NO_SLOT: there is no room.
 */
uint32_t rac_record_list(struct rac_record_header *header, enum rac_segment kind, uint32_t index,
	uint64_t offset, uint64_t bytes);
void rac_record_unlist(struct rac_record_header *header, uint32_t slot);

/* Notes that a segment is not in the record, and why; or that it was not needed. Any thread may. */
void rac_record_lose(struct rac_record_header *header, uint64_t bytes, int error);
void rac_record_regain(struct rac_record_header *header, uint64_t bytes);

/*
 * What names of folders begin with in which `rac run` has records kept; its user, pid and start time in clock
 * ticks follow, each ended by a dot.
 */
#define RAC_RECORD_RUN_FOLDER "rac-run."
/* The variable by which a `rac run` names its folder to processes whose RAC_RECORD leads elsewhere: they put a link
 * there. It is no setting: nobody else sets it. */
#define RAC_RECORD_RUN_VARIABLE "RAC_RUN_FOLDER"

/* How a process stands. */
struct rac_record_fate {
	enum rac_end how;
	int64_t status;
	uint64_t mono_ns; /* CLOCK_MONOTONIC, now or when it ended; 0: not known */
	bool is_left_to_reader;
};

/* Says how the process ended. An exec that returns takes it back with RAC_END_RUNNING. */
void rac_record_end(struct rac_record_header *header, const struct rac_record_fate *ended);

struct rac_record_room {
	struct rac_device_snapshot devices[RAC_MAX_DEVICES];
	struct rac_report_untracked untracked[RAC_MAX_DEVICES];
	struct rac_report_group groups[RAC_MAX_DEVICES];
	char group_names[RAC_MAX_DEVICES][RAC_GROUP_NAME_MAX];
};

/*
 * Fills the report from a head. *out borrows from the parts and from *room. The fate counts where the
 * record does not say how the process ended: only the system knows then.
 */
void rac_record_report(const struct rac_record_parts *parts, const struct rac_record_fate *fate,
	struct rac_record_room *room, struct rac_report *out);

#endif

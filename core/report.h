/*
 * report.h - what a report says (schema rac.report/1) and the emitters that print it; where the
 * figures come from is the caller's affair.
 *
 * A struct rac_report borrows everything it points to. Emitters allocate nothing, keep no state
 * and hand their output piece by piece to a sink, so they run in a dying process as well as in a
 * tool. Any thread may emit any report that nobody changes meanwhile.
 *
 * Strings come from outside (device names, commands) and may hold any bytes. NULL means unknown and
 * is printed as an empty string, except where a field says otherwise. docs/report.md tells users
 * what each key means.
 */
#ifndef RAC_REPORT_H
#define RAC_REPORT_H

#include "rac_track.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes n bytes; returns false when it can take no more, after which the emitter stops calling. */
struct rac_sink {
	bool (*write)(void *context, const char *bytes, size_t n);
	void *context;
};

/* Identifier, name in reports. */
#define RAC_END_LIST(X)             \
	X(RUNNING, "running")       \
	X(EXIT, "exit")             \
	X(UNDERSCORE_EXIT, "_exit") \
	X(SIGNAL, "signal")         \
	X(KILLED, "killed")         \
	X(EXEC, "exec")

enum rac_end {
#define X(id, name) RAC_END_##id,
	RAC_END_LIST(X)
#undef X
};

/* What is left at exit, from harmless to faulty; identifier, name in reports. */
#define RAC_GRADE_LIST(X)           \
	X(SUPPRESSED, "suppressed") \
	X(POOL, "pool")             \
	X(LIBRARY, "library")       \
	X(ONCE, "once")             \
	X(REFERENCED, "referenced") \
	X(LEAK, "leak")

enum rac_grade {
#define X(id, name) RAC_GRADE_##id,
	RAC_GRADE_LIST(X)
#undef X
};

/* How what a site holds went from checkpoint to checkpoint. */
#define RAC_TREND_LIST(X)                                                                   \
	X(UNKNOWN, "unknown") /* neither of the others, or there are too few checkpoints */ \
	X(SETTLED, "settled") /* made before the first one, and it never held more */       \
	X(GROWS, "grows")

enum rac_trend {
#define X(id, name) RAC_TREND_##id,
	RAC_TREND_LIST(X)
#undef X
};

/* Their names; "unknown" for a value outside the enum. Static storage. */
const char *rac_end_name(enum rac_end end);
const char *rac_grade_name(enum rac_grade grade);
const char *rac_trend_name(enum rac_trend trend);

/* As rac_kind_name, and "pinned"; NULL for any other value. Static storage. */
const char *rac_report_kind_name(unsigned kind);

/* False for a kind of memory that was never asked for; reports leave it out. */
static inline bool rac_counts_occurred(const struct rac_counts *c)
{
	return (c->live_bytes | c->peak_bytes | c->allocations | c->frees) != 0;
}

#define RAC_REPORT_TIME_UNKNOWN UINT64_MAX
/* A C library that does not tell a program's handlers with what it ends: musl. */
#define RAC_REPORT_STATUS_UNKNOWN (-1)

struct rac_report_process {
	uint64_t pid, ppid;
	const char *executable;
	const char *command; /* argument vector, each argument ended by NUL */
	size_t command_bytes;
	const char *host;
	const char *rank; /* NULL: not a rank of a parallel job */
	uint64_t started_unix_ns;
	uint64_t elapsed_ns; /* RAC_REPORT_TIME_UNKNOWN: nobody saw it end */
	enum rac_end end;
	int64_t status;         /* exit status or signal number, see end; 0 where there is none,
	                 * RAC_REPORT_STATUS_UNKNOWN after exit where nobody knows */
	bool is_left_to_reader; /* it ended without reporting, for who keeps its record to do so */
};

/* What the driver charges to the process beyond the ledger, on one device. */
struct rac_report_untracked {
	bool known;
	uint64_t bytes;
	const char *source; /* how it was measured, e.g. "nvml" */
};

/* Who shares the limit of a device. */
struct rac_report_group {
	const char *name;    /* NULL: nobody */
	uint64_t used_bytes; /* what all of them used together, when that was last seen */
};

struct rac_report_frame {
	const char *module, *build_id;
	uint64_t
		offset; /* of the call, in the module's file as its headers have it; 0 without a module */
	const char *function, *file;
	uint64_t line;        /* 0: unknown */
	const char *language; /* "native" or "python" */
};

/* A place that allocates. */
struct rac_report_site {
	const char *id;  /* the same from run to run and build to build */
	uint32_t device; /* of no meaning where the kind is RAC_KIND_PINNED */
	unsigned kind;   /* enum rac_kind or RAC_KIND_PINNED */
	const char *api, *owner;
	const char *scope; /* the innermost that the program was in, "outer/inner"; NULL: none */
	bool is_ignored;   /* by the program */
	const char *owner_name; /* whose the owner is, "NCCL"; NULL: not known */
	uint64_t live_bytes, live_count;
	uint64_t peak_bytes; /* what the site held when its device was at its peak */
	uint64_t total_bytes, total_count;
	uint64_t temporary_count; /* of these, given back before their thread took anything else */
	/* When its first and its last request were made, since the process started, up to 20 ms too early;
	 * RAC_REPORT_TIME_UNKNOWN. */
	uint64_t first_ns, last_ns;
	/* Of what is live: that no address was found of, and that no address but ones within were found of. */
	bool is_searched;
	uint64_t lost_bytes, lost_count, inside_count;
	enum rac_grade grade;
	enum rac_trend trend;
	const struct rac_report_frame *frames; /* innermost first */
	size_t frame_count;
};

#define RAC_REPORT_NO_SITE UINT32_MAX

/* From this moment on the site held so many bytes, and its device as many. */
struct rac_report_event {
	uint64_t at_ns;      /* since the process started */
	uint64_t live_bytes; /* 0 where there is no site */
	uint32_t
		site; /* its position in sites; RAC_REPORT_NO_SITE: what none accounts for changed */
	uint32_t device; /* ordinal; RAC_MAX_DEVICES: all pinned memory */
	uint64_t device_bytes;
	/* That and the calls under way; of what several were folded into, of the fullest moment. */
	uint64_t most_bytes;
	/* Allocations and frees that this stands for; 0: it makes up for those that were missed. */
	uint64_t stands_for;
};

/* What each site and each device held over time, where that was kept. */
struct rac_report_timeline {
	const struct rac_report_event *events; /* in the order of time */
	size_t count;
	/* Events before this moment were folded, so what came and went between two of them is not there. */
	uint64_t coarse_until_ns;
	uint64_t missed; /* events that none stands for */
};

/* A moment that the program named. */
struct rac_report_checkpoint {
	uint64_t number; /* from 0 */
	const char *name;
	uint64_t at_ns;      /* since the process started */
	uint64_t live_bytes; /* on all devices */
};

/* Whether somebody looked in the program's memory for addresses of what is left, see references.h. */
struct rac_report_search {
	bool is_asked;
	const char *failed;     /* why nothing can be said; NULL: it can */
	uint64_t bytes;         /* that were looked through */
	uint64_t driver_copies; /* of each address, which do not count */
};

struct rac_checkpoints; /* see checkpoints.h */

/* One entry of RAC_FAIL_ON. */
struct rac_report_condition {
	const char *condition; /* as the user wrote it */
	uint64_t value;        /* what was measured: bytes or a count, as the condition has it */
	bool failed;
	const char *unjudged; /* why it could not be; NULL: it was */
};

struct rac_rule; /* see rules.h */

struct rac_report {
	const char *version; /* of librac_track, which counted; NULL: of this one */
	struct rac_report_process process;
	const struct rac_device_snapshot *devices;
	size_t device_count;
	const struct rac_report_untracked *untracked; /* one per device; NULL: measured nowhere */
	const struct rac_report_group *groups;        /* likewise; NULL: no limit is shared */
	struct rac_counts host_pinned;
	uint64_t unknown_frees;
	/* Allocations that the ledger had no room for: charged, never released. */
	uint64_t unrecorded;
	/* Of the record, tables that its file had no room for, and the errno why; 0: it lacks nothing. */
	uint64_t lost_bytes;
	uint64_t lost_error;
	/* The version, as sys.hexversion, of a Python whose functions call stacks lack; 0: there is none, 1: it
	 * does not tell its version. */
	uint64_t unread_python;
	const struct rac_report_site *sites;
	size_t site_count;
	struct rac_report_timeline timeline;
	const struct rac_checkpoints *checkpoints; /* NULL: none was made */
	struct rac_report_search search;
	const struct rac_report_condition *conditions;
	size_t condition_count;
	/* Suppressions and owners that the user named, with what each matched. */
	const struct rac_rule *rules;
	size_t rule_count;
	int exit_code; /* the verdict's; 0: nothing failed */
};

/*
 * Prints the whole report as one JSON object on one line. Integers are exact up to 2^64-1. Bytes
 * that are not UTF-8 come out as U+FFFD. Returns false if the sink refused, so that the output is
 * cut short.
 */
bool rac_report_json(const struct rac_report *report, struct rac_sink *sink);

/*
 * Prints the report for people: every line begins "==rac PID==", the last one goes on with
 * "SUMMARY:". Control bytes and bytes that are not UTF-8 come out as \xNN. Returns as rac_report_json.
 */
bool rac_report_text(const struct rac_report *report, struct rac_sink *sink);

/*
 * The text in at most `capacity` bytes, to be delivered with one write: all of it, or from the top as many
 * whole lines as fit, those with call stacks left out, then a line that counts what is missing and says how to
 * see it; then the SUMMARY line. A buffer too small even for that line gets its beginning; with 1 KiB it
 * always fits. Returns the bytes used; no NUL is added.
 */
size_t rac_report_text_fit(const struct rac_report *report, char *buffer, size_t capacity);

#endif

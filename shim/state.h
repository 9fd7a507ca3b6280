/*
 * state.h - the shim's state in this process: when it starts, when a fork gets one of its own, and
 * when there is none; what is in it belongs to others.
 *
 * Nothing is mapped, read or said before the first use of CUDA. A child of fork starts an empty state
 * of its own at its first use: a private word in a page that the kernel wipes in children tells it
 * apart, whichever way it was made.
 */
#ifndef RAC_STATE_H
#define RAC_STATE_H

#include "arena.h"
#include "elastic.h"
#include "hooks.h"
#include "ledger.h"
#include "moment.h"
#include "pool.h"
#include "rac_track.h"
#include "record.h"
#include "record_file.h"
#include "settings.h"
#include "sites.h"
#include "timeline.h"
#include "untracked.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#define RAC_STATE_CONTEXTS 1024
#define RAC_STATE_GREENS   64
#define RAC_STATE_SCOPES   256
#define RAC_STATE_PROBLEMS 8 /* settings problems that are said; more are counted */

/* What descriptor 2 was at the first use of CUDA. */
struct rac_stderr_identity {
	bool known;
	uint32_t device_major, device_minor;
	uint64_t inode;
	uint32_t type;
};

/* What became of a report. */
enum rac_delivery { RAC_DELIVERED_NOWHERE, RAC_DELIVERED_FILE, RAC_DELIVERED_STREAM };

/* A green context: which primary context it holds, and the handle that it has as a context. */
struct rac_green {
	rac_atomic_u64 handle; /* 0: the place is free */
	rac_atomic_u64 context;
	rac_atomic_u32 device;
};

struct rac_code;
/* How far the report of the process is. One that was made before an exec is provisional: the call may fail,
 * and another thread may end the program before it does. */
enum rac_report_phase {
	RAC_REPORT_IS_DUE,
	RAC_REPORT_IS_UNDER_WAY,
	RAC_REPORT_IS_PROVISIONAL,
	RAC_REPORT_IS_MADE
};

struct rac_group_share;
struct rac_references;
struct rac_rule_set;

struct rac_state {
	pid_t pid;
	uint64_t birth; /* as in rac_state_page; 0: the pid alone tells whose it is */
	bool is_quiet;  /* only NVML was asked, CUDA was not used yet */
	struct rac_record_parts record;
	struct rac_tracker *tracker; /* the record's, at hand for each call */
	struct rac_record_file record_file;
	struct rac_status_file status_file;
	struct rac_ledger ledger;
	struct rac_sites sites;
	struct rac_arena arena;
	_Atomic(struct rac_code *) code; /* see code.h; NULL: not made yet */
	struct rac_timeline timeline;    /* as far as one is kept; see events.h */
	void *timeline_memory, *timeline_scratch;
	uint64_t timeline_bytes;    /* that were asked for */
	uint64_t timeline_ahead_ns; /* by how much its clock is ahead of the kernel's */
	uint32_t timeline_slot;
	struct rac_moments moments;
	rac_atomic_u32 hook_names[RAC_HOOK_COUNT]; /* their places in the arena; 0: not there yet */
	struct rac_settings settings;
	struct rac_stderr_identity stderr_identity;
	struct rac_settings_problem problems[RAC_STATE_PROBLEMS];
	size_t problem_count;
	rac_atomic_u64 devices_ready;  /* one bit each */
	rac_atomic_u64 devices_named;  /* somebody describes it to the tracker */
	rac_atomic_u64 devices_closed; /* no request is granted: the cap could not be determined */
	rac_atomic_u64 kernel_caps[RAC_MAX_DEVICES]; /* see cap.c */
	rac_atomic_u32 caps_said;                    /* somebody says the cap of each device */
	rac_atomic_u32 caps_checked; /* somebody compares the caps with the devices there are */
	rac_atomic_u32 announced;    /* somebody says what there is to say of the settings */
	rac_atomic_u32 used;         /* CUDA was used: a report is due */
	rac_atomic_u32 report_phase; /* enum rac_report_phase */
	rac_atomic_u64 refusals_said, driver_refusals_said;
	_Atomic(struct rac_group_share *) groups[RAC_MAX_DEVICES]; /* see group_share.h */
	rac_atomic_u64 group_troubles[RAC_MAX_DEVICES];            /* one bit each: it was said */
	rac_atomic_u64 contexts[RAC_STATE_CONTEXTS];        /* handle by number, see context.c */
	rac_atomic_u64 context_aliases[RAC_STATE_CONTEXTS]; /* what a handle is another name of */
	struct rac_green greens[RAC_STATE_GREENS];
	rac_atomic_u64 primaries[RAC_MAX_DEVICES];
	rac_atomic_u64 primary_holds[RAC_MAX_DEVICES]; /* as far as hooks saw them */
	struct rac_pool pools[RAC_POOLS];
	struct rac_elastic graphs[RAC_MAX_DEVICES]; /* what each device reserves for graphs */
	rac_atomic_u32 pools_used;
	rac_atomic_u64 graph_devices; /* one bit each: executables with memory there were made */
	rac_atomic_u32 graphs_used;   /* a graph with memory nodes was made */
	struct rac_untracked untracked;
	_Atomic(struct rac_checkpoints *) checkpoints; /* NULL: none was made yet */
	struct rac_references *references;             /* see search.h; NULL: none are looked for */
	size_t references_bytes;
	rac_atomic_u32 search_begun, driver_copies; /* the latter and 1; 0: they were not counted */
	rac_atomic_u64 scopes[RAC_STATE_SCOPES];    /* see scope.c */
	_Atomic(struct rac_rule_set *) rules;       /* see rule_files.h; NULL: none were named */
	rac_atomic_u32 verdict;                     /* the status that the report asks for */
	struct rac_report_condition conditions[RAC_CONDITIONS_MAX];
	/* Room for the report, which is made when the process ends: its stack may be small. */
	struct rac_record_room report_room;
	char report_buffer[4096];
	char report_path[4096], report_temporary[4096];
	char report_line[1024]; /* that there is none, and why */
	enum rac_delivery report_delivery;
	struct rac_shared_file report_file;        /* what it was written to, for taking it back */
	struct rac_shared_file provisional_report; /* the file whose place it takes */
};

/* Sets a flag that is read much and set once, without writing to its line again. */
static inline void rac_state_note_use(struct rac_state *state)
{
	if (rac_load_relaxed(&state->used) == 0)
		rac_store_relaxed(&state->used, 1);
}

enum rac_state_word {
	RAC_STATE_NOT_STARTED, /* 0: what a wiped page holds */
	RAC_STATE_ACTIVE,
	RAC_STATE_COUNTED,   /* active, and threads are counted that are in hooks; see thread.h */
	RAC_STATE_CHECK_PID, /* active where the kernel cannot wipe: the pid decides */
	RAC_STATE_INERT,     /* a process with more rights than its user: the shim does nothing */
};

/* Lies in memory that the kernel wipes in a child, where it can. */
struct rac_state_page {
	rac_atomic_u32 word;
	rac_atomic_u64
		birth; /* when this process made its state: a child may have the pid of its parent */
};

extern struct rac_state_page *rac_state_page;

/* Whether this process has more rights than its user: the shim does nothing there. */
bool rac_state_is_inert(void);

/* The slow half of rac_state_is_active. */
bool rac_state_start(void);

/* As rac_state_is_active, for calls that are not CUDA's: what there is to say of the settings is left
 * to CUDA's first use. */
bool rac_state_is_active_quietly(void);

/* The fast half: active, and nothing else to be done about it. */
static inline bool rac_state_is_plain(void)
{
	/* Acquire, twice: the page, and the state that was published before the word was set. */
	const struct rac_state_page *page = __atomic_load_n(&rac_state_page, __ATOMIC_ACQUIRE);

	return rac_load_acquire(&page->word) == RAC_STATE_ACTIVE;
}

/* True when calls are to be counted; starts the state if need be. */
static inline bool rac_state_is_active(void)
{
	return __builtin_expect(rac_state_is_plain(), 1) || rac_state_start();
}

/* The state of this process; only after rac_state_is_active said yes. */
struct rac_state *rac_state(void);

/* The state of this very process if it has one, else NULL; starts nothing. */
struct rac_state *rac_state_if_started(void);

#endif

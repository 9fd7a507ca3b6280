/*
 * top.h - what `rac top` sees: processes with the library, whose records can be read, and the figures of their
 * devices; how it is shown is up to the printers.
 */
#ifndef RAC_TOP_H
#define RAC_TOP_H

#include "complaint.h"
#include "record_open.h"
#include "report.h"
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Where a record was found: identifier, name in output. */
#define RAC_TOP_SOURCES(X)   \
	X(RUN, "rac run")    \
	X(STATUS, "status")  \
	X(MEMORY, "preload") \
	X(FILE, "file")

enum rac_top_source {
#define X(id, name) RAC_TOP_##id,
	RAC_TOP_SOURCES(X)
#undef X
};

/* One device of one process, or a process that uses none. */
struct rac_top_row {
	uint64_t pid;
	uint64_t started_unix_ns;
	uid_t uid;
	char program[64], host[64], rank[32];
	enum rac_top_source source;
	enum rac_end state; /* RAC_END_RUNNING, RAC_END_KILLED */
	bool has_device;
	struct rac_device_snapshot device;
	double calls_per_second; /* < 0: not known yet */
};

struct rac_top {
	struct rac_top_row *rows; /* most bytes first */
	size_t count, room;
	size_t processes;
	size_t unseen; /* processes that we may not look into */
	uint64_t taken_ns;
	const char *status_folder; /* NULL: none */
	const pid_t *wanted;       /* only these, ended by 0; NULL: all */
	/* Called for each process that is added, with its record, which it takes over; NULL: nobody wants it. */
	void (*found)(void *context, struct rac_opened *o, uid_t uid);
	void *context;
};

/* Looks anew at everything. `before` gives the rates; NULL: there are none. False: no memory. */
bool rac_top_take(struct rac_top *out, const struct rac_top *before);
void rac_top_free(struct rac_top *top);

/* Adds what a record says. False: it is none, or one that ended. */
bool rac_top_add_file(struct rac_top *t, const char *path, enum rac_top_source source);
bool rac_top_add_process(struct rac_top *t, pid_t pid);
bool rac_top_has(const struct rac_top *t, uint64_t pid);

/* The folder in which processes publish themselves: by the flag, the environment, else the usual one if it is there;
 * NULL: there is none. */
const char *rac_top_status_folder(const char *flag);

/* Adds whatever can be found. */
void rac_top_find(struct rac_top *t);

/* The look of it. */
void rac_top_print(const struct rac_top *t, struct rac_sink *sink);
void rac_top_print_json(const struct rac_top *t, struct rac_sink *sink);
const char *rac_top_source_name(enum rac_top_source source);

/* Shows it on the terminal, anew each `interval_ms`, until q is pressed. False: *c says why not. */
bool rac_top_screen(struct rac_top *options, unsigned interval_ms, struct rac_complaint *c);

#endif

/*
 * record_open.h - opens records for the verbs: files, bytes, and whether their process still runs. What is
 * in a record is core's.
 */
#ifndef RAC_CLI_RECORD_OPEN_H
#define RAC_CLI_RECORD_OPEN_H

#include "complaint.h"
#include "record_view.h"
#include <sys/types.h>

/* A record that is open. Lives where it was opened: it must not be moved. */
struct rac_opened {
	struct rac_record_view *view;
	struct rac_record_bytes bytes;
	int fd, counters_fd; /* -1: none */
	pid_t pid;           /* of a live process whose memory is read, and where the record lies */
	uint64_t address;
	void *memory; /* the view's */
};

/* Whether bytes begin like a record, so that its reader's words are the right ones. */
bool rac_record_begins(const void *bytes, size_t n);

/*
 * Opens the record in a plain file, whose descriptor it takes over, or in n bytes, which must outlive it.
 * `name` is what messages call it. False: *c says why, and there is nothing to close.
 */
bool rac_record_open(int fd, const char *name, struct rac_opened *out, struct rac_complaint *c);
bool rac_record_open_bytes(const void *bytes, size_t n, const char *name, struct rac_opened *out,
	struct rac_complaint *c);

/* Opens the record of a process that runs. False: *c says why it cannot be seen. */
bool rac_record_open_pid(
	pid_t pid, const char *name, struct rac_opened *out, struct rac_complaint *c);

void rac_record_close(struct rac_opened *o);

/* Steps of it, for other sources; *source must be bound to *o. */
bool rac_record_open_source(struct rac_opened *o, const struct rac_record_source *source,
	const char *name, struct rac_complaint *c);
bool rac_record_open_counters(void *context, const char *path, struct rac_record_source *out);

/* Closes the files only; the caller frees the memory that is returned when he is done with the view. */
void *rac_record_keep_view(struct rac_opened *o);

/*
 * Whether the process of a record that does not say how it ended is there: running, or killed. What cannot
 * be seen from here, a process of another machine, is taken for killed.
 */
struct rac_record_fate rac_record_fate(const struct rac_opened *o);

#endif

/*
 * startup.h - what happens once at the first use of CUDA: settings are read, what is wrong with them
 * is said.
 */
#ifndef RAC_STARTUP_H
#define RAC_STARTUP_H

#include "state.h"
#include "text.h"

#define RAC_STARTUP_LINE_MAX 1024

/* Reads the settings into a state that no other thread sees yet. Prints nothing. */
void rac_startup_read_settings(struct rac_state *state);

/* Says what is wrong with them and, with RAC_VERBOSE, what they are. */
void rac_startup_announce(struct rac_state *state);

/* Says one line, given without the beginning and the newline. */
void rac_startup_say(const struct rac_state *state, const char *message);

/* Starts a line of ours: "==rac PID== ". */
void rac_startup_begin_line(
	struct rac_text *t, char *line, size_t capacity, const struct rac_state *state);

#endif

/*
 * holders.h - who holds the memory of a device, in a few words for one line: found in the table of
 * sites, in bounded time; the whole of it is the report's.
 */
#ifndef RAC_HOLDERS_H
#define RAC_HOLDERS_H

#include "state.h"
#include "text.h"

/* Appends " by FILE", the module of the program's code under whose call this thread is; nothing where
 * that is not known. */
void rac_holders_say_caller(struct rac_text *t, struct rac_state *state);

/* Appends "; held: 2.50 GiB by cudaMalloc of libfoo.so, ..." with the largest three; by kind of memory where no
 * sites are kept; nothing where nothing is held. */
void rac_holders_say(struct rac_text *t, struct rac_state *state, uint32_t device);

#endif

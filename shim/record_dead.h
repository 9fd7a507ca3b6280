/*
 * record_dead.h - whether a file is the record of a process that is gone, and may be replaced by ours.
 */
#ifndef RAC_RECORD_DEAD_H
#define RAC_RECORD_DEAD_H

#include "state.h"

/*
 * True: it is a record of this user's that nobody writes any more, from before this image started, and
 * not of an image that this process was before. In doubt false.
 */
bool rac_record_is_dead(const struct rac_state *state, const char *path);

#endif

/*
 * group_view.h - what is shown of a group: what it uses, who uses how much.
 */
#ifndef RAC_GROUP_VIEW_H
#define RAC_GROUP_VIEW_H

#include "group_share.h"
#include "text.h"

/* What the whole group uses of a device; without a group what this process is charged with. */
uint64_t rac_group_used(const struct rac_state *state, uint32_t device);

/*
 * The same without what members hold that are gone: a request gets that too, if it waits for a moment. Looks
 * at the members anew, unless that was done just now.
 */
uint64_t rac_group_used_by_living(struct rac_state *state, uint32_t device);

/* What the living members use of a device of that UUID, for a process that has not joined. */
uint64_t rac_group_peek(const struct rac_state *state, const char *uuid);

/* Notes for the report and for readers of the record what the group uses now. */
void rac_group_note(struct rac_state *state, uint32_t device);

/* Append ", shared by group 'NAME'", and " by group 'NAME' (...)" with who uses how much; nothing without
 * a group. */
void rac_group_say_shared(struct rac_text *t, const struct rac_state *state);
void rac_group_say_use(struct rac_text *t, const struct rac_state *state, uint32_t device);

#endif

/*
 * group_gone.h - which members of a group are gone, and taking back what they held.
 *
 * A member's share comes back when the process is gone for good, since a driver frees a process's memory
 * after the kernel has let go of its locks. Gone is a member whose seat the kernel has unlocked, so its
 * memory is no more, and of which one of these holds:
 *
 *	its pid is free, belongs to a process started at another time, or to a dead one that only waits
 *	to be collected
 *	its pid belongs to the same process, which goes on with another program (exec)
 *	its pid means nothing here (another pid namespace, no /proc): then a second has to pass, for a
 *	process whose end cannot be watched
 *
 * and in each case a tenth of a second has passed since that was noticed first, for drivers that free a
 * little later than the process ends (MPS, deferred closing). A process in the midst of dying is not gone.
 *
 * A seat can stay locked after its owner's end: for a moment where somebody who reads about the process
 * in /proc keeps its memory, and for as long as a child lives that was forked while the seat was taken. So
 * a member whose pid is free is also gone a second after that was noticed.
 */
#ifndef RAC_GROUP_GONE_H
#define RAC_GROUP_GONE_H

#include "group.h"
#include "group_share.h"

/* Describes this process. */
void rac_group_describe_self(struct rac_group_owner *self);

struct rac_group_pass {
	uint64_t returned; /* bytes that came back */
	uint64_t soon;     /* bytes of members that are gone, which have yet to settle */
	uint64_t due_ns;   /* when to look for the first of these again, CLOCK_MONOTONIC */
};

/* Looks at all members once and takes back what can be. Costs no system call where all seats but the own
 * one hold nothing; else half a microsecond for each that holds something. */
void rac_group_take_back(struct rac_group_share *share, struct rac_group_pass *pass);

#endif

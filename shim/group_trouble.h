/*
 * group_trouble.h - what is said where a group cannot be joined.
 */
#ifndef RAC_GROUP_TROUBLE_H
#define RAC_GROUP_TROUBLE_H

#include "group_file.h"
#include "state.h"

struct rac_group_case {
	enum rac_group_trouble trouble;
	int error; /* errno, where the kernel said no */
	const char *path;
	uint64_t cap, cap_of_others;
};

/* One line: the variable, the device, what is wrong, what would be right. */
void rac_group_trouble_say(
	const struct rac_state *state, uint32_t device, const struct rac_group_case *c);

#endif

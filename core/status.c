/*
 * status.c - names of the statuses, expanded from the list in rac_status.h, and kept in place: each program that loads
 * the library pays for pointers.
 */
#include "rac_status.h"

const char *rac_status_name(enum rac_status status)
{
	static const char names[][32] = {
#define X(id, name, meaning) [RAC_##id] = name,
		RAC_STATUS_LIST(X)
#undef X
	};
	unsigned index = (unsigned)status;

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown status";
}

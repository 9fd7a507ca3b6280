/*
 * fault.h - what is wrong with a value that a person wrote: where, what, and what would be right;
 * and the one shape in which every message says so.
 */
#ifndef RAC_FAULT_H
#define RAC_FAULT_H

#include "text.h"

#define RAC_FAULT_VALUE_MOST 120 /* bytes of a value that a message shows */
#define RAC_FAULT_PART_MOST  40  /* and of the faulty part */

/*
 * `wrong` goes on a sentence that begins with the faulty part ("is not a unit"), or, where length
 * is 0, says what is missing ("an amount is missing"). `right` is an instruction ("write ...") or
 * NULL. Both are static storage.
 */
struct rac_fault {
	size_t offset, length; /* the faulty part of the value, in bytes */
	const char *wrong, *right;
};

/*
 * Appends, without a newline, one of
 *
 *	NAME='VALUE' WRONG; RIGHT				the value as a whole is at fault
 *	NAME='VALUE': 'PART' at character 3 WRONG; RIGHT	a part of it is
 *	NAME='VALUE': at character 3 WRONG; RIGHT		something is missing there
 *	NAME='VALUE': at the end WRONG; RIGHT
 *
 * Characters count from 1.
 */
void rac_fault_text(struct rac_text *t, const char *name, const char *value, size_t length,
	const struct rac_fault *fault);

#endif

/*
 * intern.h - gives equal things one number, for formats that list what they repeat once; the things
 * themselves stay with the caller.
 */
#ifndef RAC_INTERN_H
#define RAC_INTERN_H

#include "report.h"

struct rac_interned {
	const void *key;
	uint64_t number; /* from 1 */
};

/* Start with {.compare = …}, which is given two struct rac_interned and compares their keys. */
struct rac_intern {
	int (*compare)(const void *a, const void *b);
	void *tree;
	uint64_t count;
	bool failed; /* no memory: numbers are 0 from here on */
};

/* The number of what equals key. *fresh: it is new, and key is now kept. */
uint64_t rac_intern(struct rac_intern *in, const void *key, bool *fresh);
void rac_intern_free(struct rac_intern *in);

/* For keys that are strings, and struct rac_report_frame. */
int rac_intern_strings(const void *a, const void *b);
int rac_intern_frames(const void *a, const void *b);

#endif

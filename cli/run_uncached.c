/*
 * run_uncached.c - `rac run --uncached`: has libraries allocate directly, so that each tensor has a place of its own.
 */
#include "cli.h"
#include "run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *variable, *value, *library;
} switches[] = {
#define UNCACHED(variable, value, library) {#variable, (value), (library)},
#include "uncached.def"
#undef UNCACHED
};

#define SWITCHES (sizeof(switches) / sizeof(switches[0]))

static void add(struct rac_text *t, size_t i, const char *value)
{
	rac_text_string(t, t->used > 0 ? ", " : "");
	rac_text_string(t, switches[i].variable);
	rac_text_string(t, "=");
	rac_text_foreign(t, value, strlen(value), 64);
	rac_text_string(t, " (");
	rac_text_string(t, switches[i].library);
	rac_text_string(t, ")");
}

int rac_run_uncached(void)
{
	char set[1024], left[1024];
	struct rac_text was_set, was_left;

	rac_text_init(&was_set, set, sizeof(set));
	rac_text_init(&was_left, left, sizeof(left));
	for (size_t i = 0; i < SWITCHES; i++) {
		const char *value = getenv(switches[i].variable);

		if (value != NULL && strcmp(value, switches[i].value) != 0) {
			add(&was_left, i, value);
			continue;
		}
		if (setenv(switches[i].variable, switches[i].value, 1) != 0)
			return rac_fail(RAC_RUN, RAC_EXIT_FAILED, "no memory for --uncached");
		add(&was_set, i, switches[i].value);
	}
	if (was_set.used > 0)
		fprintf(stderr, RAC_RUN ": uncached: set %s\n", set);
	if (was_left.used > 0)
		rac_warn(RAC_RUN, "uncached: left as you set them, so these may still cache: %s",
			left);
	return 0;
}

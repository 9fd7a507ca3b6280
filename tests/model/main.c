/*
 * main.c - runs the litmus tests and then the scenarios whose names contain the argument, or all;
 * prints a line for each. The status is 0 if all held.
 */
#include "model.h"

#include <stdio.h>
#include <string.h>

static const struct model_scenario *const parts[] = {
	model_tracker, model_ledger, model_sites, model_group, model_account};
static unsigned passed, failed;
static double seconds;

static void run(const struct model_scenario *s)
{
	struct model_result r = model_explore(s, false);

	printf("%s - %s: %s (%llu states, %llu runs, %.1f s)\n", r.failed ? "not ok" : "ok",
		s->name, s->claim, (unsigned long long)r.states, (unsigned long long)r.runs,
		r.seconds);
	fflush(stdout);
	*(r.failed ? &failed : &passed) += 1;
	seconds += r.seconds;
}

int main(int argc, char **argv)
{
	const char *filter = argc > 1 ? argv[1] : "";

	if (!model_litmus())
		return 1;
	printf("ok - the checker: its litmus tests give what C11 says\n");
	for (unsigned part = 0; part < sizeof(parts) / sizeof(parts[0]); part++)
		for (const struct model_scenario *s = parts[part]; s->name != NULL; s++)
			if (strstr(s->name, filter) != NULL)
				run(s);
	printf("%u passed, %u failed, %.1f s\n", passed, failed, seconds);
	return failed > 0 || passed == 0;
}

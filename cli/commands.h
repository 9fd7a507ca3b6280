/*
 * commands.h - the verbs of `rac`. Each takes its own name as argv[0] and returns the status of the
 * command; all of them answer --help. Each also hands out how it is used: an array of uses that ends
 * in NULL, more than one where words of its own follow it.
 */
#ifndef RAC_CLI_COMMANDS_H
#define RAC_CLI_COMMANDS_H

#include "args.h"

#define VERB(name, help)                           \
	int rac_cmd_##name(int argc, char **argv); \
	const struct rac_usage *const *rac_usages_##name(void);
#include "verbs.def"
#undef VERB

#endif

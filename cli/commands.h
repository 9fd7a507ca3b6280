/*
 * commands.h - the verbs of `rac`. Each takes its own name as argv[0] and returns the status of the
 * command; all of them answer --help.
 */
#ifndef RAC_CLI_COMMANDS_H
#define RAC_CLI_COMMANDS_H

#define VERB(name, help) int rac_cmd_##name(int argc, char **argv);
#include "verbs.def"
#undef VERB

#endif

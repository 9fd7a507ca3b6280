/*
 * rule_files.h - the suppression files that RAC_SUPPRESSIONS names, read once at the first use of CUDA. What a
 * rule means is core's (rules.h).
 */
#ifndef RAC_RULE_FILES_H
#define RAC_RULE_FILES_H

#include "rules.h"
#include "state.h"

/* Rules that need no symbols, and what their figures are counted in. */
struct rac_rule_set {
	bool has_builtin;
	size_t count;
	struct rac_rule rules[];
};

/* Reads the files and says what is wrong with them. Called once, by who announces the settings. */
void rac_rule_files_read(struct rac_state *state);

#endif

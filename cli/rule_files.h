/*
 * rule_files.h - suppression files, as a setting names them; what a rule means is core's (rules.h).
 */
#ifndef RAC_CLI_RULE_FILES_H
#define RAC_CLI_RULE_FILES_H

#include "complaint.h"
#include "rules.h"

struct rac_rule_files {
	struct rac_rule *rules; /* borrow from texts */
	size_t count;
	bool has_builtin; /* the rules built in hold, too */
	char **texts;
	size_t text_count;
};

/*
 * Reads the files of a list with commas; "none" among them leaves out what is built in. False: *c says which line
 * of which file is wrong, and there is nothing to free.
 */
bool rac_rule_files_load(const char *list, struct rac_rule_files *out, struct rac_complaint *c);
void rac_rule_files_free(struct rac_rule_files *files);

#endif

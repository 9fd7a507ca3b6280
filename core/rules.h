/*
 * rules.h - reads suppression files and says which rule a site falls under; grades are verdict.h's.
 *
 *	file := { line }
 *	line := [ "#" anything | word ":" pattern { "max=" SIZE | "count=" N | "name=" WORD } ]
 *
 * Words are those of rules.def. A pattern is found anywhere in what it is compared with, as LeakSanitizer users
 * know it: "*" stands for anything, "^" at the front and "$" at the end tie it to the beginning and the end. It
 * may hold spaces. max and count bound what a suppression forgives, over all that it matches in one process;
 * name says whose a module is, for pool, library and own.
 *
 * Rules borrow from the text that they were read from. Nothing here allocates or keeps state.
 */
#ifndef RAC_RULES_H
#define RAC_RULES_H

#include "fault.h"
#include "report.h"

enum rac_rule_word {
#define RULE(id, word, does, needs_symbols, compared) RAC_RULE_##id,
#include "rules.def"
#undef RULE
	RAC_RULE_WORDS
};

enum rac_rule_effect { RAC_EFFECT_SUPPRESS, RAC_EFFECT_POOL, RAC_EFFECT_LIBRARY, RAC_EFFECT_OWN };

#define RAC_RULE_NAME_MAX 32 /* bytes of an owner's name, NUL included */

struct rac_rule {
	enum rac_rule_word word;
	const char *pattern;
	size_t pattern_bytes;
	const char *text; /* the line, without white space around it */
	size_t text_bytes;
	uint64_t line;                 /* counted from 1 */
	uint64_t max_bytes, max_count; /* UINT64_MAX: no bound */
	char name[RAC_RULE_NAME_MAX];  /* "": none */
	/* What it matched, see verdict.h. */
	uint64_t bytes, count;
};

/*
 * Reads the next rule from *at on, which moves behind it. RAC_UNKNOWN: there are no more. RAC_INVALID: the line
 * is none; out->text and out->line say which, *fault what is wrong in it. Start with *at == 0 and *line == 0.
 */
enum rac_status rac_rule_next(const char *text, size_t bytes, size_t *at, uint64_t *line,
	struct rac_rule *out, struct rac_fault *fault);

enum rac_rule_effect rac_rule_effect(const struct rac_rule *rule);

/* Whether it takes frames with functions and files. */
bool rac_rule_needs_symbols(const struct rac_rule *rule);

/* Whether it matched more than it may forgive, so that it forgives nothing. */
static inline bool rac_rule_is_exceeded(const struct rac_rule *rule)
{
	return rule->bytes > rule->max_bytes || rule->count > rule->max_count;
}

/* Whether a text fits a pattern. */
bool rac_pattern_fits(
	const char *pattern, size_t pattern_bytes, const char *text, size_t text_bytes);

/* Whether a site falls under a rule; its bounds are not looked at. */
bool rac_rule_fits(const struct rac_rule *rule, const struct rac_report_site *site);

/* What is known of modules without being told, in the order in which it is looked through. */
size_t rac_rules_builtin(const struct rac_rule **out);

#endif

/*
 * rules_match.c - whether a site falls under a rule; see rules.h.
 */
#include "rules.h"

#include "report_modules.h"
#include <string.h>

/* Where the pattern without signs occurs in the text; SIZE_MAX: nowhere. */
static size_t find(const char *piece, size_t n, const char *text, size_t from, size_t bytes)
{
	for (; from + n <= bytes; from++)
		if (memcmp(text + from, piece, n) == 0)
			return from;
	return SIZE_MAX;
}

/*
 * Between two stars stands a piece. The first is sought as far left as it goes, each other after the one before;
 * the last, if tied to the end, has to be there.
 */
bool rac_pattern_fits(
	const char *pattern, size_t pattern_bytes, const char *text, size_t text_bytes)
{
	const char *end = pattern + pattern_bytes;
	bool tied = pattern_bytes > 0 && pattern[0] == '^';
	bool tied_behind = pattern_bytes > tied && end[-1] == '$';
	size_t at = 0;

	pattern += tied;
	end -= tied_behind;
	for (;; tied = false, pattern++) {
		const char *star = memchr(pattern, '*', (size_t)(end - pattern));
		size_t n = (size_t)((star != NULL ? star : end) - pattern);
		size_t found = find(pattern, n, text, at, text_bytes);

		if (star == NULL && tied_behind) {
			size_t last = text_bytes - n;

			return n <= text_bytes && last >= at && (!tied || last == 0) &&
				memcmp(text + last, pattern, n) == 0;
		}
		if (found == SIZE_MAX || (tied && found != 0))
			return false;
		if (star == NULL)
			return true;
		at = found + n;
		pattern = star;
	}
}

static bool fits(const struct rac_rule *rule, const char *text)
{
	return text != NULL && text[0] != '\0' &&
		rac_pattern_fits(rule->pattern, rule->pattern_bytes, text, strlen(text));
}

/* By its path, as LeakSanitizer does, only where the pattern has a slash: in a folder called "train" every module would
 * fit "leak:train". */
static bool fits_module(const struct rac_rule *rule, const char *path)
{
	bool has_slash = memchr(rule->pattern, '/', rule->pattern_bytes) != NULL;

	return path != NULL && fits(rule, has_slash ? path : rac_module_file(path));
}

static bool is_python(const struct rac_report_frame *f)
{
	return f->language != NULL && strcmp(f->language, "python") == 0;
}

static bool fits_frame(const struct rac_rule *rule, const struct rac_report_frame *f)
{
	switch (rule->word) {
	case RAC_RULE_FILE:
		return fits(rule, f->file);
	case RAC_RULE_PYTHON:
		return is_python(f) && (fits(rule, f->function) || fits(rule, f->file));
	default:
		return fits(rule, f->function) || fits(rule, f->file) ||
			fits_module(rule, f->module);
	}
}

static bool fits_any_frame(const struct rac_rule *rule, const struct rac_report_site *site)
{
	for (size_t i = 0; i < site->frame_count; i++)
		if (fits_frame(rule, &site->frames[i]))
			return true;
	return false;
}

bool rac_rule_fits(const struct rac_rule *rule, const struct rac_report_site *site)
{
	switch (rule->word) {
	case RAC_RULE_API:
		return fits(rule, site->api);
	case RAC_RULE_SITE:
		return fits(rule, site->id);
	case RAC_RULE_OWNER:
		return fits(rule, site->owner) || fits(rule, site->owner_name);
	case RAC_RULE_POOL:
	case RAC_RULE_LIBRARY:
	case RAC_RULE_OWN:
		return fits(rule, site->owner);
	default:
		/* The module that called is known without frames, too. */
		return fits_any_frame(rule, site) ||
			(rule->word == RAC_RULE_LEAK && fits(rule, site->owner));
	}
}

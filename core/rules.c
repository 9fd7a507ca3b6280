/*
 * rules.c - reads lines of suppression files; which site a rule fits is rules_match.c's.
 */
#include "rules.h"

#include "size_text.h"
#include <string.h>

static const struct {
	const char *word;
	enum rac_rule_effect effect;
	bool needs_symbols;
} words[RAC_RULE_WORDS] = {
#define RULE(id, word, does, needs_symbols, compared) \
	[RAC_RULE_##id] = {word, RAC_EFFECT_##does, needs_symbols},
#include "rules.def"
#undef RULE
};

#define WRITE_WORD   "write leak:, owner:, file:, python:, api:, site:, pool:, library: or own:"
#define WRITE_OPTION "write max=SIZE, count=N or, for pool, library and own, name=WORD"

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A part of the line that is being read. */
struct part {
	size_t from, to;
};

static struct part trimmed(const char *text, struct part p)
{
	while (p.from < p.to && is_space(text[p.from]))
		p.from++;
	while (p.to > p.from && is_space(text[p.to - 1]))
		p.to--;
	return p;
}

static enum rac_status fail(
	struct rac_fault *fault, struct part p, const char *wrong, const char *right)
{
	*fault = (struct rac_fault){p.from, p.to - p.from, wrong, right};
	return RAC_INVALID;
}

/* The last word of a line. */
static struct part last_word(const char *text, struct part p)
{
	struct part word = {p.to, p.to};

	while (word.from > p.from && !is_space(text[word.from - 1]))
		word.from--;
	return word;
}

static bool begins(const char *text, struct part p, const char *with)
{
	size_t n = strlen(with);

	return p.to - p.from >= n && memcmp(text + p.from, with, n) == 0;
}

static enum rac_status read_number(
	const char *text, struct part p, uint64_t *out, struct rac_fault *fault)
{
	uint64_t value = 0;

	for (size_t i = p.from; i < p.to; i++) {
		unsigned digit = (unsigned char)text[i] - (unsigned)'0';

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, digit, &value))
			return fail(fault, p, "is no number of allocations", "write count=N");
	}
	*out = value;
	return p.from < p.to ? RAC_OK : fail(fault, p, "a number is missing", "write count=N");
}

static enum rac_status read_name(
	const char *text, struct part p, struct rac_rule *out, struct rac_fault *fault)
{
	size_t n = p.to - p.from;

	if (n == 0)
		return fail(fault, p, "a name is missing", "write name=WORD");
	if (n >= sizeof(out->name))
		return fail(fault, p, "is too long", "write a name of at most 31 bytes");
	memcpy(out->name, text + p.from, n);
	return RAC_OK;
}

/* Reads an option; *found: it is one. */
static enum rac_status read_option(
	const char *text, struct part p, struct rac_rule *out, bool *found, struct rac_fault *fault)
{
	bool suppresses = words[out->word].effect == RAC_EFFECT_SUPPRESS;
	struct part value = p;

	*found = true;
	if (suppresses && begins(text, p, "max=")) {
		value.from += 4;
		if (rac_size_parse(text + value.from, value.to - value.from, &out->max_bytes,
			    fault) == RAC_OK)
			return RAC_OK;
		fault->offset += value.from;
		return RAC_INVALID;
	}
	if (suppresses && begins(text, p, "count=")) {
		value.from += 6;
		return read_number(text, value, &out->max_count, fault);
	}
	if (!suppresses && begins(text, p, "name=")) {
		value.from += 5;
		return read_name(text, value, out, fault);
	}
	*found = false;
	if (begins(text, p, "max=") || begins(text, p, "count=") || begins(text, p, "name="))
		return fail(fault, p, "does not go with this word", WRITE_OPTION);
	return RAC_OK;
}

static int word_of(const char *text, struct part p)
{
	for (int i = 0; i < RAC_RULE_WORDS; i++)
		if (strlen(words[i].word) == p.to - p.from && begins(text, p, words[i].word))
			return i;
	return -1;
}

/* The line is out->text, and is not empty. */
static enum rac_status read_line(struct rac_rule *out, struct rac_fault *fault)
{
	const char *text = out->text, *colon = memchr(text, ':', out->text_bytes);
	struct part all = {0, out->text_bytes}, word = all, pattern = all;
	bool found = true;

	if (colon != NULL)
		word.to = (size_t)(colon - text);
	word = trimmed(text, word);
	int which = colon != NULL ? word_of(text, word) : -1;

	if (which < 0)
		return fail(fault, colon != NULL && word.from < word.to ? word : all,
			"is not what a rule begins with", WRITE_WORD);
	out->word = (enum rac_rule_word)which;
	pattern.from = (size_t)(colon - text) + 1;
	for (pattern = trimmed(text, pattern); found && pattern.from < pattern.to;) {
		struct part option = last_word(text, pattern);
		enum rac_status status = read_option(text, option, out, &found, fault);

		if (status != RAC_OK)
			return status;
		if (found)
			pattern.to = option.from;
		pattern = trimmed(text, pattern);
	}
	if (pattern.from == pattern.to)
		return fail(fault, pattern, "a pattern is missing",
			"write what to match behind the colon");
	out->pattern = text + pattern.from;
	out->pattern_bytes = pattern.to - pattern.from;
	return RAC_OK;
}

enum rac_status rac_rule_next(const char *text, size_t bytes, size_t *at, uint64_t *line,
	struct rac_rule *out, struct rac_fault *fault)
{
	*fault = (struct rac_fault){0, 0, NULL, NULL};
	while (*at < bytes) {
		const char *end = memchr(text + *at, '\n', bytes - *at);
		struct part whole = {*at, end != NULL ? (size_t)(end - text) : bytes};
		struct part p = trimmed(text, whole);

		*at = whole.to + (end != NULL);
		++*line;
		if (p.from == p.to || text[p.from] == '#')
			continue;
		*out = (struct rac_rule){
			.text = text + p.from,
			.text_bytes = p.to - p.from,
			.line = *line,
			.max_bytes = UINT64_MAX,
			.max_count = UINT64_MAX,
		};
		return read_line(out, fault);
	}
	return RAC_UNKNOWN;
}

enum rac_rule_effect rac_rule_effect(const struct rac_rule *rule)
{
	return words[rule->word].effect;
}

bool rac_rule_needs_symbols(const struct rac_rule *rule)
{
	return words[rule->word].needs_symbols;
}

#define WORD_POOL                     "pool:"
#define WORD_LIBRARY                  "library:"
#define WORD_OWN                      "own:"
#define LINE(class_, pattern_, owner) WORD_##class_ pattern_ " name=" owner

static const struct rac_rule builtin[] = {
#define OWNER(class_, pattern_, owner)                                   \
	{                                                                \
		.word = RAC_RULE_##class_,                               \
		.pattern = (pattern_),                                   \
		.pattern_bytes = sizeof(pattern_) - 1,                   \
		.text = LINE(class_, pattern_, owner),                   \
		.text_bytes = sizeof(LINE(class_, pattern_, owner)) - 1, \
		.max_bytes = UINT64_MAX,                                 \
		.max_count = UINT64_MAX,                                 \
		.name = owner,                                           \
	},
#include "owners.def"
#undef OWNER
};

size_t rac_rules_builtin(const struct rac_rule **out)
{
	*out = builtin;
	return sizeof(builtin) / sizeof(builtin[0]);
}

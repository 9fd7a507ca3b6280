/*
 * settings_names.c - the list of settings as a table, and which known name a wrong one was meant to
 * be; values are settings.c's.
 */
#include "settings.h"
#include <string.h>

#define NAME_MOST 24 /* no known name is longer; longer ones are near none */
#define PREFIX    4  /* "RAC_" */

enum support { BUILT, BUILT_CAP };
enum kind {
	KIND_LIMIT,
	KIND_WORD,
	KIND_STACKS,
	KIND_DEPTH,
	KIND_SWITCH,
	KIND_REPORT,
	KIND_PATH,
	KIND_EXTENT,
	KIND_FOLDER,
	KIND_NAME,
	KIND_CONDITIONS,
	KIND_STATUS,
	KIND_FILES,
	KIND_FILE
};

static const struct rac_setting_info infos[RAC_SETTING_COUNT] = {
#define SETTING(id, flag_, kind_, preset_, values_, support_, help_) \
	[RAC_SETTING_##id] = {                                       \
		.variable = "RAC_" #id,                              \
		.flag = flag_,                                       \
		.preset = preset_,                                   \
		.values = values_,                                   \
		.help = help_,                                       \
		.changes_cap = support_ == BUILT_CAP,                \
		.is_words = KIND_##kind_ == KIND_WORD,               \
		.may_stand_alone = KIND_##kind_ == KIND_EXTENT,      \
	},
#include "settings.def"
#undef SETTING
};

const struct rac_setting_info *rac_setting_info(enum rac_setting setting)
{
	unsigned index = (unsigned)setting;

	return index < RAC_SETTING_COUNT ? &infos[index] : NULL;
}

/* The letter or sign in the one form in which names are compared: VARIABLE_NAME. */
static char folded(char c)
{
	if (c == '-')
		return '_';
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, delete, replace or swap with the next one until `a` is `b`. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][NAME_MOST + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		above[j] = before[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			bool same = folded(a[i - 1]) == folded(b[j - 1]);

			row[j] = smaller(above[j] + 1, row[j - 1] + 1);
			row[j] = smaller(row[j], above[j - 1] + !same);
			if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
				folded(a[i - 2]) == folded(b[j - 1]))
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[b_length];
}

static bool is_same(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (folded(a[i]) != folded(b[i]))
			return false;
	}
	return true;
}

/* Whether the name is the known one with a word added before or behind: MEM_LIMIT, LIMIT_0. */
static bool has_words_more(const char *name, size_t length, const char *known, size_t known_length)
{
	if (length <= known_length + 1)
		return false;
	if (is_same(name, known, known_length) && folded(name[known_length]) == '_')
		return true;
	name += length - known_length;
	return is_same(name, known, known_length) && folded(name[-1]) == '_';
}

static const struct rac_setting_info *nearest_spelling(const char *name, size_t length)
{
	const struct rac_setting_info *best = NULL;
	size_t best_distance = length <= 4 ? 2 : 3;

	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		const char *known = infos[i].variable + PREFIX;
		size_t away = distance(name, length, known, strlen(known));

		if (away < best_distance) {
			best = &infos[i];
			best_distance = away;
		}
	}
	return best;
}

/* Of several the longest: ON_LIMIT_0 is nearer to ON_LIMIT than to LIMIT. */
static const struct rac_setting_info *nearest_words(const char *name, size_t length)
{
	const struct rac_setting_info *best = NULL;
	size_t best_length = 0;

	for (int i = 0; i < RAC_SETTING_COUNT; i++) {
		const char *known = infos[i].variable + PREFIX;
		size_t n = strlen(known);

		if (n > best_length && has_words_more(name, length, known, n)) {
			best = &infos[i];
			best_length = n;
		}
	}
	return best;
}

/* Compares what follows "RAC_", which but for dashes is also the flag. */
static const struct rac_setting_info *nearest(const char *name, size_t length)
{
	const struct rac_setting_info *best;

	if (length == 0 || length > NAME_MOST)
		return NULL;
	best = nearest_spelling(name, length);
	return best != NULL ? best : nearest_words(name, length);
}

const char *rac_setting_nearest_variable(const char *name, size_t length)
{
	const struct rac_setting_info *info =
		length > PREFIX ? nearest(name + PREFIX, length - PREFIX) : NULL;

	return info != NULL ? info->variable : NULL;
}

const char *rac_setting_nearest_flag(const char *name, size_t length)
{
	const struct rac_setting_info *info = nearest(name, length);

	return info != NULL ? info->flag : NULL;
}

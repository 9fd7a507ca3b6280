/*
 * settings_values.c - reads the value of each setting; which variables are there is settings.c's.
 */
#include "path_pattern.h"
#include "settings_parts.h"
#include "size_text.h"
#include "timeline.h"
#include "utf8.h"
#include <string.h>

/* How the values of each setting are read. */
enum kind {
	LIMIT,
	WORD,
	STACKS,
	DEPTH,
	SWITCH,
	REPORT,
	PATH,
	EXTENT,
	FOLDER,
	NAME,
	CONDITIONS,
	STATUS,
	FILES,
	FILE
};

static const enum kind kinds[RAC_SETTING_COUNT] = {
#define SETTING(id, flag, kind, preset, values, support, help) [RAC_SETTING_##id] = kind,
#include "settings.def"
#undef SETTING
};

void rac_setting_add_problem(struct rac_settings_reading *r, enum rac_problem_kind kind,
	enum rac_setting setting, const struct rac_fault *fault)
{
	struct rac_text t = rac_settings_problem_new(r, kind, setting);
	const char *value = r->values[setting];

	rac_fault_text(&t, rac_setting_info(setting)->variable, value, strlen(value), fault);
}

/* Where `word` stands in "one|two|three"; -1 if it does not. */
static int word_index(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (int index = 0;; index++) {
		size_t n = strcspn(words, "|");

		if (n == length && memcmp(words, word, n) == 0)
			return index;
		if (words[n] == '\0')
			return -1;
		words += n + 1;
	}
}

/* "one|two|three" as "one, two or three". */
static void add_words(struct rac_text *t, const char *words)
{
	for (;;) {
		size_t n = strcspn(words, "|");

		rac_text_bytes(t, words, n);
		if (words[n] == '\0')
			return;
		words += n + 1;
		rac_text_string(t, strchr(words, '|') != NULL ? ", " : " or ");
	}
}

static bool has_cap(const struct rac_settings_reading *r)
{
	return r->out->limit.count > 0 || r->out->limit_is_broken;
}

static void add_word_problem(struct rac_settings_reading *r, enum rac_setting setting)
{
	const struct rac_setting_info *info = rac_setting_info(setting);
	bool misleads = info->changes_cap && has_cap(r);
	struct rac_text t = rac_settings_problem_new(
		r, misleads ? RAC_PROBLEM_LIMIT : RAC_PROBLEM_VALUE, setting);
	struct rac_fault fault = {
		.length = strlen(r->values[setting]), .wrong = "is none of its values"};

	rac_fault_text(&t, info->variable, r->values[setting], fault.length, &fault);
	rac_text_string(&t, "; write ");
	add_words(&t, info->values);
}

static void read_word(struct rac_settings_reading *r, enum rac_setting setting)
{
	const struct rac_setting_info *info = rac_setting_info(setting);
	int index = word_index(info->values, r->values[setting]);

	if (index < 0)
		add_word_problem(r, setting);
	else if (setting == RAC_SETTING_ON_LIMIT)
		r->out->on_limit = (enum rac_on_limit)index;
	else if (setting == RAC_SETTING_SCOPE)
		r->out->scope = (enum rac_scope)index;
	else if (setting == RAC_SETTING_SHOW)
		r->out->show = (enum rac_show)index;
	else if (setting == RAC_SETTING_REFERENCES)
		r->out->references = index == 1;
	else if (setting == RAC_SETTING_FORMAT)
		r->out->format = (enum rac_format)index;
}

static bool is_word(const char *text, const char *word)
{
	for (; *word != '\0'; text++, word++) {
		if (*text != *word && *text != *word - 'a' + 'A')
			return false;
	}
	return *text == '\0';
}

static void read_switch(struct rac_settings_reading *r, enum rac_setting setting)
{
	const char *value = r->values[setting];
	bool on = strcmp(value, "1") == 0 || is_word(value, "true");

	if (!on && strcmp(value, "0") != 0 && !is_word(value, "false")) {
		struct rac_fault fault = {
			.length = strlen(value),
			.wrong = "is neither on nor off",
			.right = "write 1 or 0",
		};

		rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
		return;
	}
	if (setting == RAC_SETTING_VERBOSE)
		r->out->verbose = on;
}

/* Whether a value fits where settings keep it. */
static bool fits(size_t length, size_t capacity, struct rac_fault *fault)
{
	*fault = (struct rac_fault){
		.length = length, .wrong = "is too long", .right = "write a shorter path"};
	return length < capacity;
}

/* Keeps a path with its %-sequences; false: it is none. */
static bool read_path(struct rac_settings_reading *r, enum rac_setting setting,
	char out[RAC_SETTINGS_PATTERN_MAX])
{
	const char *value = r->values[setting];
	size_t length = strlen(value);
	struct rac_fault fault;

	if (!fits(length, RAC_SETTINGS_PATTERN_MAX, &fault) ||
		rac_path_check(value, length, &fault) != RAC_OK) {
		rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
		return false;
	}
	memcpy(out, value, length + 1);
	return true;
}

static void read_folder(
	struct rac_settings_reading *r, enum rac_setting setting, char out[RAC_SETTINGS_FOLDER_MAX])
{
	const char *value = r->values[setting];
	size_t length = strlen(value);
	struct rac_fault fault;

	if (length == 0)
		fault = (struct rac_fault){.wrong = "is empty", .right = "write a folder"};
	else if (fits(length, RAC_SETTINGS_FOLDER_MAX, &fault)) {
		memcpy(out, value, length + 1);
		return;
	}
	rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
}

static void read_report(struct rac_settings_reading *r, enum rac_setting setting)
{
	const char *value = r->values[setting];
	size_t length = strlen(value);

	if (strcmp(value, "stderr") == 0)
		return;
	if (strcmp(value, "none") == 0) {
		r->out->report_to = RAC_REPORT_NONE;
		return;
	}
	if (!read_path(r, setting, r->out->report_pattern))
		return;
	r->out->report_to = RAC_REPORT_PATH;
	if (length >= 5 && memcmp(value + length - 5, ".json", 5) == 0)
		r->out->format = RAC_FORMAT_JSON;
}

static void read_extent(struct rac_settings_reading *r, enum rac_setting setting)
{
	const char *value = r->values[setting];
	size_t length = strlen(value);
	uint64_t bytes = RAC_TIMELINE_BYTES_DEFAULT;
	struct rac_fault fault = {.length = length};

	if (is_word(value, "off"))
		return;
	if (!is_word(value, "on")) {
		if (rac_size_parse(value, length, &bytes, &fault) != RAC_OK)
			fault.right = "write on, off or a size from 64K to 64M";
		else if (bytes < RAC_TIMELINE_BYTES_MIN || bytes > RAC_TIMELINE_BYTES_MAX)
			fault = (struct rac_fault){.length = length,
				.wrong = bytes < RAC_TIMELINE_BYTES_MIN ? "is too little"
									: "is too much",
				.right = "write a size from 64K to 64M"};
		if (fault.right != NULL) {
			rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
			return;
		}
	}
	r->out->timeline_bytes = bytes;
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '.' || c == '_' || c == '-';
}

/* The group becomes a part of a file's name, so nothing else may be in it. */
static bool check_name(const char *value, size_t length, struct rac_fault *fault)
{
	size_t at = 0;

	while (is_name_byte(value[at]))
		at++;
	if (at < length) {
		size_t character = rac_utf8_length(value + at, length - at);

		*fault = (struct rac_fault){at, character > 0 ? character : 1,
			"is not a letter, digit, dot, dash or underscore", "use these alone"};
		return false;
	}
	*fault = (struct rac_fault){0, length, NULL, NULL};
	if (length == 0) {
		fault->wrong = "is empty";
		fault->right = "write a name or unset it";
	} else if (length >= RAC_GROUP_NAME_MAX) {
		fault->wrong = "is too long";
		fault->right = "write at most 64 characters";
	}
	return fault->wrong == NULL;
}

static void read_name(struct rac_settings_reading *r, enum rac_setting setting)
{
	const char *value = r->values[setting];
	size_t length = strlen(value);
	struct rac_fault fault;

	if (!check_name(value, length, &fault)) {
		/* Alone, the program would have the whole cap that it was to share. */
		rac_setting_add_problem(
			r, has_cap(r) ? RAC_PROBLEM_LIMIT : RAC_PROBLEM_VALUE, setting, &fault);
		return;
	}
	memcpy(r->out->group, value, length + 1);
	if (!has_cap(r)) {
		fault = (struct rac_fault){0, length, "is to share a cap, and none is set",
			"set RAC_LIMIT, the same in each member"};
		rac_setting_add_problem(r, RAC_PROBLEM_VALUE, setting, &fault);
	}
}

static void read_limit(struct rac_settings_reading *r, enum rac_limit_source source,
	uint32_t ordinal, const char *value)
{
	char message[RAC_SETTINGS_MESSAGE_MAX];
	struct rac_text why;

	rac_text_init(&why, message, sizeof(message));
	if (rac_limit_add(&r->out->limit, source, ordinal, value, strlen(value), &why) != RAC_OK) {
		struct rac_text t =
			rac_settings_problem_new(r, RAC_PROBLEM_LIMIT, RAC_SETTING_LIMIT);

		rac_text_bytes(&t, message, why.used);
	}
}

/* What other systems set, which counts where RAC_LIMIT is not set. */
static void read_limit_aliases(struct rac_settings_reading *r)
{
	for (size_t i = 0; r->environment[i] != NULL; i++) {
		const char *entry = r->environment[i], *equals = strchr(entry, '=');
		enum rac_limit_source source;
		uint32_t ordinal = 0, before = r->out->limit.count;
		size_t length = equals != NULL ? (size_t)(equals - entry) : 0;

		if (equals == NULL || !rac_limit_source_find(entry, length, &source, &ordinal) ||
			source == RAC_LIMIT_FROM_RAC || rac_settings_is_repeated(r, i, length))
			continue;
		read_limit(r, source, ordinal, equals + 1);
		if (r->out->limit.count > before && r->out->limit_alias[0] == '\0')
			memcpy(r->out->limit_alias, entry, length);
	}
}

static void read_value(struct rac_settings_reading *r, enum rac_setting setting)
{
	switch (kinds[setting]) {
	case LIMIT:
		read_limit(r, RAC_LIMIT_FROM_RAC, 0, r->values[setting]);
		break;
	case WORD:
		read_word(r, setting);
		break;
	case STACKS:
		rac_setting_read_stacks(r, setting);
		break;
	case DEPTH:
		rac_setting_read_depth(r, setting);
		break;
	case SWITCH:
		read_switch(r, setting);
		break;
	case REPORT:
		read_report(r, setting);
		break;
	case PATH:
		read_path(r, setting, r->out->record_pattern);
		break;
	case EXTENT:
		read_extent(r, setting);
		break;
	case FOLDER:
		read_folder(r, setting, r->out->status_folder);
		break;
	case NAME:
		read_name(r, setting);
		break;
	case CONDITIONS:
		rac_setting_read_conditions(r, setting);
		break;
	case STATUS:
		rac_setting_read_status(r, setting);
		break;
	case FILES:
		rac_setting_read_files(r, setting);
		break;
	case FILE:
		rac_setting_read_file(r, setting);
		break;
	}
}

void rac_setting_read(struct rac_settings_reading *r, enum rac_setting setting)
{
	if (r->values[setting] == NULL) {
		if (kinds[setting] == LIMIT)
			read_limit_aliases(r);
	} else {
		read_value(r, setting);
	}
}

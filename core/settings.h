/*
 * settings.h - reads the RAC_* variables out of an environment that is handed in, once per process
 * image, and says all that is wrong with them; what a setting does is the caller's affair.
 *
 * Nothing here allocates, prints or keeps state. A struct rac_settings holds no pointer into the
 * environment, so the program may change that afterwards.
 */
#ifndef RAC_SETTINGS_H
#define RAC_SETTINGS_H

#include "conditions.h"
#include "limit_spec.h"
#include "rac_status.h"
#include "text.h"

#define RAC_SETTINGS_PATTERN_MAX 4096 /* bytes of a path pattern, NUL included */
#define RAC_SETTINGS_FOLDER_MAX  3072 /* of a folder: names in it must fit a path */
#define RAC_SETTINGS_SHOWN_MAX   96   /* bytes of a value kept to be shown, NUL included */
#define RAC_SETTINGS_MESSAGE_MAX 512
#define RAC_SETTINGS_DEPTH       32 /* frames, unless another number is set */
#define RAC_SETTINGS_DEPTH_MAX   128

enum rac_setting {
#define SETTING(id, flag, kind, preset, values, support, help) RAC_SETTING_##id,
#include "settings.def"
#undef SETTING
	RAC_SETTING_COUNT
};

/* How a setting is described, for help texts and documentation. Static storage. */
struct rac_setting_info {
	const char *variable; /* "RAC_LIMIT" */
	const char *flag;     /* "limit"; of one letter, the flag is "-v" and takes no value */
	const char *preset;   /* the default, in words */
	const char *values;   /* "deny|warn|abort" */
	const char *help;
	bool changes_cap;     /* where it does not hold, a cap is not the one asked for */
	bool is_words;        /* `values` is the complete list of what may be written */
	bool may_stand_alone; /* the flag without a value means "on" */
};

/* NULL outside [0, RAC_SETTING_COUNT). */
const struct rac_setting_info *rac_setting_info(enum rac_setting setting);

/* Each in the order of the words in settings.def. */
enum rac_on_limit { RAC_ON_LIMIT_DENY, RAC_ON_LIMIT_WARN, RAC_ON_LIMIT_ABORT };
enum rac_scope { RAC_SCOPE_ALLOCATIONS, RAC_SCOPE_PROCESS };
enum rac_show { RAC_SHOW_LIMIT, RAC_SHOW_DEVICE };
enum rac_format { RAC_FORMAT_TEXT, RAC_FORMAT_JSON };
/* What is kept of who allocates; RAC_STACKS_CALLER is part of the others. */
enum rac_stacks { RAC_STACKS_CALLER = 1, RAC_STACKS_NATIVE = 2, RAC_STACKS_PYTHON = 4 };
enum rac_report_to { RAC_REPORT_STDERR, RAC_REPORT_NONE, RAC_REPORT_PATH };

struct rac_setting_shown {
	bool is_set;                        /* by a variable; else the default holds */
	char value[RAC_SETTINGS_SHOWN_MAX]; /* as written, cut with "..."; "" where not set */
};

struct rac_settings {
	struct rac_limit_spec limit;
	/* A cap was asked for and cannot be understood: every device allocation must be refused. */
	bool limit_is_broken;
	enum rac_on_limit on_limit;
	enum rac_scope scope;
	enum rac_show show;
	unsigned stacks;         /* of enum rac_stacks; 0: no sites are kept */
	bool references;         /* are looked for at the end */
	unsigned depth;          /* frames of a stack, of each language */
	uint64_t timeline_bytes; /* 0: none */
	enum rac_report_to report_to;
	enum rac_format format;
	bool verbose;
	char report_pattern
		[RAC_SETTINGS_PATTERN_MAX]; /* for RAC_REPORT_PATH, see rac_path_expand */
	char record_pattern[RAC_SETTINGS_PATTERN_MAX]; /* "": in private memory */
	char run_folder
		[RAC_SETTINGS_FOLDER_MAX]; /* of the `rac run` around, see record.h; "": none */
	char status_folder[RAC_SETTINGS_FOLDER_MAX]; /* "": none */
	struct rac_conditions fail_on;
	int exit_code;                               /* when one of them fails */
	char suppressions[RAC_SETTINGS_PATTERN_MAX]; /* files, with commas between; "": none */
	struct rac_setting_shown shown[RAC_SETTING_COUNT];
	char group[RAC_GROUP_NAME_MAX]; /* letters, digits, ".", "_", "-"; "" for none */
	/* For a cap that RAC_LIMIT did not set: the first variable that did, else "". */
	char limit_alias[RAC_LIMIT_SOURCE_MAX];
};

enum rac_problem_kind {
	RAC_PROBLEM_LIMIT,   /* concerns the cap: fail closed */
	RAC_PROBLEM_VALUE,   /* a value is wrong; the default holds */
	RAC_PROBLEM_UNKNOWN, /* no setting has this name */
};

struct rac_settings_problem {
	enum rac_problem_kind kind;
	/* What it concerns; RAC_SETTING_COUNT where the name is not known, RAC_SETTING_LIMIT also
	 * for a cap that came from another system's variable. */
	enum rac_setting setting;
	char message[RAC_SETTINGS_MESSAGE_MAX]; /* one line, without a newline */
};

/*
 * Reads `environment`, an array like environ that ends in NULL (NULL: empty). Of a variable that is
 * there twice the first counts, as for getenv. *out is always complete: where a value is wrong the
 * default holds. Returns the number of problems, of which the first `size` are in problems[]; those
 * that concern the cap set limit_is_broken even where they no longer fit.
 *
 * The cap fails closed when a value is wrong; when a setting that changes its meaning is not built;
 * and when no cap is set but a name that is not known looks like RAC_LIMIT, for then the program
 * would run uncapped by a mistake of spelling.
 */
size_t rac_settings_read(struct rac_settings *out, char *const environment[],
	struct rac_settings_problem problems[], size_t size);

/* "RAC_LIMIT=8G (set)", "RAC_REPORT is not set: stderr". */
void rac_settings_describe(
	struct rac_text *t, const struct rac_settings *settings, enum rac_setting setting);

/*
 * The known variable that `name` ("RAC_LIMT") was probably meant to be, or the known flag of
 * `rac run` (without dashes, "v" for -v); NULL if none is near.
 */
const char *rac_setting_nearest_variable(const char *name, size_t length);
const char *rac_setting_nearest_flag(const char *name, size_t length);

#endif

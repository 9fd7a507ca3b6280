/*
 * rule_files.c - see rule_files.h. Files are copied, not mapped: one that is cut short while the program runs
 * must not be its end.
 */
#include "rule_files.h"

#include "file_name.h"
#include "file_status.h"
#include "record_memory.h"
#include "startup.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_MAX 16
#define BYTES_MAX (1u << 20) /* of one file */
#define SAID_MAX  8          /* wrong lines that are said */

struct file {
	const char *name; /* within the setting */
	size_t name_bytes;
	const char *text; /* NULL: it cannot be read */
	size_t bytes;
};

struct reading {
	struct rac_state *state;
	struct file files[FILES_MAX];
	size_t file_count;
	size_t lines; /* of all */
	bool has_builtin;
	uint64_t wrong, need_symbols;
	char path[RAC_SETTINGS_PATTERN_MAX];
};

static void begin_line(struct rac_text *t, char line[RAC_STARTUP_LINE_MAX])
{
	rac_text_init(t, line, RAC_STARTUP_LINE_MAX);
	rac_text_string(t, "RAC_SUPPRESSIONS");
}

static void say_unreadable(const struct reading *r, const struct file *file, int error)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	begin_line(&t, line);
	rac_text_string(&t, ": ");
	rac_text_quoted(&t, file->name, file->name_bytes, RAC_FAULT_VALUE_MOST);
	if (error == ENOENT) {
		rac_text_string(&t, " is not there");
	} else if (error == EFBIG) {
		rac_text_string(&t, " is no plain file of at most 1 MiB");
	} else {
		rac_text_string(&t, " cannot be read (errno ");
		rac_text_i64(&t, error);
		rac_text_string(&t, ")");
	}
	rac_text_string(&t, "; its rules do not hold");
	rac_startup_say(r->state, line);
}

/* Fills `to` as far as the file goes. */
static size_t read_bytes(int fd, char *to, size_t bytes)
{
	size_t used = 0;

	while (used < bytes) {
		long n = syscall(SYS_read, fd, to + used, bytes - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	return used;
}

/* 0, or why there is no text. */
static int read_file(struct reading *r, struct file *file)
{
	struct statx status;

	memcpy(r->path, file->name, file->name_bytes);
	r->path[file->name_bytes] = '\0';
	int fd = rac_file_open(r->path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		return errno;
	int error = 0;
	char *text = NULL;

	if (rac_file_status(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &status) != 0)
		error = errno;
	else if (!S_ISREG(status.stx_mode) || status.stx_size > BYTES_MAX)
		error = EFBIG;
	else if ((text = rac_record_memory_private(status.stx_size + 1)) == NULL)
		error = ENOMEM;
	else
		file->bytes = read_bytes(fd, text, (size_t)status.stx_size);
	file->text = text;
	syscall(SYS_close, fd);
	return error;
}

static size_t count_lines(const struct file *file)
{
	size_t lines = 1;

	for (size_t i = 0; i < file->bytes; i++)
		lines += file->text[i] == '\n';
	return lines;
}

static bool is_word(const struct file *file, const char *word)
{
	return file->name_bytes == strlen(word) && memcmp(file->name, word, file->name_bytes) == 0;
}

static void read_files(struct reading *r)
{
	const char *at = r->state->settings.suppressions;

	for (; *at != '\0' && r->file_count < FILES_MAX; at += *at == ',') {
		struct file *file = &r->files[r->file_count];

		*file = (struct file){.name = at, .name_bytes = strcspn(at, ",")};
		at += file->name_bytes;
		if (is_word(file, "none")) {
			r->has_builtin = false;
			continue;
		}
		if (is_word(file, "built-in"))
			continue;
		int error = read_file(r, file);

		if (error != 0 || file->text == NULL) {
			say_unreadable(r, file, error);
			continue;
		}
		r->lines += count_lines(file);
		r->file_count++;
	}
	if (*at != '\0')
		rac_startup_say(r->state,
			"RAC_SUPPRESSIONS names more than 16 files; the others do not hold");
}

static void say_wrong(struct reading *r, const struct file *file, const struct rac_rule *rule,
	const struct rac_fault *fault)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	if (r->wrong++ >= SAID_MAX)
		return;
	begin_line(&t, line);
	rac_text_string(&t, ": ");
	rac_text_foreign(&t, file->name, file->name_bytes, RAC_FAULT_VALUE_MOST);
	rac_text_string(&t, ", line ");
	rac_text_u64(&t, rule->line);
	rac_text_string(&t, ": ");
	rac_fault_text(&t, "rule", rule->text, rule->text_bytes, fault);
	rac_startup_say(r->state, line);
}

static void parse(struct reading *r, const struct file *file, struct rac_rule_set *out)
{
	struct rac_fault fault;
	enum rac_status status;
	uint64_t line = 0;
	size_t at = 0;

	while (out->count < r->lines) {
		struct rac_rule *rule = &out->rules[out->count];

		status = rac_rule_next(file->text, file->bytes, &at, &line, rule, &fault);
		if (status == RAC_UNKNOWN)
			return;
		if (status != RAC_OK)
			say_wrong(r, file, rule, &fault);
		else if (rac_rule_needs_symbols(rule))
			r->need_symbols++;
		else
			out->count++;
	}
}

static void say_counts(const struct reading *r)
{
	char line[RAC_STARTUP_LINE_MAX];
	struct rac_text t;

	if (r->wrong > SAID_MAX) {
		begin_line(&t, line);
		rac_text_string(&t, ": ");
		rac_text_u64(&t, r->wrong - SAID_MAX);
		rac_text_string(&t, " further rules are wrong");
		rac_startup_say(r->state, line);
	}
	if (r->need_symbols == 0)
		return;
	begin_line(&t, line);
	rac_text_string(&t, ": ");
	rac_text_u64(&t, r->need_symbols);
	rac_text_string(&t, r->need_symbols == 1 ? " rule needs" : " rules need");
	rac_text_string(&t,
		" symbols, which only rac run has; owner:, api:, pool:, library: and own: hold here");
	rac_startup_say(r->state, line);
}

static void read_all(struct reading *r)
{
	struct rac_rule_set *set;

	read_files(r);
	set = rac_record_memory_private(sizeof(*set) + (r->lines + 1) * sizeof(struct rac_rule));
	if (set == NULL) {
		rac_startup_say(
			r->state, "RAC_SUPPRESSIONS: there is no memory; its rules do not hold");
		return;
	}
	set->has_builtin = r->has_builtin;
	for (size_t i = 0; i < r->file_count; i++)
		parse(r, &r->files[i], set);
	say_counts(r);
	/* Release: who sees the set at the end finds the rules. */
	atomic_store_explicit(&r->state->rules, set, memory_order_release);
}

void rac_rule_files_read(struct rac_state *state)
{
	struct reading *r;

	if (state->settings.suppressions[0] == '\0')
		return;
	/* Not on the stack: the thread that comes first may have a small one. */
	r = rac_record_memory_private(sizeof(*r));
	if (r == NULL)
		return;
	r->state = state;
	r->has_builtin = true;
	read_all(r);
	munmap(r, sizeof(*r));
}

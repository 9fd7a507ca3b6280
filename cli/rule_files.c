/*
 * rule_files.c - see rule_files.h.
 */
#include "rule_files.h"

#include "read_file.h"
#include <stdlib.h>
#include <string.h>

#define BYTES_MOST ((size_t)1 << 20)

static bool no_memory(struct rac_complaint *c)
{
	return rac_complain(c, "no memory for suppressions");
}

static bool wrong_line(const char *path, const struct rac_rule *rule, const struct rac_fault *fault,
	struct rac_complaint *c)
{
	char message[512];
	struct rac_quote quote;
	struct rac_text t;

	rac_text_init(&t, message, sizeof(message));
	rac_fault_text(&t, "rule", rule->text, rule->text_bytes, fault);
	return rac_complain(c, "%s, line %llu: %s", rac_quote(&quote, path),
		(unsigned long long)rule->line, message);
}

static bool add_rule(struct rac_rule_files *to, const struct rac_rule *rule)
{
	struct rac_rule *more = reallocarray(to->rules, to->count + 1, sizeof(*more));

	if (more == NULL)
		return false;
	to->rules = more;
	to->rules[to->count++] = *rule;
	return true;
}

static bool add_text(struct rac_rule_files *to, char *text)
{
	char **more = reallocarray(to->texts, to->text_count + 1, sizeof(*more));

	if (more == NULL)
		return false;
	to->texts = more;
	to->texts[to->text_count++] = text;
	return true;
}

static bool add_file(const char *path, struct rac_rule_files *to, struct rac_complaint *c)
{
	size_t bytes, at = 0;
	char *text = rac_file_read(path, BYTES_MOST, &bytes, c);
	enum rac_status status;
	struct rac_fault fault;
	struct rac_rule rule;
	uint64_t line = 0;

	if (text == NULL)
		return false;
	if (!add_text(to, text)) {
		free(text);
		return no_memory(c);
	}
	while ((status = rac_rule_next(text, bytes, &at, &line, &rule, &fault)) != RAC_UNKNOWN) {
		if (status != RAC_OK)
			return wrong_line(path, &rule, &fault, c);
		if (!add_rule(to, &rule))
			return no_memory(c);
	}
	return true;
}

bool rac_rule_files_load(const char *list, struct rac_rule_files *out, struct rac_complaint *c)
{
	char *names = strdup(list), *rest = names;
	bool done = names != NULL || no_memory(c);

	*out = (struct rac_rule_files){.has_builtin = true};
	for (const char *name; done && (name = strsep(&rest, ",")) != NULL;) {
		if (strcmp(name, "none") == 0)
			out->has_builtin = false;
		else if (name[0] != '\0' && strcmp(name, "built-in") != 0)
			done = add_file(name, out, c);
	}
	free(names);
	if (!done)
		rac_rule_files_free(out);
	return done;
}

void rac_rule_files_free(struct rac_rule_files *files)
{
	for (size_t i = 0; i < files->text_count; i++)
		free(files->texts[i]);
	free(files->texts);
	free(files->rules);
	*files = (struct rac_rule_files){.has_builtin = true};
}

/*
 * format_sarif.c - findings as SARIF 2.1.0 (docs.oasis-open.org/sarif), which GitHub code scanning, Azure DevOps
 * and editors read: a result for each leak and each failed condition, with a place in the repository and a
 * fingerprint by which it is known again.
 */
#include "defects.h"
#include "emit.h"
#include "site_words.h"
#include <string.h>

#define ROOT "%SRCROOT%"

enum rule { RULE_LEAK, RULE_CONDITION };

static const struct {
	const char *id, *name, *words;
} rules[] = {
	[RULE_LEAK] = {"RAC001", "gpu-memory-leak",
		"Memory that a program allocated through CUDA and never freed"},
	[RULE_CONDITION] = {"RAC002", "condition-failed",
		"A condition of RAC_FAIL_ON that does not hold"},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static void put_text_object(struct rac_emit *e, const char *key, const char *text)
{
	rac_json_object_begin(e, key);
	rac_json_string(e, "text", text);
	rac_json_object_end(e);
}

static void put_rules(struct rac_emit *e)
{
	rac_json_array_begin(e, "rules");
	for (size_t i = 0; i < RULES; i++) {
		rac_json_object_begin(e, NULL);
		rac_json_string(e, "id", rules[i].id);
		rac_json_string(e, "name", rules[i].name);
		put_text_object(e, "shortDescription", rules[i].words);
		rac_json_object_end(e);
	}
	rac_json_array_end(e);
}

/* A path as a URI reference: what is no letter, digit or plain sign is percent-encoded. */
static void put_uri(struct rac_emit *e, const char *path)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/+@=,";
	static const char digits[] = "0123456789ABCDEF";
	char uri[3 * PATH_MAX + 1];
	size_t used = 0;

	for (; *path != '\0' && used + 4 < sizeof(uri); path++) {
		unsigned char c = (unsigned char)*path;

		if (strchr(plain, c) != NULL) {
			uri[used++] = (char)c;
			continue;
		}
		uri[used++] = '%';
		uri[used++] = digits[c >> 4];
		uri[used++] = digits[c & 15];
	}
	uri[used] = '\0';
	rac_json_string(e, "uri", uri);
}

static void put_physical(struct rac_emit *e, const char *file, bool is_in_sources, uint64_t line)
{
	rac_json_object_begin(e, "physicalLocation");
	rac_json_object_begin(e, "artifactLocation");
	put_uri(e, file);
	if (is_in_sources)
		rac_json_string(e, "uriBaseId", ROOT);
	rac_json_object_end(e);
	rac_json_object_begin(e, "region");
	rac_json_u64(e, "startLine", line > 0 ? line : 1);
	rac_json_object_end(e);
	rac_json_object_end(e);
}

static void put_frame(
	struct rac_emit *e, const struct rac_defects *all, const struct rac_report_frame *frame)
{
	char words[2 * RAC_CLEAN_MOST], found[PATH_MAX];
	struct rac_text t;

	rac_text_init(&t, words, sizeof(words));
	rac_frame_words(&t, frame);
	rac_json_object_begin(e, NULL);
	rac_json_object_begin(e, "location");
	if (frame->file[0] != '\0') {
		bool is_in_sources = rac_source_root_find(&all->root, frame->file, found);

		put_physical(e, is_in_sources ? found : frame->file, is_in_sources, frame->line);
	}
	put_text_object(e, "message", words);
	rac_json_object_end(e);
	if (frame->module[0] != '\0')
		rac_json_string(e, "module", rac_base_name(frame->module));
	rac_json_object_end(e);
}

static void put_stack(struct rac_emit *e, const struct rac_defects *all, const struct rac_defect *d)
{
	if (d->frame_count == 0)
		return;
	rac_json_array_begin(e, "stacks");
	rac_json_object_begin(e, NULL);
	put_text_object(e, "message", "where it was allocated");
	rac_json_array_begin(e, "frames");
	for (size_t i = 0; i < d->frame_count && !e->refused; i++)
		put_frame(e, all, &d->frames[i]);
	rac_json_array_end(e);
	rac_json_object_end(e);
	rac_json_array_end(e);
}

static void put_result(
	struct rac_emit *e, const struct rac_defects *all, const struct rac_defect *d)
{
	enum rule rule = d->site != NULL ? RULE_LEAK : RULE_CONDITION;
	bool is_suppressed = d->level == RAC_DEFECT_SUPPRESSED;

	rac_json_object_begin(e, NULL);
	rac_json_string(e, "ruleId", rules[rule].id);
	rac_json_u64(e, "ruleIndex", rule);
	rac_json_string(e, "level", is_suppressed ? "note" : rac_defect_level_name(d->level));
	put_text_object(e, "message", d->message);
	rac_json_array_begin(e, "locations");
	rac_json_object_begin(e, NULL);
	put_physical(e, d->file, d->is_in_sources, d->line);
	rac_json_object_end(e);
	rac_json_array_end(e);
	put_stack(e, all, d);
	rac_json_object_begin(e, "partialFingerprints");
	rac_json_string(e, "racSite/v1", d->fingerprint);
	rac_json_object_end(e);
	if (is_suppressed) {
		rac_json_array_begin(e, "suppressions");
		rac_json_object_begin(e, NULL);
		rac_json_string(e, "kind", "external");
		rac_json_object_end(e);
		rac_json_array_end(e);
	}
	rac_json_object_begin(e, "properties");
	rac_json_u64(e, "bytes", d->bytes);
	rac_json_u64(e, "count", d->count);
	rac_json_u64(e, "processes", d->processes);
	rac_json_object_end(e);
	rac_json_object_end(e);
}

static void put_run(struct rac_emit *e, const struct rac_defects *all)
{
	rac_json_object_begin(e, NULL);
	rac_json_object_begin(e, "tool");
	rac_json_object_begin(e, "driver");
	rac_json_string(e, "name", "librac_track");
	rac_json_string(e, "version", RAC_VERSION);
	put_rules(e);
	rac_json_object_end(e);
	rac_json_object_end(e);
	rac_json_array_begin(e, "results");
	for (size_t i = 0; i < all->count && !e->refused; i++)
		put_result(e, all, &all->list[i]);
	rac_json_array_end(e);
	rac_json_string(e, "columnKind", "unicodeCodePoints");
	rac_json_object_end(e);
}

bool rac_format_sarif(const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	struct rac_defects all;
	struct rac_emit e;

	if (!rac_defects_make(in, &all, c))
		return false;
	rac_emit_init(&e, sink);
	rac_json_object_begin(&e, NULL);
	rac_json_string(&e, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	rac_json_string(&e, "version", "2.1.0");
	rac_json_array_begin(&e, "runs");
	put_run(&e, &all);
	rac_json_array_end(&e);
	rac_json_object_end(&e);
	rac_emit_string(&e, "\n");
	rac_defects_free(&all);
	return rac_emit_finish(&e);
}

/*
 * format_gitlab.c - findings as GitLab's code quality report (docs.gitlab.com/ci/testing/code_quality): an array of
 * issues, each with a fingerprint of its own. What is suppressed is left out, since the form has no word for it.
 */
#include "defects.h"
#include "emit.h"

static const char *const severities[] = {[RAC_DEFECT_ERROR] = "critical",
	[RAC_DEFECT_WARNING] = "major",
	[RAC_DEFECT_NOTE] = "info"};

static void put_issue(struct rac_emit *e, const struct rac_defect *d)
{
	rac_json_object_begin(e, NULL);
	rac_json_string(e, "type", "issue");
	rac_json_string(e, "check_name", d->site != NULL ? "gpu-memory-leak" : "condition-failed");
	rac_json_string(e, "description", d->message);
	rac_json_string(e, "severity", severities[d->level]);
	rac_json_string(e, "fingerprint", d->fingerprint);
	rac_json_object_begin(e, "location");
	rac_json_string(e, "path", d->file);
	rac_json_object_begin(e, "lines");
	rac_json_u64(e, "begin", d->line > 0 ? d->line : 1);
	rac_json_object_end(e);
	rac_json_object_end(e);
	rac_json_object_end(e);
}

bool rac_format_gitlab(const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	struct rac_defects all;
	struct rac_emit e;

	if (!rac_defects_make(in, &all, c))
		return false;
	rac_emit_init(&e, sink);
	rac_json_array_begin(&e, NULL);
	for (size_t i = 0; i < all.count && !e.refused; i++)
		if (all.list[i].level != RAC_DEFECT_SUPPRESSED)
			put_issue(&e, &all.list[i]);
	rac_json_array_end(&e);
	rac_emit_string(&e, "\n");
	rac_defects_free(&all);
	return rac_emit_finish(&e);
}

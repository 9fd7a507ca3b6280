/*
 * format_json.c - the canonical JSON, by the emitter that the library itself uses.
 */
#include "formats.h"

bool rac_format_json(const struct rac_loaded *in, struct rac_sink *sink, struct rac_complaint *c)
{
	(void)c;
	return rac_report_json(&in->report, sink);
}

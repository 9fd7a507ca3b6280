/*
 * format_text.c - the form for people, by the emitter that the library itself uses.
 */
#include "formats.h"

bool rac_format_text(const struct rac_loaded *in, struct rac_sink *sink, struct rac_complaint *c)
{
	(void)c;
	return rac_report_text(&in->report, sink);
}

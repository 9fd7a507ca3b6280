/*
 * formats.h - the forms that `rac report` shows.
 */
#ifndef RAC_FORMATS_H
#define RAC_FORMATS_H

#include "report_load.h"

/*
 * One function for each form of formats.def. It hands the form to the sink, piece by piece, and returns false if the
 * sink refused or if the report cannot be put into that form; *c then says why, if it was not the
 * sink.
 */
#define REPORT_FORMAT(name, help) \
	bool rac_format_##name(   \
		const struct rac_loaded *in, struct rac_sink *sink, struct rac_complaint *c);
#define EXPORT_FORMAT(name, binary, several, help)
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT

#endif

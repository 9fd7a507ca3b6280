/*
 * export.h - what `rac export` hands to the makers of formats.
 */
#ifndef RAC_EXPORT_H
#define RAC_EXPORT_H

#include "report_load.h"
#include "stacks.h"

struct rac_export {
	const struct rac_loaded *reports;
	const char *const *users; /* whose process each is; NULL: not known */
	size_t count;             /* 1, but for formats that take several */
	enum rac_value value;     /* for formats that have one figure for a stack */
	const char *
		source_root; /* for those that name files of a repository; NULL: it is looked for */
};

/*
 * One function for each form of formats.def. It hands the form to the sink, piece by piece, and returns
 * false if the sink refused or if the reports cannot be put into that form; *c then says why, if it was
 * not the sink.
 */
#define REPORT_FORMAT(name, help)
#define EXPORT_FORMAT(name, binary, several, help) \
	bool rac_format_##name(                    \
		const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c);
#include "formats.def"
#undef REPORT_FORMAT
#undef EXPORT_FORMAT

#endif

/*
 * symbolise.h - makes of a report's addresses what people call them: frames get functions, files and lines,
 * CUDA's own frames are left out, and sites that are one place in the source become one. How names are
 * found is symbols.h's.
 */
#ifndef RAC_SYMBOLISE_H
#define RAC_SYMBOLISE_H

#include "args.h"
#include "report_load.h"

/* What users choose; part of a verb's options. */
struct rac_symbol_options {
	const char *debug_dirs;
	bool debuginfod;
	bool all_frames;
	bool no_symbols;
};

/* The flags for it, of a verb whose options hold such a struct as `field`. */
#define RAC_SYMBOL_FLAG(options, field, name, value, type, member, help)                        \
	{                                                                                       \
		(name), (value), RAC_FLAG_##type, offsetof(options, field.member), NULL, (help) \
	}
#define RAC_SYMBOL_FLAGS(options, field)                                                       \
	RAC_SYMBOL_FLAG(options, field, "--debug-dir", "DIR[:DIR...]", TEXT, debug_dirs,       \
		"folders with debug information or copies of the files that ran, by build id," \
		" besides /usr/lib/debug"),                                                    \
		RAC_SYMBOL_FLAG(options, field, "--debuginfod", NULL, SWITCH, debuginfod,      \
			"ask the servers that DEBUGINFOD_URLS names, too"),                    \
		RAC_SYMBOL_FLAG(options, field, "--all-frames", NULL, SWITCH, all_frames,      \
			"keep frames of CUDA's own libraries"),                                \
		RAC_SYMBOL_FLAG(options, field, "--no-symbols", NULL, SWITCH, no_symbols,      \
			"leave frames as recorded: module and offset")

/*
 * Does so with a report. What cannot be named keeps its module and offset, which is said once for each
 * file on stderr with a line that begins like the verb's other ones. Sites are as many as before or fewer;
 * their figures add up to the same. False: *c says why; the report is as it was.
 */
bool rac_symbolise(struct rac_loaded *loaded, const struct rac_symbol_options *options,
	const char *verb, struct rac_complaint *c);

/* rac_report_load, and then that. False: there is nothing to unload. */
bool rac_report_load_named(const char *word, const struct rac_symbol_options *options,
	const char *verb, struct rac_loaded *out, struct rac_complaint *c);

/* The part of it that makes one of equal sites; they are in memory of the caller, which the report
 * points to. False: no memory. */
bool rac_sites_group(
	struct rac_report *report, struct rac_report_site *sites, struct rac_pool *pool);

#endif

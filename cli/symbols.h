/*
 * symbols.h - names what lies at addresses of files: functions, also inlined ones, source files and lines.
 * It knows files and addresses; what a report makes of the names is symbolise.h's.
 *
 * A file is read only if it is the one that ran: its build id is that of the report or, where the report
 * knows none, it was not changed since the process started. Debug information is looked for in the file,
 * in the debug folders by build id and by the file's debug link (/usr/lib/debug, the file's own folder
 * and its .debug), and on debuginfod servers where that is asked for.
 *
 * The library is elfutils (libdw, libdwfl): it reads what compilers write today, finds separate debug
 * files, is kept by those who keep the format, and is in every distribution. Without it (see
 * cli/build.mk) nothing is named.
 */
#ifndef RAC_SYMBOLS_H
#define RAC_SYMBOLS_H

#include "pool.h"
#include <stdint.h>

/* An address, and what is there. */
struct rac_symbol {
	const char *module, *build_id; /* a path, and hexadecimal digits; "" where there is none */
	uint64_t offset;               /* as the headers of the file count */
	/* The result: the innermost of inlined functions first; 0: it is not known. */
	const struct rac_symbol_line *lines;
	size_t line_count;
};

struct rac_symbol_line {
	const char *function;
	const char *file; /* "" where not known */
	uint64_t line;    /* 0: not known */
};

struct rac_symbol_source {
	const char *debug_dirs;   /* separated by colons; NULL: none but the usual ones */
	bool debuginfod;          /* ask the servers that DEBUGINFOD_URLS names */
	uint64_t started_unix_ns; /* of the process */
	/* Says in a line why the addresses of a module stay without names. */
	void (*complain)(void *context, const char *line);
	void *context;
};

/* The library and its version, "elfutils 0.188"; NULL: this build has none. */
const char *rac_symbols_library(void);

/* The order of struct rac_symbol by module, build id and offset. */
int rac_symbol_compare(const void *a, const void *b);

/* Names n addresses, which are sorted by module, build id and offset. Results go into the pool. */
void rac_symbols_name(struct rac_symbol *symbols, size_t n, const struct rac_symbol_source *source,
	struct rac_pool *pool);

#endif

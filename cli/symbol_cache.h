/*
 * symbol_cache.h - names of addresses that were asked for before in this command: the processes of a job run the
 * same files, and reading those is what naming costs.
 */
#ifndef RAC_SYMBOL_CACHE_H
#define RAC_SYMBOL_CACHE_H

#include "symbols.h"

/*
 * As rac_symbols_name, of addresses that all differ. Results stay until the command ends. A file that cannot
 * be used is complained of once. Addresses without a build id are looked at anew each time, since whether a
 * file is the right one depends on when the process started. Not for threads.
 */
void rac_symbol_cache_name(
	struct rac_symbol *symbols, size_t n, const struct rac_symbol_source *source);

#endif

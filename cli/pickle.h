/*
 * pickle.h - Python's pickle format, as far as PyTorch's viewer in the browser reads it: protocol 2, with
 * dictionaries, lists, strings, integers and references to what was written before.
 *
 * What is written again and again is given a place once, and then referred to: without that a snapshot is
 * too large for a browser.
 */
#ifndef RAC_PICKLE_H
#define RAC_PICKLE_H

#include "emit.h"

void rac_pickle_begin(struct rac_emit *e);
void rac_pickle_end(struct rac_emit *e);

/* {, pairs of a key and a value, }. */
void rac_pickle_dict_begin(struct rac_emit *e);
void rac_pickle_dict_end(struct rac_emit *e);

/*
 * [, values, ]. Call item before each value, with how many there were before it: a list is extended in
 * portions, which keeps the stack of the reader small.
 */
void rac_pickle_list_begin(struct rac_emit *e);
void rac_pickle_list_item(struct rac_emit *e, size_t before);
void rac_pickle_list_end(struct rac_emit *e);

void rac_pickle_string(struct rac_emit *e, const char *string);
void rac_pickle_u64(struct rac_emit *e, uint64_t value); /* at most 2^63-1 is written */
void rac_pickle_bool(struct rac_emit *e, bool value);
void rac_pickle_pair_of_zeros(struct rac_emit *e); /* (0, 0) */

/* Keeps the value that was written last in a place, and writes it once more. */
void rac_pickle_keep(struct rac_emit *e, uint32_t place);
void rac_pickle_again(struct rac_emit *e, uint32_t place);

#endif

/*
 * code.h - the tables of this process's code: made when a first stack is kept, in the record as far as
 * readers need them. What they tell is code_modules.h's business.
 */
#ifndef RAC_CODE_H
#define RAC_CODE_H

#include "code_modules.h"
#include "state.h"

/* Any thread, any time; no thread waits for another. NULL: there is no memory for them. */
struct rac_code_modules *rac_code_modules_of(struct rac_state *state);

/* The table in the record; NULL: none was made. */
const struct rac_module_table *rac_code_table(struct rac_state *state);
size_t rac_code_table_bytes(void);

#endif

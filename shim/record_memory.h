/*
 * record_memory.h - memory for the tables of a record that grow; what the tables hold is core's.
 */
#ifndef RAC_RECORD_MEMORY_H
#define RAC_RECORD_MEMORY_H

#include "memory.h"

struct rac_state;

/* Memory for tables that belong to this state's record. */
struct rac_memory rac_record_memory(struct rac_state *state);

/* `bytes` bytes of private zeroed memory; NULL: there is none. errno is kept. */
void *rac_record_memory_private(uint64_t bytes);

#endif

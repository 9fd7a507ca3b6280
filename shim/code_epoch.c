/*
 * code_epoch.c - the counts of code_epoch.h.
 */
#include "code_epoch.h"

rac_atomic_u64 rac_code_unloads;
rac_atomic_u64 rac_code_loads;

/*
 * unwind_cfi.h - works out the rule that holds at a code address from the unwind tables of its image:
 * carries out the instructions up to there. It remembers nothing and reads no stack.
 */
#ifndef RAC_UNWIND_CFI_H
#define RAC_UNWIND_CFI_H

#include "elf_image.h"
#include "unwind_rule.h"

/* The kind is RAC_RULE_NONE where the tables say nothing or ask for what has no rule. */
void rac_unwind_cfi(const struct rac_image *image, uintptr_t address, struct rac_rule *out);

#endif

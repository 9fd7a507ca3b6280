/*
 * unwind_rule.h - how the caller's registers are found from those of a frame, at one code address: as it
 * is worked out from unwind tables, and packed into one word, as it is remembered. Only the forms that
 * compiled code uses have a place here; the others have no rule.
 */
#ifndef RAC_UNWIND_RULE_H
#define RAC_UNWIND_RULE_H

#include "atomics.h"
#include <stdbool.h>
#include <stdint.h>

enum rac_rule_kind {
	RAC_RULE_NONE,     /* no module is known there, or no table, or none of the forms below */
	RAC_RULE_LAST,     /* the tables say that nobody called it */
	RAC_RULE_SP,       /* the frame ends at stack pointer + cfa */
	RAC_RULE_FP,       /* at frame pointer + cfa */
	RAC_RULE_FP_DEREF, /* at what lies at frame pointer + cfa: a function that aligned its stack */
	RAC_RULE_SIGNAL, /* the kernel interrupted the caller and left its registers here */
};

/*
 * Offsets are multiples of 8. The return address lies at the end of the frame + ra, and so does the
 * caller's frame pointer at + fp, unless that is still in the register; with RAC_RULE_FP_DEREF it lies
 * at frame pointer + fp.
 */
struct rac_rule {
	enum rac_rule_kind kind;
	bool fp_is_saved;
	bool ra_is_saved; /* else in the link register; always saved on x86-64 */
	int64_t cfa, fp, ra;
};

/*
 * A packed rule, with the number of the module that its address is in:
 *
 *	module:16 kind:3 fp_is_saved:1 ra_is_saved:1 unused:1 cfa:24 slot:18
 *
 * On x86-64 the return address lies at the end of the frame and `slot` is fp. Elsewhere the two are saved
 * as a pair, and `slot` is fp and 8 below ra; or ra alone is saved, and `slot` is ra. In the one for no
 * known module cfa and slot hold the load epoch instead.
 */
#define RAC_RULE_CFA_BITS  24
#define RAC_RULE_SLOT_BITS 18

/* What x86-64's call pushes. */
#define RAC_RULE_RA_PUSHED (-8)

static inline uint64_t rac_rule_field(int64_t offset, unsigned bits)
{
	return (uint64_t)(offset / 8) & ((UINT64_C(1) << bits) - 1);
}

static inline bool rac_rule_fits(int64_t offset, unsigned bits)
{
	int64_t most = INT64_C(8) << (bits - 1);

	return offset % 8 == 0 && offset >= -most && offset < most;
}

static inline uint64_t rac_rule_pack_kind(uint16_t module, enum rac_rule_kind kind)
{
	return module | (uint64_t)kind << 16;
}

/* Packs a rule; RAC_RULE_NONE where it does not fit. */
static inline uint64_t rac_rule_pack(uint16_t module, const struct rac_rule *rule)
{
	int64_t slot = rule->fp_is_saved ? rule->fp : 0;
#if defined(__x86_64__)
	bool fits = rule->ra_is_saved && rule->ra == RAC_RULE_RA_PUSHED;
#else
	bool fits = !rule->fp_is_saved || !rule->ra_is_saved || rule->ra == rule->fp + 8;

	if (!rule->fp_is_saved && rule->ra_is_saved)
		slot = rule->ra;
#endif
	if (rule->kind != RAC_RULE_SP && rule->kind != RAC_RULE_FP &&
		rule->kind != RAC_RULE_FP_DEREF)
		return rac_rule_pack_kind(module, rule->kind);
	if (!fits || !rac_rule_fits(rule->cfa, RAC_RULE_CFA_BITS) ||
		!rac_rule_fits(slot, RAC_RULE_SLOT_BITS))
		return rac_rule_pack_kind(module, RAC_RULE_NONE);
	return rac_rule_pack_kind(module, rule->kind) | (uint64_t)rule->fp_is_saved << 19 |
		(uint64_t)rule->ra_is_saved << 20 |
		rac_rule_field(rule->cfa, RAC_RULE_CFA_BITS) << 22 |
		rac_rule_field(slot, RAC_RULE_SLOT_BITS) << 46;
}

static inline uint64_t rac_rule_pack_unknown(uint64_t load_epoch)
{
	return rac_rule_pack_kind(0, RAC_RULE_NONE) | load_epoch << 22;
}

static inline uint64_t rac_rule_load_epoch(uint64_t packed)
{
	return packed >> 22;
}

static inline uint16_t rac_rule_module(uint64_t packed)
{
	return (uint16_t)packed;
}

static inline enum rac_rule_kind rac_rule_kind(uint64_t packed)
{
	return (enum rac_rule_kind)(packed >> 16 & 7);
}

static inline bool rac_rule_fp_is_saved(uint64_t packed)
{
	return (packed >> 19 & 1) != 0;
}

static inline bool rac_rule_ra_is_saved(uint64_t packed)
{
	return (packed >> 20 & 1) != 0;
}

/* Sign-extended, in bytes. */
static inline int64_t rac_rule_cfa(uint64_t packed)
{
	return ((int64_t)(packed << 18) >> 40) * 8;
}

static inline int64_t rac_rule_slot(uint64_t packed)
{
	return ((int64_t)packed >> 46) * 8;
}

#endif

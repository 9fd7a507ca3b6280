/*
 * unwind_cfi.c - see unwind_cfi.h.
 */
#include "unwind_cfi.h"

#include "safe_read.h"
#include "unwind_expression.h"
#include "unwind_program.h"
#include <string.h>

/* What the kernel lets a signal handler return to; a system call that does not return. Its frame is the
 * kernel's, whatever tables say of it: those of some kernels and C libraries say nothing. */
#if defined(__x86_64__)
static const unsigned char signal_return[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
#else
static const unsigned char signal_return[] = {0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4};
#endif

static bool returns_from_signal(uintptr_t address)
{
	unsigned char code[sizeof(signal_return)];

	/* `address` is one before what the handler returns to. */
	return rac_safe_read(code, address + 1, sizeof(code)) &&
		memcmp(code, signal_return, sizeof(code)) == 0;
}

static bool find_end(const struct rac_unwind_row *row, uintptr_t address, struct rac_rule *out)
{
	struct rac_unwind_value end = {
		.has_register = true,
		.number = (uint8_t)row->cfa_register,
		.offset = row->cfa_offset,
	};

	if (row->cfa_expression != 0 &&
		!rac_unwind_expression(row->cfa_expression, row->cfa_expression_end, address, &end))
		return false;
	if (!end.has_register || row->cfa_register > UINT8_MAX)
		return false;
	out->cfa = end.offset;
	if (end.number == RAC_REGISTER_SP && !end.is_memory)
		out->kind = RAC_RULE_SP;
	else if (end.number == RAC_REGISTER_FP)
		out->kind = end.is_memory ? RAC_RULE_FP_DEREF : RAC_RULE_FP;
	else
		return false;
	return true;
}

/* A place that an expression tells must be known from the frame pointer, as the end of the frame is. */
static bool find_fp(const struct rac_unwind_place *fp, uintptr_t address, struct rac_rule *out)
{
	struct rac_unwind_value value;

	out->fp_is_saved = fp->how != RAC_PLACE_SAME;
	out->fp = fp->offset;
	if (out->kind != RAC_RULE_FP_DEREF || !out->fp_is_saved)
		return fp->how == RAC_PLACE_SAME || fp->how == RAC_PLACE_SAVED;
	if (fp->how != RAC_PLACE_EXPRESSION ||
		!rac_unwind_expression(fp->expression, fp->expression_end, address, &value) ||
		!value.has_register || value.is_memory || value.number != RAC_REGISTER_FP)
		return false;
	out->fp = value.offset;
	return true;
}

static bool find_ra(const struct rac_unwind_place *ra, struct rac_rule *out)
{
	out->ra_is_saved = ra->how == RAC_PLACE_SAVED;
	out->ra = ra->offset;
#if defined(__x86_64__)
	return out->ra_is_saved && out->ra == RAC_RULE_RA_PUSHED;
#else
	return out->ra_is_saved || ra->how == RAC_PLACE_SAME;
#endif
}

void rac_unwind_cfi(const struct rac_image *image, uintptr_t address, struct rac_rule *out)
{
	struct rac_unwind_entry entry;
	struct rac_unwind_row row;
	bool is_found = rac_unwind_table_find(image, address, &entry);

	*out = (struct rac_rule){.kind = RAC_RULE_NONE};
	if (!is_found || entry.is_signal_frame) {
		if (returns_from_signal(address))
			out->kind = RAC_RULE_SIGNAL;
		if (!is_found || out->kind == RAC_RULE_SIGNAL)
			return;
	}
	if (entry.return_register != RAC_REGISTER_RA || !rac_unwind_program(&entry, address, &row))
		return;
	if (row.ra.how == RAC_PLACE_UNDEFINED)
		out->kind = RAC_RULE_LAST;
	else if (!find_end(&row, address, out) || !find_fp(&row.fp, address, out) ||
		!find_ra(&row.ra, out))
		out->kind = RAC_RULE_NONE;
}

/*
 * unwind_program.c - see unwind_program.h.
 */
#include "unwind_program.h"

#include "unwind_bytes.h"

enum {
	CFA_NOP = 0x00,
	CFA_SET_LOC = 0x01,
	CFA_ADVANCE_LOC1 = 0x02,
	CFA_ADVANCE_LOC2 = 0x03,
	CFA_ADVANCE_LOC4 = 0x04,
	CFA_OFFSET_EXTENDED = 0x05,
	CFA_RESTORE_EXTENDED = 0x06,
	CFA_UNDEFINED = 0x07,
	CFA_SAME_VALUE = 0x08,
	CFA_REGISTER = 0x09,
	CFA_REMEMBER_STATE = 0x0a,
	CFA_RESTORE_STATE = 0x0b,
	CFA_DEF_CFA = 0x0c,
	CFA_DEF_CFA_REGISTER = 0x0d,
	CFA_DEF_CFA_OFFSET = 0x0e,
	CFA_DEF_CFA_EXPRESSION = 0x0f,
	CFA_EXPRESSION = 0x10,
	CFA_OFFSET_EXTENDED_SF = 0x11,
	CFA_DEF_CFA_SF = 0x12,
	CFA_DEF_CFA_OFFSET_SF = 0x13,
	CFA_VAL_OFFSET = 0x14,
	CFA_VAL_OFFSET_SF = 0x15,
	CFA_VAL_EXPRESSION = 0x16,
	CFA_AARCH64_NEGATE_RA_STATE = 0x2d,
	CFA_GNU_ARGS_SIZE = 0x2e,
	CFA_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
	CFA_ADVANCE_LOC = 0x40,
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0,
};

#define REMEMBERED_MAX 6

struct machine {
	const struct rac_unwind_entry *entry;
	uintptr_t address, location;
	struct rac_unwind_row row, initial;
	struct rac_unwind_row remembered[REMEMBERED_MAX];
	unsigned remembered_count;
	bool unknown; /* an instruction that is not known, or too many rows to remember */
};

static struct rac_unwind_place *place_of(
	struct machine *m, struct rac_unwind_row *row, uint64_t number)
{
	if (number == RAC_REGISTER_FP)
		return &row->fp;
	return number == m->entry->return_register ? &row->ra : NULL;
}

static void set_place(struct machine *m, uint64_t number, struct rac_unwind_place place)
{
	struct rac_unwind_place *p = place_of(m, &m->row, number);

	if (p != NULL)
		*p = place;
}

static void restore_place(struct machine *m, uint64_t number)
{
	const struct rac_unwind_place *initial = place_of(m, &m->initial, number);

	if (initial != NULL)
		set_place(m, number, *initial);
}

static void set_saved(struct machine *m, uint64_t number, int64_t steps)
{
	set_place(m, number,
		(struct rac_unwind_place){.how = RAC_PLACE_SAVED,
			.offset = (int64_t)((uint64_t)steps * (uint64_t)m->entry->data_step)});
}

static void set_expression(struct machine *m, struct rac_bytes *b)
{
	uint64_t number = rac_bytes_uleb(b), bytes = rac_bytes_uleb(b);
	struct rac_unwind_place place = {.how = RAC_PLACE_EXPRESSION, .expression = b->at};

	rac_bytes_skip(b, bytes);
	place.expression_end = b->at;
	set_place(m, number, place);
}

static void set_cfa_expression(struct machine *m, struct rac_bytes *b)
{
	uint64_t bytes = rac_bytes_uleb(b);

	m->row.cfa_expression = b->at;
	rac_bytes_skip(b, bytes);
	m->row.cfa_expression_end = b->at;
}

static void set_cfa(struct machine *m, uint64_t number, int64_t offset)
{
	m->row.cfa_register = number;
	m->row.cfa_offset = offset;
	m->row.cfa_expression = 0;
}

static void remember(struct machine *m)
{
	if (m->remembered_count == REMEMBERED_MAX)
		m->unknown = true;
	else
		m->remembered[m->remembered_count++] = m->row;
}

static void recall(struct machine *m)
{
	if (m->remembered_count == 0)
		m->unknown = true;
	else
		m->row = m->remembered[--m->remembered_count];
}

static void step_of_location(struct machine *m, struct rac_bytes *b, uint64_t op)
{
	switch (op) {
	case CFA_SET_LOC:
		m->location = rac_bytes_pointer(b, m->entry->pointer_encoding);
		break;
	case CFA_ADVANCE_LOC1:
		m->location += rac_bytes_unsigned(b, 1) * m->entry->code_step;
		break;
	case CFA_ADVANCE_LOC2:
		m->location += rac_bytes_unsigned(b, 2) * m->entry->code_step;
		break;
	default:
		m->location += rac_bytes_unsigned(b, 4) * m->entry->code_step;
		break;
	}
}

static void step_of_cfa(struct machine *m, struct rac_bytes *b, uint64_t op)
{
	const struct rac_unwind_row *row = &m->row;
	uint64_t number;

	switch (op) {
	case CFA_DEF_CFA:
		number = rac_bytes_uleb(b);
		set_cfa(m, number, (int64_t)rac_bytes_uleb(b));
		break;
	case CFA_DEF_CFA_SF:
		number = rac_bytes_uleb(b);
		set_cfa(m, number, rac_bytes_sleb(b) * m->entry->data_step);
		break;
	case CFA_DEF_CFA_REGISTER:
		set_cfa(m, rac_bytes_uleb(b), row->cfa_offset);
		break;
	case CFA_DEF_CFA_OFFSET:
		set_cfa(m, row->cfa_register, (int64_t)rac_bytes_uleb(b));
		break;
	case CFA_DEF_CFA_OFFSET_SF:
		set_cfa(m, row->cfa_register, rac_bytes_sleb(b) * m->entry->data_step);
		break;
	default:
		set_cfa_expression(m, b);
		break;
	}
}

static void step_of_register(struct machine *m, struct rac_bytes *b, uint64_t op)
{
	uint64_t number;

	if (op == CFA_EXPRESSION) {
		set_expression(m, b);
		return;
	}
	number = rac_bytes_uleb(b);
	switch (op) {
	case CFA_OFFSET_EXTENDED:
		set_saved(m, number, (int64_t)rac_bytes_uleb(b));
		break;
	case CFA_OFFSET_EXTENDED_SF:
		set_saved(m, number, rac_bytes_sleb(b));
		break;
	case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
		set_saved(m, number, -(int64_t)rac_bytes_uleb(b));
		break;
	case CFA_RESTORE_EXTENDED:
		restore_place(m, number);
		break;
	case CFA_UNDEFINED:
		set_place(m, number, (struct rac_unwind_place){.how = RAC_PLACE_UNDEFINED});
		break;
	case CFA_SAME_VALUE:
		set_place(m, number, (struct rac_unwind_place){.how = RAC_PLACE_SAME});
		break;
	case CFA_VAL_EXPRESSION:
		rac_bytes_skip(b, rac_bytes_uleb(b));
		set_place(m, number, (struct rac_unwind_place){.how = RAC_PLACE_ELSEWHERE});
		break;
	default: /* in another register, or a sum: one number, signed or not */
		rac_bytes_uleb(b);
		set_place(m, number, (struct rac_unwind_place){.how = RAC_PLACE_ELSEWHERE});
		break;
	}
}

static void step(struct machine *m, struct rac_bytes *b)
{
	uint64_t op = rac_bytes_unsigned(b, 1), low = op & 0x3f;

	switch (op & 0xc0) {
	case CFA_ADVANCE_LOC:
		m->location += low * m->entry->code_step;
		return;
	case CFA_OFFSET:
		set_saved(m, low, (int64_t)rac_bytes_uleb(b));
		return;
	case CFA_RESTORE:
		restore_place(m, low);
		return;
	default:
		break;
	}
	switch (op) {
	case CFA_NOP:
	case CFA_AARCH64_NEGATE_RA_STATE: /* the signature is taken off wherever there is one */
		break;
	case CFA_SET_LOC:
	case CFA_ADVANCE_LOC1:
	case CFA_ADVANCE_LOC2:
	case CFA_ADVANCE_LOC4:
		step_of_location(m, b, op);
		break;
	case CFA_DEF_CFA:
	case CFA_DEF_CFA_SF:
	case CFA_DEF_CFA_REGISTER:
	case CFA_DEF_CFA_OFFSET:
	case CFA_DEF_CFA_OFFSET_SF:
	case CFA_DEF_CFA_EXPRESSION:
		step_of_cfa(m, b, op);
		break;
	case CFA_OFFSET_EXTENDED:
	case CFA_OFFSET_EXTENDED_SF:
	case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
	case CFA_RESTORE_EXTENDED:
	case CFA_UNDEFINED:
	case CFA_SAME_VALUE:
	case CFA_REGISTER:
	case CFA_EXPRESSION:
	case CFA_VAL_OFFSET:
	case CFA_VAL_OFFSET_SF:
	case CFA_VAL_EXPRESSION:
		step_of_register(m, b, op);
		break;
	case CFA_REMEMBER_STATE:
		remember(m);
		break;
	case CFA_RESTORE_STATE:
		recall(m);
		break;
	case CFA_GNU_ARGS_SIZE:
		rac_bytes_uleb(b);
		break;
	default:
		m->unknown = true;
		break;
	}
}

/* What was reached holds from its location up to the next one. */
static bool run(struct machine *m, uintptr_t instructions, uintptr_t end)
{
	struct rac_bytes b;

	rac_bytes_start(&b, instructions, end);
	while (rac_bytes_more(&b) && !m->unknown && m->location <= m->address)
		step(m, &b);
	return !b.failed && !m->unknown;
}

bool rac_unwind_program(
	const struct rac_unwind_entry *entry, uintptr_t address, struct rac_unwind_row *out)
{
	struct machine m = {
		.entry = entry,
		.address = address,
		.location = entry->start,
	};

	if (!run(&m, entry->common, entry->common_end))
		return false;
	m.initial = m.row;
	if (!run(&m, entry->instructions, entry->instructions_end))
		return false;
	*out = m.row;
	return true;
}

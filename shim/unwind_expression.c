/*
 * unwind_expression.c - see unwind_expression.h.
 *
 * Compilers write such expressions for functions that align their stack (what lies at frame pointer - 8),
 * linkers for lazy jumps (the stack pointer, and 8 more behind the push, told by the lowest bits of the
 * address): the address is known here, so those come to a sum, too.
 */
#include "unwind_expression.h"

#include "unwind_bytes.h"

#define STACK_MAX 4

enum {
	OP_DEREF = 0x06,
	OP_CONST1U = 0x08,
	OP_CONST1S = 0x09,
	OP_AND = 0x1a,
	OP_MINUS = 0x1c,
	OP_PLUS = 0x22,
	OP_PLUS_UCONST = 0x23,
	OP_SHL = 0x24,
	OP_EQ = 0x29,
	OP_GE = 0x2a,
	OP_GT = 0x2b,
	OP_LE = 0x2c,
	OP_LT = 0x2d,
	OP_NE = 0x2e,
	OP_LIT0 = 0x30,
	OP_LIT31 = 0x4f,
	OP_BREG0 = 0x70,
	OP_BREG31 = 0x8f,
};

#if defined(__x86_64__)
#define REGISTER_ADDRESS 16
#else
#define REGISTER_ADDRESS UINT8_MAX /* none */
#endif

struct stack {
	unsigned depth;
	struct rac_unwind_value values[STACK_MAX];
};

static bool push(struct stack *s, struct rac_unwind_value value)
{
	if (s->depth == STACK_MAX)
		return false;
	s->values[s->depth++] = value;
	return true;
}

static bool push_constant(struct stack *s, int64_t constant)
{
	return push(s, (struct rac_unwind_value){.offset = constant});
}

static bool push_register(struct stack *s, uint8_t number, int64_t offset, uintptr_t address)
{
	if (number == REGISTER_ADDRESS)
		return push_constant(s, (int64_t)address + offset);
	return push(s,
		(struct rac_unwind_value){
			.has_register = true, .number = number, .offset = offset});
}

static bool is_constant(const struct rac_unwind_value *v)
{
	return !v->has_register && !v->is_memory;
}

/* Of two operands; `a` may be a register's only where a sum comes of it. */
static bool combine(uint64_t op, struct rac_unwind_value *a, const struct rac_unwind_value *b)
{
	if (a->is_memory || !is_constant(b) || (a->has_register && op != OP_PLUS && op != OP_MINUS))
		return false;
	switch (op) {
	case OP_PLUS:
		a->offset = (int64_t)((uint64_t)a->offset + (uint64_t)b->offset);
		return true;
	case OP_MINUS:
		a->offset = (int64_t)((uint64_t)a->offset - (uint64_t)b->offset);
		return true;
	case OP_AND:
		a->offset &= b->offset;
		return true;
	case OP_SHL:
		if (b->offset < 0 || b->offset > 63)
			return false;
		a->offset = (int64_t)((uint64_t)a->offset << b->offset);
		return true;
	case OP_EQ:
		a->offset = a->offset == b->offset;
		return true;
	case OP_GE:
		a->offset = a->offset >= b->offset;
		return true;
	case OP_GT:
		a->offset = a->offset > b->offset;
		return true;
	case OP_LE:
		a->offset = a->offset <= b->offset;
		return true;
	case OP_LT:
		a->offset = a->offset < b->offset;
		return true;
	case OP_NE:
		a->offset = a->offset != b->offset;
		return true;
	default:
		return false;
	}
}

static bool step(struct stack *s, uint64_t op, struct rac_bytes *b, uintptr_t address)
{
	struct rac_unwind_value *top = s->depth > 0 ? &s->values[s->depth - 1] : NULL;

	if (op >= OP_LIT0 && op <= OP_LIT31)
		return push_constant(s, (int64_t)(op - OP_LIT0));
	if (op >= OP_BREG0 && op <= OP_BREG31)
		return push_register(s, (uint8_t)(op - OP_BREG0), rac_bytes_sleb(b), address);
	if (op == OP_CONST1U)
		return push_constant(s, (int64_t)rac_bytes_unsigned(b, 1));
	if (op == OP_CONST1S)
		return push_constant(s, (int8_t)rac_bytes_unsigned(b, 1));
	if (op == OP_DEREF || op == OP_PLUS_UCONST) {
		if (top == NULL || top->is_memory)
			return false;
		top->is_memory = op == OP_DEREF;
		if (op == OP_PLUS_UCONST)
			top->offset = (int64_t)((uint64_t)top->offset + rac_bytes_uleb(b));
		return true;
	}
	if (s->depth < 2)
		return false;
	s->depth--;
	/* A sum may have the register on either side. */
	if (op == OP_PLUS && is_constant(&top[-1])) {
		struct rac_unwind_value left = top[-1];

		top[-1] = *top;
		return combine(op, &top[-1], &left);
	}
	return combine(op, &top[-1], top);
}

bool rac_unwind_expression(
	uintptr_t at, uintptr_t end, uintptr_t address, struct rac_unwind_value *out)
{
	struct stack s = {0};
	struct rac_bytes b;

	rac_bytes_start(&b, at, end);
	while (rac_bytes_more(&b)) {
		uint64_t op = rac_bytes_unsigned(&b, 1);

		if (!step(&s, op, &b, address))
			return false;
	}
	if (b.failed || s.depth != 1)
		return false;
	*out = s.values[0];
	return true;
}

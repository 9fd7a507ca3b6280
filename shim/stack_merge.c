/*
 * stack_merge.c - see stack_merge.h.
 */
#include "stack_merge.h"

struct merged {
	uint16_t *out;
	unsigned count, most;
};

static void add(struct merged *m, unsigned frame)
{
	if (m->count < m->most)
		m->out[m->count++] = (uint16_t)frame;
}

/* The first of the Python frames from `at` on that was entered below `end`, or `count`. */
static unsigned find_entry(
	const struct rac_python_frame *python, unsigned at, unsigned count, uintptr_t end)
{
	while (at < count && python[at].entry == 0)
		at++;
	return at < count && python[at].entry < end ? at : count;
}

void rac_stack_find_carriers(const uint64_t *native, const uintptr_t *stack, unsigned native_count,
	const struct rac_python_frame *python, unsigned python_count, uint16_t module,
	struct rac_frame_set *out)
{
	uintptr_t outermost = 0;

	*out = (struct rac_frame_set){{0}};
	for (unsigned i = python_count; i-- > 0 && outermost == 0;)
		outermost = python[i].entry;
	if (module == RAC_MODULE_UNKNOWN || outermost == 0)
		return;
	/* The first one that ends behind it is the one that it was entered in. */
	for (unsigned i = 0; i < native_count && (i == 0 || stack[i - 1] <= outermost); i++)
		if (rac_pc_module(native[i]) == module)
			out->words[i / 64] |= UINT64_C(1) << i % 64;
}

unsigned rac_stack_merge(const uintptr_t *stack, unsigned native_count,
	const struct rac_frame_set *carriers, const struct rac_python_frame *python,
	unsigned python_count, uint16_t *out, unsigned most)
{
	struct merged m = {.out = out, .most = most};
	unsigned at = 0;

	for (unsigned i = 0; i < native_count; i++) {
		unsigned entry = find_entry(python, at, python_count, stack[i]);

		if (entry == python_count && !rac_frame_set_has(carriers, i))
			add(&m, i);
		for (; entry != python_count;
			entry = find_entry(python, at, python_count, stack[i]))
			while (at <= entry)
				add(&m, RAC_MERGED_PYTHON | at++);
	}
	while (at < python_count)
		add(&m, RAC_MERGED_PYTHON | at++);
	return m.count;
}

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

unsigned rac_stack_merge(const uintptr_t *stack, unsigned native_count,
	const struct rac_python_frame *python, unsigned python_count, uint16_t *out, unsigned most)
{
	struct merged m = {.out = out, .most = most};
	unsigned at = 0;

	for (unsigned i = 0; i < native_count; i++) {
		unsigned entry = find_entry(python, at, python_count, stack[i]);

		if (entry == python_count)
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

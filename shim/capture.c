/*
 * capture.c - see capture.h; how the frames are stored is capture_store.c's.
 */
#include "capture.h"

#include "thread.h"

/* How far out the interpreter is looked for, where the frames that are kept do not reach it. */
#define FURTHEST 128

uint64_t rac_capture_caller(struct rac_state *state)
{
	struct rac_code_modules *modules = rac_code_modules_of(state);
	uintptr_t address = (uintptr_t)rac_thread_caller();
	uint16_t module =
		modules != NULL ? rac_code_modules_find(modules, address - 1) : RAC_MODULE_UNKNOWN;

	/* Generated code is one place, or a program that makes it again and again would have ever more. */
	return module != RAC_MODULE_UNKNOWN ? rac_pc(module, address) : 0;
}

static void take_caller(struct rac_state *state, struct rac_capture *c)
{
	c->native[0] = rac_capture_caller(state);
	c->stack[0] = 0;
	c->native_count = 1;
	c->carriers = (struct rac_frame_set){{0}};
}

/* A stack that was cut, or ends in code without unwind tables, may not reach to the caller, who owns what is
 * asked for: then the last frame is his. */
static void add_caller(struct rac_state *state, struct rac_capture *c, unsigned most)
{
	uint64_t address = rac_pc_address((uintptr_t)rac_thread_caller());

	for (unsigned i = 0; i < c->native_count; i++)
		if (rac_pc_address(c->native[i]) == address)
			return;
	if (c->native_count == most)
		c->native_count--;
	c->carriers.words[c->native_count / 64] &= ~(UINT64_C(1) << c->native_count % 64);
	c->native[c->native_count] = rac_capture_caller(state);
	c->stack[c->native_count++] = 0;
}

/* Said in the report: who looks for his functions is to know why they are not there. */
__attribute__((noinline)) static void note_unread(
	struct rac_state *state, const struct rac_python_interpreter *in)
{
	uint32_t version = in->version != 0 ? in->version : 1;

	/* Relaxed: one figure, read for the report. */
	if (rac_load_relaxed(&state->record.header->unread_python) != version)
		rac_store_relaxed(&state->record.header->unread_python, version);
}

/* Python may have been left further out than there are frames to be kept. */
__attribute__((noinline)) static void walk_far(
	const struct rac_code *code, struct rac_capture *c, unsigned most)
{
	uint64_t native[FURTHEST];
	enum rac_unwind_end end;
	unsigned count = rac_unwind(code->unwind, native, NULL, FURTHEST, &end);

	c->python_count = rac_python_walk(code->python, native, count, c->python, most, &c->in);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * UINT64_C(0xd6e8feb86659fd93);
	return a ^ a >> 32;
}

/* Two chains, which the processor follows at the same time. */
static uint64_t hash_of(const struct rac_capture *c)
{
	uint64_t even = 0, odd = c->python_count;
	unsigned count = 0, i;

	for (i = 0; i < c->native_count; i++) {
		if (rac_frame_set_has(&c->carriers, i))
			continue;
		if (count++ % 2 == 0)
			even = mix(even, c->native[i]);
		else
			odd = mix(odd, c->native[i]);
	}
	even = mix(even, count);
	for (i = 0; i < c->python_count; i++)
		odd = mix(odd, c->python[i].key);
	return mix(even * UINT64_C(0x9e3779b97f4a7c15), odd);
}

void rac_capture(struct rac_state *state, struct rac_capture *c)
{
	const struct rac_code *code = rac_code_of(state);
	unsigned stacks = state->settings.stacks, most = c->most;
	enum rac_unwind_end end;

	c->python_count = 0;
	c->carriers = (struct rac_frame_set){{0}};
	if (code == NULL) {
		take_caller(state, c);
		c->hash = c->native[0];
		return;
	}
	c->native_count = rac_unwind(code->unwind, c->native, c->stack, most, &end);
	if ((stacks & RAC_STACKS_PYTHON) != 0) {
		c->python_count = rac_python_walk(
			code->python, c->native, c->native_count, c->python, most, &c->in);
		if (c->in == NULL && end == RAC_UNWIND_DEPTH)
			walk_far(code, c, most);
		if (c->python_count > 0)
			rac_stack_find_carriers(c->native, c->stack, c->native_count, c->python,
				c->python_count, c->in->module, &c->carriers);
		if (c->in != NULL && __builtin_expect(!c->in->known, 0))
			note_unread(state, c->in);
	}
	if ((stacks & RAC_STACKS_NATIVE) == 0)
		take_caller(state, c);
	else if (end != RAC_UNWIND_COMPLETE)
		add_caller(state, c, most);
	c->hash = hash_of(c);
}

/*
 * unwind_stack.c - see unwind_stack.h.
 */
#include "unwind_stack.h"

#include "stack_reach.h"
#include "unwind_cfi.h"

/* Registers of a frame, as far as they are followed. `address` is in the instruction that is being
 * carried out: in a caller, the call. */
struct frame {
	uintptr_t address, sp, fp;
	uintptr_t link; /* not on x86-64 */
};

/*
 * SIGNAL_*: what the kernel saved for a signal handler, from the stack pointer that the handler returns
 * with. LEAST_FRAME: a call makes a frame where it pushes its return address. SLOT_BYTES: what is read at
 * the slot of a rule.
 */
#if defined(__x86_64__)

enum { SIGNAL_ADDRESS = 168, SIGNAL_SP = 160, SIGNAL_FP = 120, SIGNAL_BYTES = 176 };
enum { LEAST_FRAME = 8, SLOT_BYTES = 8 };

#define TAKE_REGISTERS(f)                                                        \
	__asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2" \
			 : "=&r"((f).address), "=&r"((f).sp), "=&r"((f).fp))

#else

enum { SIGNAL_ADDRESS = 568, SIGNAL_SP = 560, SIGNAL_FP = 544, SIGNAL_BYTES = 576 };
enum { SIGNAL_LINK = 552 };
enum { LEAST_FRAME = 0, SLOT_BYTES = 16 };

#define TAKE_REGISTERS(f)                                         \
	__asm__ volatile("adr %0, .\n\tmov %1, sp\n\tmov %2, x29" \
			 : "=&r"((f).address), "=&r"((f).sp), "=&r"((f).fp))

#endif

/* Nothing is mapped below, whatever the machine. */
#define LOWEST_ADDRESS 4096

struct rac_unwind *rac_unwind_init(void *memory, struct rac_code_modules *modules, bool skip_own)
{
	struct rac_unwind *u = memory;

	u->modules = modules;
	u->skipped = skip_own ? rac_code_modules_find(modules, (uintptr_t)&rac_unwind_init)
			      : RAC_MODULE_UNKNOWN;
	return u;
}

static inline struct rac_unwind_slot *set_of(struct rac_unwind *u, uintptr_t address)
{
	uint64_t hash = (uint64_t)address * UINT64_C(0x9e3779b97f4a7c15);

	return u->sets[hash >> 40 & (RAC_UNWIND_SETS - 1)].slots;
}

/* Halves of two writes never make a tag that fits: two rules differ by far more than two addresses when
 * they are multiplied so. */
static inline uint64_t tag_of(uintptr_t address, uint64_t rule)
{
	return address ^ rule * UINT64_C(0xd6e8feb86659fd93);
}

/* Relaxed, then release: a half-written slot is told by its tag; who sees the tag sees what is known of
 * the module. */
static void remember(struct rac_unwind *u, uintptr_t address, uint64_t rule)
{
	struct rac_unwind_slot *set = set_of(u, address), *slot = NULL;

	for (unsigned i = 0; i < RAC_UNWIND_WAYS && slot == NULL; i++) {
		uint64_t tag = rac_load_relaxed(&set[i].tag), old = rac_load_relaxed(&set[i].rule);

		/* Free, or the address's own of before. */
		if ((tag == 0 && old == 0) || tag == tag_of(address, old))
			slot = &set[i];
	}
	/* Relaxed: any turn will do. */
	if (slot == NULL)
		slot = &set[rac_fetch_add_relaxed(&u->turn, 1) % RAC_UNWIND_WAYS];
	rac_store_relaxed(&slot->rule, rule);
	rac_store_release(&slot->tag, tag_of(address, rule));
}

/* Out of line, so that the hot path does not carry its stack and registers. */
__attribute__((noinline)) static uint64_t learn_rule(struct rac_unwind *u, uintptr_t address)
{
	uint64_t packed = rac_rule_pack_unknown(rac_code_load_epoch());
	struct rac_image image;
	struct rac_rule rule;
	uint16_t module;

	switch (rac_code_modules_image(u->modules, address, &module, &image)) {
	case RAC_CODE_UNREADABLE:
		return packed; /* perhaps it can be told the next time */
	case RAC_CODE_NO_MODULE:
		break;
	case RAC_CODE_FOUND:
		rac_unwind_cfi(&image, address, &rule);
		packed = rac_rule_pack(module, &rule);
		break;
	}
	remember(u, address, packed);
	return packed;
}

/* A remembered rule whose module was not looked at since code was last unloaded. */
__attribute__((noinline)) static uint64_t check_rule(
	struct rac_unwind *u, uintptr_t address, uint64_t rule)
{
	uint16_t module = rac_rule_module(rule);
	bool holds = module == RAC_MODULE_UNKNOWN
		? rac_rule_load_epoch(rule) == rac_code_load_epoch()
		: rac_code_modules_check(u->modules, module);

	return holds ? rule : learn_rule(u, address);
}

static inline uint64_t rule_of(struct rac_unwind *u, uintptr_t address, uint64_t epoch)
{
	const struct rac_unwind_slot *set = set_of(u, address);
	uint64_t rule = 0;
	unsigned i;

	for (i = 0; i < RAC_UNWIND_WAYS; i++) {
		uint64_t tag = rac_load_acquire(&set[i].tag);

		rule = rac_load_relaxed(&set[i].rule);
		if (__builtin_expect(tag == tag_of(address, rule), 1))
			break;
	}
	if (__builtin_expect(i == RAC_UNWIND_WAYS, 0))
		return learn_rule(u, address);
	if (__builtin_expect(
		    !rac_code_modules_is_current(u->modules, rac_rule_module(rule), epoch), 0))
		return check_rule(u, address, rule);
	return rule;
}

/* Memory of the stack that a frame may have put a register in. */
static inline bool can_read(struct rac_stack_reach *reach, uintptr_t at, uintptr_t bytes)
{
	return at % 8 == 0 && at >= reach->start && at <= UINTPTR_MAX - bytes &&
		(at + bytes <= reach->end || rac_stack_extend(reach, at + bytes));
}

/* A program may keep red zones and shadow bytes of a sanitizer's where its frames lie. */
#define READS_STACK __attribute__((no_sanitize("address", "thread")))

READS_STACK static inline uintptr_t read_word(uintptr_t at)
{
	return *(const volatile uintptr_t *)at;
}

#if defined(__x86_64__)

static inline bool needs_slot(uint64_t rule)
{
	return rac_rule_fp_is_saved(rule);
}

READS_STACK static inline uintptr_t return_address(
	struct frame *f, uintptr_t end, uintptr_t slot, uint64_t rule)
{
	(void)f;
	(void)slot;
	(void)rule;
	return read_word(end + (uintptr_t)RAC_RULE_RA_PUSHED);
}

#else

static inline bool needs_slot(uint64_t rule)
{
	return rac_rule_fp_is_saved(rule) || rac_rule_ra_is_saved(rule);
}

/* An address may be signed, in bits that no address of code has. */
READS_STACK static inline uintptr_t return_address(
	struct frame *f, uintptr_t end, uintptr_t slot, uint64_t rule)
{
	uintptr_t ra = f->link;

	(void)end;
	if (rac_rule_ra_is_saved(rule))
		ra = read_word(rac_rule_fp_is_saved(rule) ? slot + 8 : slot);
	f->link = 0; /* only the innermost function can have left it in the register */
	return ra & ((UINT64_C(1) << RAC_PC_ADDRESS_BITS) - 1);
}

#endif

/* Where the frame ends; 0: nowhere that can be. */
READS_STACK static inline uintptr_t end_of(
	struct rac_stack_reach *reach, const struct frame *f, uint64_t rule)
{
	uintptr_t end = (uintptr_t)rac_rule_cfa(rule);

	switch (rac_rule_kind(rule)) {
	case RAC_RULE_SP:
		end += f->sp;
		break;
	case RAC_RULE_FP:
		end += f->fp;
		break;
	default:
		end += f->fp;
		end = can_read(reach, end, 8) ? read_word(end) : 0;
		break;
	}
	return end >= f->sp + LEAST_FRAME && can_read(reach, end, 0) ? end : 0;
}

/* To who was interrupted by a signal, on whichever stack that was. */
READS_STACK static bool step_over_signal(struct rac_stack_reach *reach, struct frame *f)
{
	uintptr_t sp = f->sp;

	if (!can_read(reach, sp, SIGNAL_BYTES))
		return false;
	f->address = read_word(sp + SIGNAL_ADDRESS);
	f->sp = read_word(sp + SIGNAL_SP);
	f->fp = read_word(sp + SIGNAL_FP);
#if !defined(__x86_64__)
	f->link = read_word(sp + SIGNAL_LINK);
#endif
	if (f->sp < reach->start || f->sp >= reach->end)
		rac_stack_reach(reach, f->sp);
	return f->sp % 8 == 0 && f->address >= LOWEST_ADDRESS;
}

/* From a frame to its caller's. False: there is none, and then `address` is 0, or it cannot be one. */
READS_STACK static inline bool step(struct rac_stack_reach *reach, struct frame *f, uint64_t rule)
{
	uintptr_t end, slot, ra;

	if (__builtin_expect(rac_rule_kind(rule) == RAC_RULE_SIGNAL, 0))
		return step_over_signal(reach, f);
	end = end_of(reach, f, rule);
	if (__builtin_expect(end == 0, 0))
		return false;
	slot = rac_rule_kind(rule) == RAC_RULE_FP_DEREF ? f->fp : end;
	slot += (uintptr_t)rac_rule_slot(rule);
	if (needs_slot(rule) && !can_read(reach, slot, SLOT_BYTES))
		return false;
	ra = return_address(f, end, slot, rule);
	if (rac_rule_fp_is_saved(rule))
		f->fp = read_word(slot);
	f->sp = end;
	f->address = ra - 1;
	if (__builtin_expect(ra < LOWEST_ADDRESS, 0)) {
		f->address = ra;
		return false;
	}
	return true;
}

static inline enum rac_unwind_end end_at(const struct frame *f)
{
	return f->address == 0 ? RAC_UNWIND_COMPLETE : RAC_UNWIND_DAMAGED;
}

/* Where the innermost frames are left out, up to the first that is not. */
static bool skip(
	struct rac_unwind *u, struct rac_stack_reach *reach, struct frame *f, uint64_t epoch)
{
	uint64_t rule;

	do {
		rule = rule_of(u, f->address, epoch);
		if (rac_rule_kind(rule) < RAC_RULE_SP || !step(reach, f, rule))
			return false;
		rule = rule_of(u, f->address, epoch);
	} while (u->skipped != RAC_MODULE_UNKNOWN && rac_rule_module(rule) == u->skipped);
	return true;
}

__attribute__((noinline)) unsigned rac_unwind(struct rac_unwind *u, uint64_t *frames,
	uintptr_t *stack, unsigned most, enum rac_unwind_end *end)
{
	uint64_t epoch = rac_code_epoch();
	struct rac_stack_reach reach;
	struct frame f = {0};
	unsigned n = 0;

	TAKE_REGISTERS(f);
	rac_stack_reach(&reach, f.sp);
	*end = RAC_UNWIND_NO_RULE;
	if (!skip(u, &reach, &f, epoch))
		return 0;
	for (;;) {
		uint64_t rule = rule_of(u, f.address, epoch);

		if (rac_rule_module(rule) == RAC_MODULE_UNKNOWN)
			break;
		if (n == most) {
			*end = RAC_UNWIND_DEPTH;
			break;
		}
		frames[n] = rac_pc(rac_rule_module(rule), f.address + 1);
		if (stack != NULL)
			stack[n] = reach.end; /* unless more is known */
		n++;
		if (rac_rule_kind(rule) < RAC_RULE_SP) {
			if (rac_rule_kind(rule) == RAC_RULE_LAST)
				*end = RAC_UNWIND_COMPLETE;
			break;
		}
		if (!step(&reach, &f, rule)) {
			*end = end_at(&f);
			break;
		}
		if (stack != NULL)
			stack[n - 1] = f.sp;
	}
	return n;
}

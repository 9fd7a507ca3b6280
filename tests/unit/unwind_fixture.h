/*
 * unwind_fixture.h - what tests of call stacks share: the unwinder under test, and the comparison with
 * libgcc's, which is the reference.
 */
#ifndef UNWIND_FIXTURE_H
#define UNWIND_FIXTURE_H

#include "code_fixture.h"
#include "unwind_stack.h"

#include <unwind.h>

#define FRAMES_MAX 256

static struct rac_unwind *unwinder;

/* What comparing at one place, time and again, comes to. */
struct comparison {
	int stacks, equal, complete;
	int frames, deepest; /* of the last, of all */
	enum rac_unwind_end end;
	uint64_t callers,
		last;      /* frames of the last stack: who called the caller, who called nobody */
	bool is_beginning; /* the last stack is right as far as it goes */
	char difference[160]; /* the first one */
};

static inline void unwind_fixture_start(void)
{
	code_fixture_start();
	unwinder = rac_unwind_init(fixture_map(sizeof(*unwinder)), fixture.modules, false);
}

struct reference {
	unsigned count;
	uintptr_t addresses[FRAMES_MAX]; /* in the call, not behind it */
};

static inline _Unwind_Reason_Code note_reference(struct _Unwind_Context *context, void *to)
{
	struct reference *r = to;
	int is_exact = 0;
	uintptr_t address = _Unwind_GetIPInfo(context, &is_exact);

	if (address != 0 && r->count < FRAMES_MAX)
		r->addresses[r->count++] = address - !is_exact;
	return _URC_NO_REASON;
}

static inline void note_difference(struct comparison *c, const uint64_t *frames, unsigned count,
	const struct reference *r, unsigned at)
{
	if (c->difference[0] != '\0')
		return;
	snprintf(c->difference, sizeof(c->difference),
		"frame %u of %u (libgcc: %u) is %#lx, libgcc has %#lx; end %d", at, count, r->count,
		at < count ? (unsigned long)rac_pc_address(frames[at]) - 1 : 0,
		at < r->count ? (unsigned long)r->addresses[at] : 0, (int)c->end);
}

static inline void note_stack(struct comparison *c, const uint64_t *frames, unsigned count)
{
	c->stacks++;
	c->is_beginning = false;
	c->complete += c->end == RAC_UNWIND_COMPLETE;
	c->frames = (int)count;
	c->deepest = c->frames > c->deepest ? c->frames : c->deepest;
	c->callers = count > 2 ? frames[2] : 0;
	c->last = count > 0 ? frames[count - 1] : 0;
}

/* The one under test alone: libgcc follows tables that lie to its end. */
__attribute__((noinline, unused)) static void take_stack(void *to)
{
	struct comparison *c = to;
	uint64_t frames[FRAMES_MAX];
	unsigned count = rac_unwind(unwinder, frames, NULL, FRAMES_MAX, &c->end);

	note_stack(c, frames, count);
}

/* Both unwinders, from the same function: its own frame is at different calls in the two. */
__attribute__((noinline, unused)) static void compare_stacks(void *to)
{
	struct comparison *c = to;
	uint64_t frames[FRAMES_MAX];
	struct reference r = {0};
	unsigned at = 1, count = rac_unwind(unwinder, frames, NULL, FRAMES_MAX, &c->end);

	note_stack(c, frames, count);
	_Unwind_Backtrace(note_reference, &r);
	while (at < count && at < r.count && rac_pc_address(frames[at]) - 1 == r.addresses[at])
		at++;
	c->is_beginning = at == count;
	if (at == count && at == r.count)
		c->equal++;
	else
		note_difference(c, frames, count, &r, at);
}

static inline uint32_t random_below(uint32_t n)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

static inline void *fixture_symbol(const char *library, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.so", STACKS, library);
	/* Lazily, as most programs are bound. */
	void *handle = dlopen(path, RTLD_LAZY);
	void *symbol = handle != NULL ? dlsym(handle, name) : NULL;

	if (symbol == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		abort();
	}
	return symbol;
}

static inline void *frames_function(const char *variant)
{
	char library[64];

	snprintf(library, sizeof(library), "frames_%s", variant);
	return fixture_symbol(library, "frames_go");
}

static inline void *odd_function(const char *name)
{
	return fixture_symbol("odd", name);
}

/* Calls one of them: most take no frame pointer. */
static inline void odd_call(const char *name, struct comparison *c, void *frame_pointer)
{
	void (*call)(void (*)(void *), void *, void *) = odd_function(name);

	*c = (struct comparison){0};
	call(take_stack, c, frame_pointer);
}

/* The function of odd.so that an address is in. */
static inline void *odd_at(uintptr_t address)
{
	Dl_info info = {0};

	dladdr((void *)(address - 1), &info);
	return info.dli_saddr;
}

/* Calls its first argument with its second. */
static inline void *generated_function(void)
{
#if defined(__x86_64__)
	static const unsigned char code[] = {0x48, 0x83, 0xec, 0x08, 0x48, 0x89, 0xf8, 0x48, 0x89,
		0xf7, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x08, 0xc3};
#else
	static const uint32_t code[] = {
		0xa9bf7bfd, 0xaa0003e9, 0xaa0103e0, 0xd63f0120, 0xa8c17bfd, 0xd65f03c0};
#endif
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(page, code, sizeof(code));
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
	__builtin___clear_cache(page, page + sizeof(code));
	return page;
}

#endif

/*
 * test_unwind_anywhere.c - call stacks equal libgcc's at every single instruction of real code: in
 * prologues and epilogues, the linker's stubs, the dynamic loader, hand-written string functions.
 */
#include "../stacks/frames.h"
#include "unwind_fixture.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

TestSuite(unwind_anywhere, .init = unwind_fixture_start, .timeout = 300);

#if defined(__x86_64__)

static struct comparison at_each;
/* Stacks that are right, but end where the end of a frame is in a register that is not followed: in the
 * loader's way into a function that is bound on its first call, and in the instructions with which a
 * function aligns its stack, where it calls nobody. */
static int binding, aligning;
static uint16_t loader;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

/* The frame of who was interrupted: behind those of two functions here and the kernel's. */
#define INTERRUPTED 4

static void on_step(int number)
{
	int equal = at_each.equal;

	(void)number;
	if (at_each.difference[0] != '\0')
		return;
	compare_stacks(&at_each);
	if (at_each.equal != equal || at_each.end != RAC_UNWIND_NO_RULE || !at_each.is_beginning)
		return;
	if (rac_pc_module(at_each.last) == loader)
		binding++;
	else if (at_each.frames == INTERRUPTED)
		aligning++;
	else
		return;
	at_each.difference[0] = '\0';
}

/* Begins or ends stepping. */
void switch_stepping(void);

__asm__(".text\n"
	".type switch_stepping, @function\n"
	"switch_stepping:\n"
	".cfi_startproc\n"
	"pushfq\n"
	".cfi_adjust_cfa_offset 8\n"
	"xorq $0x100, (%rsp)\n"
	"popfq\n"
	".cfi_adjust_cfa_offset -8\n"
	"retq\n"
	".cfi_endproc\n"
	".size switch_stepping, .-switch_stepping\n");

static void arrived(void *context)
{
	(void)context;
}

static void run_code(void (*go)(struct frames_walk *))
{
	uint8_t shapes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	struct frames_walk walk = {.shapes = shapes, .count = 11, .arrived = arrived};
	char text[300], copy[300];
	void *room;

	go(&walk);
	snprintf(text, sizeof(text), "%d %s %g %#lx", 42, "some text", 1.5e10, 0xdeadUL);
	for (size_t n = 1; n < sizeof(text); n = n * 2 + 1) {
		memcpy(copy, text, n);
		memmove(text + 1, copy, n - 1);
		text[n] = '\0';
		walk.spoilt +=
			strlen(text) + (strchr(text, 'z') != NULL) + (memcmp(text, copy, n) == 0);
	}
	walk.spoilt += (uint64_t)strtod("1.25e3", NULL);
	room = malloc(100000);
	free(room);
	walk.spoilt += getenv("PATH") != NULL;
}

Test(unwind_anywhere, equals_libgcc_at_every_instruction)
{
	static const char *const variants[] = {"O0", "O2", "O3", "checked"};
	struct sigaction action = {.sa_handler = on_step};
	void (*go[4])(struct frames_walk *);

	const char *preload = getenv("LD_PRELOAD");

	if (preload != NULL && strstr(preload, "vgpreload") != NULL)
		cr_skip_test("valgrind does not step");
	if (IS_SANITIZED)
		cr_skip_test(
			"the sanitizer's own code, which is stepped through, begins stacks anew");
	for (int i = 0; i < 4; i++)
		go[i] = frames_function(variants[i]);
	loader = rac_code_modules_find(fixture.modules, library_function("__tls_get_addr"));
	sigaction(SIGTRAP, &action, NULL);
	for (int i = 0; i < 4; i++) {
		switch_stepping();
		run_code(go[i]);
		switch_stepping();
	}
	signal(SIGTRAP, SIG_DFL);
	cr_assert_str_empty(
		at_each.difference, "after %d stacks: %s", at_each.stacks, at_each.difference);
	cr_assert(gt(int, at_each.stacks, 8000), "%d", at_each.stacks);
	cr_assert(eq(int, at_each.equal + binding + aligning, at_each.stacks));
	cr_assert(lt(int, aligning, 100));
}

#endif

/*
 * frames.c - see frames.h. Built several times with options that change what frames look like.
 */
#include "frames.h"

#include <alloca.h>
#include <search.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define KEEP __attribute__((noinline, noclone))
#ifdef __clang__
#undef KEEP
#define KEEP __attribute__((noinline))
#endif

static void go_on(struct frames_walk *w);

KEEP static void plain(struct frames_walk *w)
{
	go_on(w);
	w->spoilt++;
}

/* All registers that a function must keep are in use across the call. */
KEEP static void many_registers(struct frames_walk *w)
{
	uint64_t a = w->spoilt, b = w->spoilt, c = w->spoilt, d = w->spoilt, e = w->spoilt,
		 f = w->spoilt, g = w->spoilt;

	go_on(w);
	w->spoilt = a + b * 3 + c * 5 + d * 7 + e * 11 + f * 13 + g * 17;
}

KEEP static void large(struct frames_walk *w)
{
	volatile char room[20000];

	room[w->at] = 1;
	go_on(w);
	w->spoilt += (uint64_t)room[w->at];
}

KEEP static void grows(struct frames_walk *w)
{
	volatile char *room = alloca(16 + w->at * 48);

	room[0] = 1;
	go_on(w);
	w->spoilt += (uint64_t)room[0];
}

KEEP static void aligned(struct frames_walk *w)
{
	_Alignas(64) volatile char room[64];

	room[w->at & 63] = 1;
	go_on(w);
	w->spoilt += (uint64_t)room[w->at & 63] + (uintptr_t)room % 64;
}

KEEP static void aligned_and_grows(struct frames_walk *w)
{
	_Alignas(128) volatile char room[256];
	volatile char *more = alloca(32 + w->at * 16);

	room[w->at & 63] = 1;
	more[0] = 2;
	go_on(w);
	w->spoilt += (uint64_t)room[w->at & 63] + (uint64_t)more[0] + (uintptr_t)room % 128;
}

KEEP static void arguments(int count, ...)
{
	va_list list;
	struct frames_walk *w = NULL;

	va_start(list, count);
	for (int i = 0; i < count; i++)
		w = va_arg(list, struct frames_walk *);
	va_end(list);
	go_on(w);
	w->spoilt++;
}

/* More arguments than registers: they are pushed before the call. */
KEEP static void variadic(struct frames_walk *w)
{
	arguments(11, w, w, w, w, w, w, w, w, w, w, w);
	w->spoilt++;
}

struct big {
	uint64_t words[40];
};

KEEP static uint64_t by_value(struct big b, struct frames_walk *w, struct big c)
{
	go_on(w);
	return b.words[3] + c.words[7];
}

KEEP static void passes_structs(struct frames_walk *w)
{
	struct big b = {{w->at}};

	w->spoilt += by_value(b, w, b);
}

static jmp_buf home;

__attribute__((noreturn)) KEEP static void never_returns(struct frames_walk *w)
{
	go_on(w);
	longjmp(home, 1);
}

/* Its last instruction is a call: the return address is the next function's. */
__attribute__((noreturn)) KEEP static void ends_in_a_call(struct frames_walk *w)
{
	w->spoilt++;
	never_returns(w);
}

KEEP static void comes_back(struct frames_walk *w)
{
	jmp_buf outer;

	memcpy(outer, home, sizeof(outer));
	if (setjmp(home) == 0)
		ends_in_a_call(w);
	memcpy(home, outer, sizeof(outer));
	w->spoilt++;
}

/* The two calls into the C library have no room for a context of their own. */
static __thread struct frames_walk *walking;

static int compare(const void *a, const void *b)
{
	struct frames_walk *w = walking;

	walking = NULL;
	if (w != NULL)
		go_on(w);
	return *(const int *)a - *(const int *)b;
}

KEEP static void through_qsort(struct frames_walk *w)
{
	int numbers[] = {3, 1, 2};

	walking = w;
	qsort(numbers, 3, sizeof(numbers[0]), compare);
	w->spoilt += (uint64_t)numbers[0];
}

static void visit(const void *node, VISIT order, int depth)
{
	struct frames_walk *w = walking;

	(void)node;
	(void)order;
	(void)depth;
	walking = NULL;
	if (w != NULL)
		go_on(w);
}

KEEP static void through_twalk(struct frames_walk *w)
{
	void *root = NULL;
	int one = 1;

	tsearch(&one, &root, compare);
	walking = w;
	twalk(root, visit);
	tdelete(&one, &root, compare);
	w->spoilt++;
}

static void (*const shapes[])(struct frames_walk *) = {
	plain,
	many_registers,
	large,
	grows,
	aligned,
	aligned_and_grows,
	variadic,
	passes_structs,
	comes_back,
	through_qsort,
	through_twalk,
};

const unsigned frames_shapes = sizeof(shapes) / sizeof(shapes[0]);

KEEP static void go_on(struct frames_walk *w)
{
	if (w->at == w->count)
		w->arrived(w->context);
	else
		shapes[w->shapes[w->at++]](w);
	w->spoilt++;
}

void frames_go(struct frames_walk *walk)
{
	walk->at = 0;
	go_on(walk);
	walk->spoilt++;
}

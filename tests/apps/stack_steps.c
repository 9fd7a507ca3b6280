/*
 * Takes and gives back memory at random from functions at random depths, and prints what each depth held when
 * all together held most, and at the end: what a report is to say of each stack.
 *
 *	stack_steps SEED STEPS
 */
#include "check.h"

#include <cuda.h>
#include <inttypes.h>
#include <stdint.h>

#define DEPTHS 24
#define LIVE   200

static struct {
	CUdeviceptr address;
	uint64_t bytes;
	unsigned depth;
} live[LIVE];
static unsigned live_count;
static uint64_t held[DEPTHS], held_at_peak[DEPTHS], total, peak;
static volatile unsigned calls; /* no call here is a jump */

static uint64_t roll(uint64_t *state, uint64_t sides)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % sides;
}

static void note_peak(void)
{
	if (total <= peak)
		return;
	peak = total;
	for (unsigned i = 0; i < DEPTHS; i++)
		held_at_peak[i] = held[i];
}

static __attribute__((noinline)) void take(unsigned depth, unsigned more, uint64_t bytes)
{
	if (more > 0) {
		take(depth, more - 1, bytes);
		calls++;
		return;
	}
	OK(cuMemAlloc(&live[live_count].address, bytes));
	calls++;
	live[live_count].bytes = bytes;
	live[live_count++].depth = depth;
	held[depth] += bytes;
	total += bytes;
	note_peak();
}

static void give(unsigned i)
{
	OK(cuMemFree(live[i].address));
	held[live[i].depth] -= live[i].bytes;
	total -= live[i].bytes;
	live[i] = live[--live_count];
}

int main(int argc, char **argv)
{
	uint64_t state = argument(argc, argv, 1, "1"), steps = argument(argc, argv, 2, "1000");
	CUcontext context;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	for (uint64_t step = 0; step < steps; step++) {
		if (live_count > 0 && (live_count == LIVE || roll(&state, 2) == 0)) {
			give((unsigned)roll(&state, live_count));
		} else {
			unsigned depth = (unsigned)roll(&state, DEPTHS);

			take(depth, depth, roll(&state, 1 << 20) + 1);
		}
	}
	for (unsigned i = 0; i < DEPTHS; i++)
		printf("%u %" PRIu64 " %" PRIu64 "\n", i + 1, held_at_peak[i], held[i]);
	return 0;
}

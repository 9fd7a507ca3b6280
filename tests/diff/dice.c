/*
 * dice.c - the random numbers of the differential fuzzer: a step's depend on the seed and its number alone.
 */
#include "diff.h"

void dice_init(struct dice *d, uint64_t seed, uint64_t worker, uint64_t step)
{
	d->state = seed * UINT64_C(0x9e3779b97f4a7c15) ^ worker << 56 ^ step;
}

uint64_t dice_roll(struct dice *d, uint64_t sides)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % sides;
}

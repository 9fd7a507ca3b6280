/*
 * test_array_size.c - what arrays take, by their descriptors, and the memory of what they take.
 */
#include "array_cache.h"
#include "array_size.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdatomic.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define INT8      0x01
#define INT32     0x03
#define FLOAT     0x20
#define UNCHANGED UINT64_C(12345)

static uint64_t size_of(struct rac_array_shape shape)
{
	uint64_t bytes = UNCHANGED;
	enum rac_status status = rac_array_bytes(&shape, &bytes);

	cr_assert(eq(int, status, RAC_OK));
	return bytes;
}

static enum rac_status status_of(struct rac_array_shape shape, uint64_t *bytes)
{
	*bytes = UNCHANGED;
	return rac_array_bytes(&shape, bytes);
}

/* B1: bits taken for bytes refused a 256 MiB array under 1 GiB */
Test(array_size, counts_bytes_and_not_bits)
{
	cr_assert(eq(u64, size_of((struct rac_array_shape){8192, 8192, 0, FLOAT, 1, 0, 0}),
		UINT64_C(256) << 20));
}

/* B2: a height or depth of 0 made the size 0 */
Test(array_size, takes_an_extent_of_zero_as_one)
{
	static const struct {
		uint64_t height, depth, bytes;
	} cases[] = {{0, 0, 4000}, {1, 0, 4000}, {10, 0, 40000}, {0, 3, 12000}, {10, 3, 120000}};

	for (size_t i = 0; i < LENGTH(cases); i++)
		cr_expect(eq(u64,
			size_of((struct rac_array_shape){
				1000, cases[i].height, cases[i].depth, FLOAT, 1, 0, 0}),
			cases[i].bytes));
}

/* A picture of 16 x 8 texels with two channels, in each format of CUDA 13.0. */
Test(array_size, knows_every_format)
{
	static const struct {
		uint32_t format;
		uint64_t bytes;
	} cases[] = {
		{0x01, 256},
		{0x02, 512},
		{0x03, 1024},
		{0x08, 256},
		{0x09, 512},
		{0x0a, 1024},
		{0x10, 512},
		{0x20, 1024},
		{0x50, 512}, /* 10 + 10 + 10 + 2 bits */
		{0x91, 64},
		{0x92, 64},
		{0x93, 128},
		{0x94, 128},
		{0x95, 128},
		{0x96, 128},
		{0x97, 64},
		{0x98, 64},
		{0x99, 128},
		{0x9a, 128},
		{0x9b, 128},
		{0x9c, 128},
		{0x9d, 128},
		{0x9e, 128},
		{0x9f, 384},
		{0xa1, 384}, /* P010, P016 */
		{0xa2, 256},
		{0xa3, 512},
		{0xa4, 512},
		{0xa5, 256},
		{0xa6, 512},
		{0xa7, 512},
		{0xa8, 512},
		{0xa9, 512},
		{0xb0, 192}, /* NV12 */
		{0xb1, 1024},
		{0xb2, 384},
		{0xb3, 768},
		{0xb4, 384},
		{0xb5, 768},
		{0xc0, 128},
		{0xc1, 256},
		{0xc2, 512},
		{0xc3, 256},
		{0xc4, 512},
		{0xc5, 1024},
		{0xc6, 128},
		{0xc7, 256},
		{0xc8, 512},
		{0xc9, 256},
		{0xca, 512},
		{0xcb, 1024},
	};

	cr_assert(eq(sz, LENGTH(cases), 51));
	for (size_t i = 0; i < LENGTH(cases); i++)
		cr_expect(eq(u64,
			size_of((struct rac_array_shape){16, 8, 0, cases[i].format, 2, 0, 0}),
			cases[i].bytes));
}

Test(array_size, rounds_up_to_whole_blocks)
{
	cr_expect(eq(u64, size_of((struct rac_array_shape){1, 1, 0, 0x91, 4, 0, 0}), 8));
	cr_expect(eq(u64, size_of((struct rac_array_shape){5, 5, 0, 0x93, 4, 0, 0}), 64));
	cr_expect(eq(u64, size_of((struct rac_array_shape){3, 3, 0, 0xb0, 3, 0, 0}), 24));
}

/* B2: levels were ignored */
Test(array_size, adds_up_the_levels)
{
	static const struct {
		struct rac_array_shape shape;
		uint64_t bytes;
	} cases[] = {
		{{8, 8, 0, INT8, 1, 0, 1}, 64},
		{{8, 8, 0, INT8, 1, 0, 2}, 64 + 16},
		{{8, 8, 0, INT8, 1, 0, 4}, 64 + 16 + 4 + 1},
		{{8, 8, 0, INT8, 1, 0, 100}, 64 + 16 + 4 + 1},
		{{8, 0, 0, INT8, 1, 0, 100}, 8 + 4 + 2 + 1},
		{{5, 3, 0, INT8, 1, 0, 100}, 15 + 2 + 1},
		{{8, 8, 8, INT8, 1, 0, 100}, 512 + 64 + 8 + 1},
		{{2, 2, 8, INT8, 1, 0, 100}, 32 + 4 + 2 + 1},
		{{8, 8, 0, 0x91, 4, 0, 100}, 32 + 8 + 8 + 8},
		{{1, 0, 0, INT32, 4, 0, 100}, 16},
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		cr_expect(eq(u64, size_of(cases[i].shape), cases[i].bytes));
}

Test(array_size, does_not_halve_layers)
{
	static const struct {
		struct rac_array_shape shape;
		uint64_t bytes;
	} cases[] = {
		{{8, 8, 6, INT8, 1, 0, 3}, 384 + 48 + 4},
		{{8, 8, 6, INT8, 1, RAC_ARRAY_LAYERED, 3}, 384 + 96 + 24},
		{{8, 8, 6, INT8, 1, RAC_ARRAY_CUBEMAP, 3}, 384 + 96 + 24},
		{{8, 8, 12, INT8, 1, RAC_ARRAY_CUBEMAP | RAC_ARRAY_LAYERED, 3}, 768 + 192 + 48},
		{{8, 0, 5, INT8, 1, RAC_ARRAY_LAYERED, 2}, 40 + 20},
		{{2, 2, 64, INT8, 1, RAC_ARRAY_LAYERED, 100}, 256 + 64},
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		cr_expect(eq(u64, size_of(cases[i].shape), cases[i].bytes));
}

Test(array_size, of_sparse_and_deferred_arrays_is_zero)
{
	cr_expect(eq(u64,
		size_of((struct rac_array_shape){64, 64, 0, FLOAT, 4, RAC_ARRAY_SPARSE, 0}), 0));
	cr_expect(eq(u64,
		size_of((struct rac_array_shape){64, 64, 0, FLOAT, 4, RAC_ARRAY_DEFERRED, 3}), 0));
}

Test(array_size, bounds_an_unknown_format_by_the_widest)
{
	uint64_t bytes;

	cr_expect(eq(int, status_of((struct rac_array_shape){10, 10, 0, 0xee, 1, 0, 0}, &bytes),
		RAC_UNKNOWN));
	cr_expect(eq(u64, bytes, 1600));
	cr_expect(eq(int, status_of((struct rac_array_shape){10, 10, 0, 0xee, 0, 0, 0}, &bytes),
		RAC_UNKNOWN));
}

Test(array_size, refuses_what_is_no_array)
{
	uint64_t bytes;

	cr_expect(eq(int, status_of((struct rac_array_shape){0, 10, 0, FLOAT, 1, 0, 0}, &bytes),
		RAC_INVALID));
	cr_expect(eq(u64, bytes, UNCHANGED));
	cr_expect(eq(int, status_of((struct rac_array_shape){10, 10, 0, FLOAT, 0, 0, 0}, &bytes),
		RAC_INVALID));
	cr_expect(eq(u64, bytes, UNCHANGED));
	cr_expect(eq(u64, size_of((struct rac_array_shape){10, 10, 0, 0xc2, 0, 0, 0}), 400));
}

Test(array_size, reports_overflow)
{
	static const struct rac_array_shape cases[] = {
		{UINT64_MAX, 2, 0, INT8, 1, 0, 0},
		{UINT64_MAX, 0, 0, FLOAT, 1, 0, 0},
		{UINT64_MAX, 0, 0, INT8, 2, 0, 0},
		{UINT64_MAX, 0, 0, INT8, 1, 0, 2},
		{UINT64_C(1) << 32, UINT64_C(1) << 32, 1, INT8, 1, 0, 0},
		{UINT64_C(1) << 21, UINT64_C(1) << 21, UINT64_C(1) << 22, INT8, 1, 0, 0},
	};
	uint64_t bytes;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cr_expect(eq(int, status_of(cases[i], &bytes), RAC_OVERFLOW));
		cr_expect(eq(u64, bytes, UNCHANGED));
	}
	cr_expect(eq(u64, size_of((struct rac_array_shape){UINT64_MAX, 0, 0, INT8, 1, 0, 1}),
		UINT64_MAX));
}

static struct rac_array_cache cache;

Test(array_cache, gives_back_what_was_stored_under_the_whole_shape)
{
	const struct rac_array_shape shape = {64, 32, 16, FLOAT, 4, 0, 5};
	uint64_t bytes = UNCHANGED;

	cr_assert(not(rac_array_cache_find(&cache, 1, &shape, &bytes)));
	rac_array_cache_store(&cache, 1, &shape, 777);
	cr_assert(rac_array_cache_find(&cache, 1, &shape, &bytes));
	cr_assert(eq(u64, bytes, 777));
	cr_assert(not(rac_array_cache_find(&cache, 0, &shape, &bytes)));

	const struct rac_array_shape others[] = {
		{65, 32, 16, FLOAT, 4, 0, 5},
		{64, 33, 16, FLOAT, 4, 0, 5},
		{64, 32, 17, FLOAT, 4, 0, 5},
		{64, 32, 16, INT32, 4, 0, 5},
		{64, 32, 16, FLOAT, 2, 0, 5},
		{64, 32, 16, FLOAT, 4, 2, 5},
		{64, 32, 16, FLOAT, 4, 0, 4},
	};

	for (size_t i = 0; i < LENGTH(others); i++)
		cr_expect(not(rac_array_cache_find(&cache, 1, &others[i], &bytes)));
}

Test(array_cache, is_empty_where_nothing_was_stored)
{
	const struct rac_array_shape zero = {0};
	uint64_t bytes = UNCHANGED;

	for (uint32_t device = 0; device < 200; device++)
		cr_expect(not(rac_array_cache_find(&cache, device, &zero, &bytes)));
	cr_expect(eq(u64, bytes, UNCHANGED));
}

/* A thousand shapes go through 64 slots; what is found is what was stored last, never another's. */
Test(array_cache, replaces_and_never_confuses)
{
	unsigned found = 0;

	for (uint64_t i = 1; i <= 1000; i++)
		rac_array_cache_store(
			&cache, 0, &(struct rac_array_shape){i, 1, 0, FLOAT, 1, 0, 0}, i * 3);
	for (uint64_t i = 1; i <= 1000; i++) {
		uint64_t bytes;

		if (!rac_array_cache_find(
			    &cache, 0, &(struct rac_array_shape){i, 1, 0, FLOAT, 1, 0, 0}, &bytes))
			continue;
		cr_expect(eq(u64, bytes, i * 3));
		found++;
	}
	cr_assert(ge(uint, found, RAC_ARRAY_CACHE_SLOTS / 2));
}

#define THREADS 4
#define ROUNDS  200000

static _Atomic uint64_t confused, hits;

/* Few slots, so that threads write one that another reads. */
static void *store_and_find(void *argument)
{
	uint64_t random = (uint64_t)(uintptr_t)argument + 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		uint64_t width = 1 + (random >> 33) % 500, bytes = 0;
		const struct rac_array_shape shape = {width, width * 7, 0, FLOAT, 1, 0, 0};

		if (!rac_array_cache_find(&cache, 0, &shape, &bytes))
			rac_array_cache_store(&cache, 0, &shape, width * 1000003);
		else if (bytes != width * 1000003)
			atomic_fetch_add(&confused, 1);
		else
			atomic_fetch_add(&hits, 1);
	}
	return NULL;
}

Test(array_cache, never_gives_one_shape_the_size_of_another_under_threads, .timeout = 120)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		cr_assert(eq(int, pthread_create(&threads[i], NULL, store_and_find, (void *)i), 0));
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_assert(eq(u64, atomic_load(&confused), 0));
	cr_assert(gt(u64, atomic_load(&hits), 0));
}

/*
 * estimate_tensor.c - bytes of one tensor, and of the blocks in which PyTorch's allocator keeps it.
 */
#include "checked.h"
#include "estimate_tally.h"

enum rac_status rac_estimate_tensor(
	const uint64_t *dims, size_t rank, enum rac_dtype dtype, uint64_t *bytes)
{
	if (rac_dtype_info(dtype) == NULL || (dims == NULL && rank > 0))
		return RAC_INVALID;
	/* Types smaller than a byte may have more elements than 64 bits count, so the largest
	 * dimension stays a factor of its own; of the rest any order gives the same result. Types that
	 * pad rows need the last dimension apart. */
	size_t apart = rank > 0 ? rank - 1 : 0;
	uint64_t rows = 1;

	for (size_t i = 0; i < rank; i++) {
		if (dims[i] == 0) {
			*bytes = 0;
			return RAC_OK;
		}
		if (rac_dtype_info(dtype)->padding == RAC_DTYPE_PADS_TENSOR &&
			dims[i] > dims[apart])
			apart = i;
	}
	for (size_t i = 0; i < rank; i++) {
		if (i != apart && !rac_checked_mul(rows, dims[i], &rows)) {
			*bytes = UINT64_MAX;
			return RAC_OVERFLOW;
		}
	}
	return rac_dtype_bytes(dtype, rows, rank > 0 ? dims[apart] : 1, bytes);
}

#define MIB(n) ((uint64_t)(n) << 20)

static bool reserved_for(uint64_t bytes, uint64_t count, uint64_t *reserved)
{
	uint64_t block, segments;

	if (!rac_checked_round_up(bytes, 512, &block))
		return false;
	if (block == 0) {
		*reserved = 0; /* PyTorch asks the driver for nothing */
		return true;
	}
	if (block >= MIB(10))
		return rac_checked_round_up(block, MIB(2), &block) &&
			rac_checked_mul(block, count, reserved);
	uint64_t segment = block <= MIB(1) ? MIB(2) : MIB(20);

	return rac_checked_ceil_div(count, segment / block, &segments) &&
		rac_checked_mul(segments, segment, reserved);
}

enum rac_status rac_torch_reserved(uint64_t bytes, uint64_t count, uint64_t *reserved)
{
	if (reserved_for(bytes, count, reserved))
		return RAC_OK;
	*reserved = UINT64_MAX;
	return RAC_OVERFLOW;
}

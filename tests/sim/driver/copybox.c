/*
 * Two- and three-dimensional copies between host memory, device memory and arrays: row by row through
 * sim_copy().
 */
#include "sim.h"

/* One side of a box copy: where its first row is, and the distances between rows and slices. */
struct side {
	uint64_t start, row, slice;
	bool device;
};

static CUresult side_of(CUmemorytype type, const void *host, CUdeviceptr device, CUarray array,
	uint64_t row, uint64_t rows, struct side *side)
{
	side->row = row;
	side->slice = row * rows;
	switch (type) {
	case CU_MEMORYTYPE_HOST:
		side->start = (uint64_t)(uintptr_t)host;
		side->device = false;
		return CUDA_SUCCESS;
	case CU_MEMORYTYPE_DEVICE:
	case CU_MEMORYTYPE_UNIFIED:
		side->start = device;
		side->device = type == CU_MEMORYTYPE_DEVICE;
		return CUDA_SUCCESS;
	case CU_MEMORYTYPE_ARRAY:
		side->device = true;
		return sim_array_box(array, &side->start, &side->row, &side->slice);
	default:
		return CUDA_ERROR_INVALID_VALUE;
	}
}

/* A pitch of 0 means: as wide as the copy. */
static uint64_t pitch_of(uint64_t pitch, uint64_t width)
{
	return pitch ? pitch : width;
}

static CUresult copy_box(const CUDA_MEMCPY3D *copy)
{
	struct side from, to;
	CUresult status;

	status = side_of(copy->srcMemoryType, copy->srcHost, copy->srcDevice, copy->srcArray,
		pitch_of(copy->srcPitch, copy->WidthInBytes),
		pitch_of(copy->srcHeight, copy->Height), &from);
	if (status == CUDA_SUCCESS)
		status = side_of(copy->dstMemoryType, copy->dstHost, copy->dstDevice,
			copy->dstArray, pitch_of(copy->dstPitch, copy->WidthInBytes),
			pitch_of(copy->dstHeight, copy->Height), &to);
	if (status != CUDA_SUCCESS)
		return status;
	if ((from.row < copy->WidthInBytes || to.row < copy->WidthInBytes) && copy->Height > 1)
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t z = 0; z < copy->Depth; z++) {
		for (size_t y = 0; y < copy->Height; y++) {
			status = sim_copy(to.start + (copy->dstZ + z) * to.slice +
					(copy->dstY + y) * to.row + copy->dstXInBytes,
				to.device,
				from.start + (copy->srcZ + z) * from.slice +
					(copy->srcY + y) * from.row + copy->srcXInBytes,
				from.device, copy->WidthInBytes);
			if (status != CUDA_SUCCESS)
				return status;
		}
	}
	return CUDA_SUCCESS;
}

CUresult sim_copy_box(const CUDA_MEMCPY3D *copy)
{
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_context_current(&ctx);
	sim_unlock();
	return status == CUDA_SUCCESS ? copy_box(copy) : status;
}

static CUDA_MEMCPY3D deepen(const CUDA_MEMCPY2D *flat)
{
	return (CUDA_MEMCPY3D){.srcXInBytes = flat->srcXInBytes,
		.srcY = flat->srcY,
		.srcMemoryType = flat->srcMemoryType,
		.srcHost = flat->srcHost,
		.srcDevice = flat->srcDevice,
		.srcArray = flat->srcArray,
		.srcPitch = flat->srcPitch,
		.dstXInBytes = flat->dstXInBytes,
		.dstY = flat->dstY,
		.dstMemoryType = flat->dstMemoryType,
		.dstHost = flat->dstHost,
		.dstDevice = flat->dstDevice,
		.dstArray = flat->dstArray,
		.dstPitch = flat->dstPitch,
		.WidthInBytes = flat->WidthInBytes,
		.Height = flat->Height,
		.Depth = 1};
}

static CUresult copy_flat(const CUDA_MEMCPY2D *flat)
{
	CUDA_MEMCPY3D deep;

	if (!flat)
		return CUDA_ERROR_INVALID_VALUE;
	deep = deepen(flat);
	return sim_copy_box(&deep);
}

static CUresult copy_box_later(const CUDA_MEMCPY3D *copy, CUstream stream)
{
	struct sim_work work = {.kind = SIM_WORK_BOX};

	if (!copy)
		return CUDA_ERROR_INVALID_VALUE;
	work.box = *copy;
	return sim_stream_run(stream, &work);
}

static CUresult copy_flat_later(const CUDA_MEMCPY2D *flat, CUstream stream)
{
	CUDA_MEMCPY3D deep;

	if (!flat)
		return CUDA_ERROR_INVALID_VALUE;
	deep = deepen(flat);
	return copy_box_later(&deep, stream);
}

SIM_TWINS(cuMemcpy2D_v2, _ptds, (const CUDA_MEMCPY2D *copy), copy_flat(copy))
SIM_TWINS(cuMemcpy2DUnaligned_v2, _ptds, (const CUDA_MEMCPY2D *copy), copy_flat(copy))
SIM_TWINS(cuMemcpy2DAsync_v2, _ptsz, (const CUDA_MEMCPY2D *copy, CUstream stream),
	copy_flat_later(copy, stream ? stream : sim_default))
SIM_TWINS(cuMemcpy3D_v2, _ptds, (const CUDA_MEMCPY3D *copy),
	copy ? sim_copy_box(copy) : CUDA_ERROR_INVALID_VALUE)
SIM_TWINS(cuMemcpy3DAsync_v2, _ptsz, (const CUDA_MEMCPY3D *copy, CUstream stream),
	copy_box_later(copy, stream ? stream : sim_default))

/* Every device reaches the memory of every other, so contexts say nothing more. */
static bool between_peers(const CUDA_MEMCPY3D_PEER *peers, CUDA_MEMCPY3D *copy)
{
	if (!peers)
		return false;
	*copy = (CUDA_MEMCPY3D){.srcXInBytes = peers->srcXInBytes,
		.srcY = peers->srcY,
		.srcZ = peers->srcZ,
		.srcMemoryType = peers->srcMemoryType,
		.srcHost = peers->srcHost,
		.srcDevice = peers->srcDevice,
		.srcArray = peers->srcArray,
		.srcPitch = peers->srcPitch,
		.srcHeight = peers->srcHeight,
		.dstXInBytes = peers->dstXInBytes,
		.dstY = peers->dstY,
		.dstZ = peers->dstZ,
		.dstMemoryType = peers->dstMemoryType,
		.dstHost = peers->dstHost,
		.dstDevice = peers->dstDevice,
		.dstArray = peers->dstArray,
		.dstPitch = peers->dstPitch,
		.dstHeight = peers->dstHeight,
		.WidthInBytes = peers->WidthInBytes,
		.Height = peers->Height,
		.Depth = peers->Depth};
	return true;
}

static CUresult copy_peers(const CUDA_MEMCPY3D_PEER *peers)
{
	CUDA_MEMCPY3D copy;

	return between_peers(peers, &copy) ? sim_copy_box(&copy) : CUDA_ERROR_INVALID_VALUE;
}

static CUresult copy_peers_later(const CUDA_MEMCPY3D_PEER *peers, CUstream stream)
{
	CUDA_MEMCPY3D copy;

	return between_peers(peers, &copy) ? copy_box_later(&copy, stream)
					   : CUDA_ERROR_INVALID_VALUE;
}

SIM_TWINS(cuMemcpy3DPeer, _ptds, (const CUDA_MEMCPY3D_PEER *copy), copy_peers(copy))
SIM_TWINS(cuMemcpy3DPeerAsync, _ptsz, (const CUDA_MEMCPY3D_PEER *copy, CUstream stream),
	copy_peers_later(copy, stream ? stream : sim_default))

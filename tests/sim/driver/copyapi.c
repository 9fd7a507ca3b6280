/*
 * The exported copies and fills of one run of bytes, in all their flavours. Each needs a context; the
 * asynchronous ones a stream, where a capture records them instead of running them.
 */
#include "sim.h"

static uint64_t at(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

/* A synchronous call on a default stream. */
static CUresult ready(void)
{
	CUcontext ctx;
	CUresult status;

	sim_lock();
	status = sim_context_current(&ctx);
	sim_unlock();
	return status;
}

static CUresult copy_now(
	uint64_t target, bool to_device, uint64_t source, bool from_device, uint64_t bytes)
{
	CUresult status = ready();

	return status == CUDA_SUCCESS ? sim_copy(target, to_device, source, from_device, bytes)
				      : status;
}

static CUresult copy_later(uint64_t target, bool to_device, uint64_t source, bool from_device,
	uint64_t bytes, CUstream stream)
{
	struct sim_work work = {.kind = SIM_WORK_COPY,
		.target = target,
		.source = source,
		.bytes = bytes,
		.to_device = to_device,
		.from_device = from_device};

	return sim_stream_run(stream, &work);
}

static CUresult fill_now(uint64_t target, unsigned int value, unsigned int width, uint64_t count)
{
	CUresult status = ready();

	return status == CUDA_SUCCESS ? sim_fill(target, value, width, count) : status;
}

static CUresult fill_now_2d(uint64_t target, uint64_t pitch, unsigned int value, unsigned int width,
	uint64_t columns, uint64_t rows)
{
	CUresult status = ready();

	return status == CUDA_SUCCESS ? sim_fill_2d(target, pitch, value, width, columns, rows)
				      : status;
}

static CUresult fill_later(uint64_t target, uint64_t pitch, unsigned int value, unsigned int width,
	uint64_t columns, uint64_t rows, CUstream stream)
{
	struct sim_work work = {.kind = SIM_WORK_FILL,
		.target = target,
		.bytes = columns,
		.value = value,
		.width = width,
		.pitch = pitch,
		.rows = rows};

	return sim_stream_run(stream, &work);
}

SIM_TWINS(cuMemcpy, _ptds, (CUdeviceptr target, CUdeviceptr source, size_t bytes),
	copy_now(target, false, source, false, bytes))
SIM_TWINS(cuMemcpyAsync, _ptsz,
	(CUdeviceptr target, CUdeviceptr source, size_t bytes, CUstream stream),
	copy_later(target, false, source, false, bytes, stream ? stream : sim_default))
SIM_TWINS(cuMemcpyHtoD_v2, _ptds, (CUdeviceptr target, const void *source, size_t bytes),
	copy_now(target, true, at(source), false, bytes))
SIM_TWINS(cuMemcpyDtoH_v2, _ptds, (void *target, CUdeviceptr source, size_t bytes),
	copy_now(at(target), false, source, true, bytes))
SIM_TWINS(cuMemcpyDtoD_v2, _ptds, (CUdeviceptr target, CUdeviceptr source, size_t bytes),
	copy_now(target, true, source, true, bytes))
SIM_TWINS(cuMemcpyHtoDAsync_v2, _ptsz,
	(CUdeviceptr target, const void *source, size_t bytes, CUstream stream),
	copy_later(target, true, at(source), false, bytes, stream ? stream : sim_default))
SIM_TWINS(cuMemcpyDtoHAsync_v2, _ptsz,
	(void *target, CUdeviceptr source, size_t bytes, CUstream stream),
	copy_later(at(target), false, source, true, bytes, stream ? stream : sim_default))
SIM_TWINS(cuMemcpyDtoDAsync_v2, _ptsz,
	(CUdeviceptr target, CUdeviceptr source, size_t bytes, CUstream stream),
	copy_later(target, true, source, true, bytes, stream ? stream : sim_default))

static CUresult peers(CUcontext target, CUcontext source)
{
	CUresult status;

	sim_lock();
	status = sim_context_check(target);
	if (status == CUDA_SUCCESS)
		status = sim_context_check(source);
	sim_unlock();
	return status;
}

SIM_TWINS(cuMemcpyPeer, _ptds,
	(CUdeviceptr target, CUcontext target_ctx, CUdeviceptr source, CUcontext source_ctx,
		size_t bytes),
	peers(target_ctx, source_ctx) ? CUDA_ERROR_INVALID_CONTEXT
				      : copy_now(target, true, source, true, bytes))
SIM_TWINS(cuMemcpyPeerAsync, _ptsz,
	(CUdeviceptr target, CUcontext target_ctx, CUdeviceptr source, CUcontext source_ctx,
		size_t bytes, CUstream stream),
	peers(target_ctx, source_ctx)
		? CUDA_ERROR_INVALID_CONTEXT
		: copy_later(target, true, source, true, bytes, stream ? stream : sim_default))

SIM_TWINS(cuMemsetD8_v2, _ptds, (CUdeviceptr target, unsigned char value, size_t count),
	fill_now(target, value, 1, count))
SIM_TWINS(cuMemsetD16_v2, _ptds, (CUdeviceptr target, unsigned short value, size_t count),
	fill_now(target, value, 2, count))
SIM_TWINS(cuMemsetD32_v2, _ptds, (CUdeviceptr target, unsigned int value, size_t count),
	fill_now(target, value, 4, count))
SIM_TWINS(cuMemsetD8Async, _ptsz,
	(CUdeviceptr target, unsigned char value, size_t count, CUstream stream),
	fill_later(target, 0, value, 1, count, 1, stream ? stream : sim_default))
SIM_TWINS(cuMemsetD16Async, _ptsz,
	(CUdeviceptr target, unsigned short value, size_t count, CUstream stream),
	fill_later(target, 0, value, 2, count, 1, stream ? stream : sim_default))
SIM_TWINS(cuMemsetD32Async, _ptsz,
	(CUdeviceptr target, unsigned int value, size_t count, CUstream stream),
	fill_later(target, 0, value, 4, count, 1, stream ? stream : sim_default))
SIM_TWINS(cuMemsetD2D8_v2, _ptds,
	(CUdeviceptr target, size_t pitch, unsigned char value, size_t width, size_t height),
	fill_now_2d(target, pitch, value, 1, width, height))
SIM_TWINS(cuMemsetD2D32_v2, _ptds,
	(CUdeviceptr target, size_t pitch, unsigned int value, size_t width, size_t height),
	fill_now_2d(target, pitch, value, 4, width, height))
SIM_TWINS(cuMemsetD2D16_v2, _ptds,
	(CUdeviceptr target, size_t pitch, unsigned short value, size_t width, size_t height),
	fill_now_2d(target, pitch, value, 2, width, height))
SIM_TWINS(cuMemsetD2D8Async, _ptsz,
	(CUdeviceptr target, size_t pitch, unsigned char value, size_t width, size_t height,
		CUstream stream),
	fill_later(target, pitch, value, 1, width, height, stream ? stream : sim_default))
SIM_TWINS(cuMemsetD2D16Async, _ptsz,
	(CUdeviceptr target, size_t pitch, unsigned short value, size_t width, size_t height,
		CUstream stream),
	fill_later(target, pitch, value, 2, width, height, stream ? stream : sim_default))
SIM_TWINS(cuMemsetD2D32Async, _ptsz,
	(CUdeviceptr target, size_t pitch, unsigned int value, size_t width, size_t height,
		CUstream stream),
	fill_later(target, pitch, value, 4, width, height, stream ? stream : sim_default))

CUresult cuMemcpyHtoD(CUdeviceptr_v1 target, const void *source, unsigned int bytes)
{
	SIM_ENTER(cuMemcpyHtoD);
	return copy_now(target, true, at(source), false, bytes);
}

CUresult cuMemcpyDtoH(void *target, CUdeviceptr_v1 source, unsigned int bytes)
{
	SIM_ENTER(cuMemcpyDtoH);
	return copy_now(at(target), false, source, true, bytes);
}

CUresult cuMemcpyDtoD(CUdeviceptr_v1 target, CUdeviceptr_v1 source, unsigned int bytes)
{
	SIM_ENTER(cuMemcpyDtoD);
	return copy_now(target, true, source, true, bytes);
}

CUresult cuMemsetD8(CUdeviceptr_v1 target, unsigned char value, unsigned int count)
{
	SIM_ENTER(cuMemsetD8);
	return fill_now(target, value, 1, count);
}

/*
 * Arrays and mipmaps: formats are translated, extents pass as they are. The runtime makes every array with the
 * driver's three-dimensional function. Positions of array copies count texels, the driver's count bytes.
 */
#include "rt.h"

/* The driver's format and channel count of a channel description; false where there is none. */
static bool format_of(
	const struct cudaChannelFormatDesc *d, CUarray_format *format, unsigned int *channels)
{
	static const struct {
		enum cudaChannelFormatKind kind;
		int bits;
		CUarray_format format;
	} known[] = {
		{cudaChannelFormatKindSigned, 8, CU_AD_FORMAT_SIGNED_INT8},
		{cudaChannelFormatKindSigned, 16, CU_AD_FORMAT_SIGNED_INT16},
		{cudaChannelFormatKindSigned, 32, CU_AD_FORMAT_SIGNED_INT32},
		{cudaChannelFormatKindUnsigned, 8, CU_AD_FORMAT_UNSIGNED_INT8},
		{cudaChannelFormatKindUnsigned, 16, CU_AD_FORMAT_UNSIGNED_INT16},
		{cudaChannelFormatKindUnsigned, 32, CU_AD_FORMAT_UNSIGNED_INT32},
		{cudaChannelFormatKindFloat, 16, CU_AD_FORMAT_HALF},
		{cudaChannelFormatKindFloat, 32, CU_AD_FORMAT_FLOAT},
		{cudaChannelFormatKindNV12, 8, CU_AD_FORMAT_NV12},
	};

	*channels = (unsigned int)((d->x != 0) + (d->y != 0) + (d->z != 0) + (d->w != 0));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].kind == d->f && known[i].bits == d->x) {
			*format = known[i].format;
			return true;
		}
	}
	return false;
}

/* Ready, and with a descriptor for the driver. */
static cudaError_t describe(const struct cudaChannelFormatDesc *format, struct cudaExtent extent,
	unsigned int flags, CUDA_ARRAY3D_DESCRIPTOR *descriptor)
{
	cudaError_t status = rt_ready();

	if (status != cudaSuccess)
		return status;
	if (!format)
		return cudaErrorInvalidValue;
	*descriptor = (CUDA_ARRAY3D_DESCRIPTOR){.Width = extent.width,
		.Height = extent.height,
		.Depth = extent.depth,
		.Flags = flags};
	return format_of(format, &descriptor->Format, &descriptor->NumChannels)
		? cudaSuccess
		: cudaErrorInvalidChannelDescriptor;
}

static cudaError_t create(cudaArray_t *array, const struct cudaChannelFormatDesc *format,
	struct cudaExtent extent, unsigned int flags)
{
	CUDA_ARRAY3D_DESCRIPTOR descriptor;
	CUarray made;
	cudaError_t status = describe(format, extent, flags, &descriptor);

	if (status == cudaSuccess && !array)
		status = cudaErrorInvalidValue;
	if (status == cudaSuccess)
		status = RT_CALL(cuArray3DCreate_v2, (&made, &descriptor));
	if (status == cudaSuccess)
		*array = (cudaArray_t)(void *)made;
	return rt_note(status);
}

cudaError_t cudaMallocArray(cudaArray_t *array, const struct cudaChannelFormatDesc *format,
	size_t width, size_t height, unsigned int flags)
{
	return create(array, format, (struct cudaExtent){width, height, 0}, flags);
}

cudaError_t cudaMalloc3DArray(cudaArray_t *array, const struct cudaChannelFormatDesc *format,
	struct cudaExtent extent, unsigned int flags)
{
	return create(array, format, extent, flags);
}

cudaError_t cudaMallocMipmappedArray(cudaMipmappedArray_t *mipmap,
	const struct cudaChannelFormatDesc *format, struct cudaExtent extent, unsigned int levels,
	unsigned int flags)
{
	CUDA_ARRAY3D_DESCRIPTOR descriptor;
	CUmipmappedArray made;
	cudaError_t status = describe(format, extent, flags, &descriptor);

	if (status == cudaSuccess && !mipmap)
		status = cudaErrorInvalidValue;
	if (status == cudaSuccess)
		status = RT_CALL(cuMipmappedArrayCreate, (&made, &descriptor, levels));
	if (status == cudaSuccess)
		*mipmap = (cudaMipmappedArray_t)(void *)made;
	return rt_note(status);
}

cudaError_t cudaGetMipmappedArrayLevel(
	cudaArray_t *level, cudaMipmappedArray_const_t mipmap, unsigned int index)
{
	CUarray found;
	cudaError_t status = rt_ready();

	if (status == cudaSuccess && !level)
		status = cudaErrorInvalidValue;
	if (status == cudaSuccess)
		status = RT_CALL(cuMipmappedArrayGetLevel,
			(&found, (CUmipmappedArray)(uintptr_t)mipmap, index));
	if (status == cudaSuccess)
		*level = (cudaArray_t)(void *)found;
	return rt_note(status);
}

/* Freeing nothing is no error here, unlike in the driver. */
cudaError_t cudaFreeArray(cudaArray_t array)
{
	if (!array)
		return rt_note(rt_ready());
	RT_DIRECT(cuArrayDestroy, ((CUarray)(void *)array));
}

cudaError_t cudaFreeMipmappedArray(cudaMipmappedArray_t mipmap)
{
	if (!mipmap)
		return rt_note(rt_ready());
	RT_DIRECT(cuMipmappedArrayDestroy, ((CUmipmappedArray)(void *)mipmap));
}

cudaError_t cudaMemcpy3D(const struct cudaMemcpy3DParms *p)
{
	CUDA_MEMCPY3D copy = {0};

	/* Between arrays the driver would have to be asked for the size of a texel. */
	if (!p || p->srcArray || p->dstArray)
		return rt_note(p ? cudaErrorNotSupported : cudaErrorInvalidValue);
	copy.srcMemoryType = copy.dstMemoryType = CU_MEMORYTYPE_UNIFIED;
	copy.srcDevice = rt_address(p->srcPtr.ptr);
	copy.srcPitch = p->srcPtr.pitch;
	copy.srcHeight = p->srcPtr.ysize;
	copy.srcXInBytes = p->srcPos.x;
	copy.srcY = p->srcPos.y;
	copy.srcZ = p->srcPos.z;
	copy.dstDevice = rt_address(p->dstPtr.ptr);
	copy.dstPitch = p->dstPtr.pitch;
	copy.dstHeight = p->dstPtr.ysize;
	copy.dstXInBytes = p->dstPos.x;
	copy.dstY = p->dstPos.y;
	copy.dstZ = p->dstPos.z;
	copy.WidthInBytes = p->extent.width;
	copy.Height = p->extent.height;
	copy.Depth = p->extent.depth;
	RT_DIRECT(cuMemcpy3D_v2, (&copy));
}

cudaError_t cudaMemcpy2DToArray(cudaArray_t target, size_t x, size_t y, const void *source,
	size_t pitch, size_t width, size_t height, enum cudaMemcpyKind kind)
{
	CUDA_MEMCPY2D copy = {.srcMemoryType = CU_MEMORYTYPE_UNIFIED,
		.srcDevice = rt_address(source),
		.srcPitch = pitch,
		.dstMemoryType = CU_MEMORYTYPE_ARRAY,
		.dstArray = (CUarray)(void *)target,
		.dstXInBytes = x,
		.dstY = y,
		.WidthInBytes = width,
		.Height = height};

	(void)kind;
	RT_DIRECT(cuMemcpy2DUnaligned_v2, (&copy));
}

cudaError_t cudaMemcpy2DFromArray(void *target, size_t pitch, cudaArray_const_t source, size_t x,
	size_t y, size_t width, size_t height, enum cudaMemcpyKind kind)
{
	CUDA_MEMCPY2D copy = {.srcMemoryType = CU_MEMORYTYPE_ARRAY,
		.srcArray = (CUarray)(uintptr_t)source,
		.srcXInBytes = x,
		.srcY = y,
		.dstMemoryType = CU_MEMORYTYPE_UNIFIED,
		.dstDevice = rt_address(target),
		.dstPitch = pitch,
		.WidthInBytes = width,
		.Height = height};

	(void)kind;
	RT_DIRECT(cuMemcpy2DUnaligned_v2, (&copy));
}

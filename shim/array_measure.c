/*
 * array_measure.c - see array_measure.h; the counting of texels is core's.
 *
 * The driver tells the size of an array only where mapping is deferred (CUDA 11.6 and later). So a
 * twin with that flag, which takes no memory, is made, measured and destroyed. That a plain array is
 * as large as its twin is not documented.
 */
#include "array_measure.h"

#include "array_cache.h"
#include "driver.h"

/* The sizes hold for a child of fork as well. */
static struct rac_array_cache cache;

static struct rac_array_shape shape_of(const CUDA_ARRAY3D_DESCRIPTOR *d, unsigned int levels)
{
	return (struct rac_array_shape){
		.width = d->Width,
		.height = d->Height,
		.depth = d->Depth,
		.format = (uint32_t)d->Format,
		.channels = d->NumChannels,
		.flags = d->Flags,
		.levels = levels,
	};
}

/* Older drivers do not know the flag, and would make an array that takes memory. */
static bool can_defer(CUdevice device)
{
	int supported = 0;

	return rac_driver()->cuDeviceGetAttribute(&supported,
		       CU_DEVICE_ATTRIBUTE_DEFERRED_MAPPING_CUDA_ARRAY_SUPPORTED,
		       device) == CUDA_SUCCESS &&
		supported != 0;
}

static CUresult measure_array(const CUDA_ARRAY3D_DESCRIPTOR *twin, CUdevice device, size_t *bytes)
{
	const struct rac_driver *driver = rac_driver();
	CUDA_ARRAY_MEMORY_REQUIREMENTS needs = {0};
	CUarray array;
	CUresult result = driver->cuArray3DCreate_v2(&array, twin);

	if (result != CUDA_SUCCESS)
		return result;
	result = driver->cuArrayGetMemoryRequirements(&needs, array, device);
	driver->cuArrayDestroy(array);
	*bytes = needs.size;
	return result;
}

static CUresult measure_mipmap(
	const CUDA_ARRAY3D_DESCRIPTOR *twin, unsigned int levels, CUdevice device, size_t *bytes)
{
	const struct rac_driver *driver = rac_driver();
	CUDA_ARRAY_MEMORY_REQUIREMENTS needs = {0};
	CUmipmappedArray array;
	CUresult result = driver->cuMipmappedArrayCreate(&array, twin, levels);

	if (result != CUDA_SUCCESS)
		return result;
	result = driver->cuMipmappedArrayGetMemoryRequirements(&needs, array, device);
	driver->cuMipmappedArrayDestroy(array);
	*bytes = needs.size;
	return result;
}

/* False: the driver does not say, for whichever reason. */
static bool ask_driver(const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels,
	CUdevice device, uint64_t *bytes)
{
	const struct rac_driver *driver = rac_driver();
	CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
	CUDA_ARRAY3D_DESCRIPTOR twin = *descriptor;
	size_t size = 0;

	/* While this thread captures a stream, calls that the program did not make must not end it. */
	if (!can_defer(device) || driver->cuThreadExchangeStreamCaptureMode(&mode) != CUDA_SUCCESS)
		return false;
	twin.Flags |= RAC_ARRAY_DEFERRED;
	CUresult result = levels == 0 ? measure_array(&twin, device, &size)
				      : measure_mipmap(&twin, levels, device, &size);

	driver->cuThreadExchangeStreamCaptureMode(&mode);
	*bytes = size;
	return result == CUDA_SUCCESS && size > 0;
}

enum rac_status rac_array_measure(
	const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels, uint64_t *bytes)
{
	struct rac_array_shape shape = shape_of(descriptor, levels);
	uint64_t counted = 0, measured;
	enum rac_status status = rac_array_bytes(&shape, &counted);
	CUdevice device;

	*bytes = counted;
	if ((status != RAC_OK && status != RAC_UNKNOWN) || counted == 0 ||
		rac_driver()->cuCtxGetDevice(&device) != CUDA_SUCCESS)
		return status;
	if (rac_array_cache_find(&cache, (uint32_t)device, &shape, bytes))
		return RAC_OK;
	if (!ask_driver(descriptor, levels, device, &measured))
		return status;
	rac_array_cache_store(&cache, (uint32_t)device, &shape, measured);
	*bytes = measured;
	return RAC_OK;
}

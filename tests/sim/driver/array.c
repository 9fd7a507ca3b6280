/*
 * CUDA arrays: their memory is charged at creation by their true size, unless they are sparse or deferred and
 * get memory only by mapping. Planes and mipmap levels are parts that hold nothing themselves.
 */
#include "sim.h"

#include <stdlib.h>

void sim_array_end(struct sim_object *object)
{
	struct CUarray_st *array = (struct CUarray_st *)object;

	for (unsigned int i = 0; i < 3; i++) {
		if (array->planes[i])
			sim_array_end(&array->planes[i]->object);
	}
	sim_tiles_end(&array->tiles);
	sim_object_drop(object, SIMCUDA_ARRAY);
	if (array->memory)
		sim_memory_end(array->memory);
	sim_object_remove(object);
	free(array);
}

/* A level or a plane. It lives as long as what it is a part of, so no context owns it. */
CUresult sim_array_part(const void *parent, const CUDA_ARRAY3D_DESCRIPTOR *descriptor, int device,
	uint64_t start, CUarray *out)
{
	struct CUarray_st *array = calloc(1, sizeof(*array));

	if (!array)
		return CUDA_ERROR_OUT_OF_MEMORY;
	array->descriptor = *descriptor;
	array->device = device;
	array->parent = parent;
	array->start = start;
	sim_layout_of(descriptor, &array->layout);
	sim_object_add(&array->object, SIM_ARRAY, NULL, sim_array_end);
	*out = array;
	return CUDA_SUCCESS;
}

/* Lock held. */
static CUresult give_memory(struct CUarray_st *array, CUcontext ctx)
{
	CUresult status =
		sim_object_hold(&array->object, SIMCUDA_ARRAY, ctx->device, array->layout.bytes);

	if (status != CUDA_SUCCESS)
		return status;
	array->memory = sim_memory_new(SIM_ARRAYED, ctx->device, array->layout.bytes, NULL, false);
	if (!array->memory) {
		sim_object_drop(&array->object, SIMCUDA_ARRAY);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	array->start = array->memory->start;
	return CUDA_SUCCESS;
}

static CUresult create_locked(CUarray *out, const CUDA_ARRAY3D_DESCRIPTOR *descriptor)
{
	struct CUarray_st *array;
	CUcontext ctx;
	CUresult status = sim_context_current(&ctx);

	if (status == CUDA_SUCCESS)
		status = sim_capture_unsafe();
	if (status != CUDA_SUCCESS)
		return status;
	array = calloc(1, sizeof(*array));
	if (!array)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (!sim_layout_of(descriptor, &array->layout)) {
		free(array);
		return CUDA_ERROR_INVALID_VALUE;
	}
	array->descriptor = *descriptor;
	array->device = ctx->device;
	if (!(descriptor->Flags & SIM_UNBACKED))
		status = give_memory(array, ctx);
	if (status != CUDA_SUCCESS) {
		free(array);
		return status;
	}
	sim_object_add(&array->object, SIM_ARRAY, ctx, sim_array_end);
	*out = array;
	return CUDA_SUCCESS;
}

static CUresult create(CUarray *array, const CUDA_ARRAY3D_DESCRIPTOR *descriptor)
{
	CUresult status;

	sim_pause();
	sim_lock();
	status = create_locked(array, descriptor);
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuArray3DCreate_v2(CUarray *array, const CUDA_ARRAY3D_DESCRIPTOR *descriptor)
{
	SIM_REENTER(cuArray3DCreate_v2, (array, descriptor));
	SIM_ENTER(cuArray3DCreate_v2);
	return array && descriptor ? create(array, descriptor) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuArray3DCreate(CUarray *array, const CUDA_ARRAY3D_DESCRIPTOR_v1 *d)
{
	SIM_ENTER(cuArray3DCreate);
	if (!array || !d)
		return CUDA_ERROR_INVALID_VALUE;
	return create(array,
		&(CUDA_ARRAY3D_DESCRIPTOR){
			d->Width, d->Height, d->Depth, d->Format, d->NumChannels, d->Flags});
}

CUresult cuArrayCreate_v2(CUarray *array, const CUDA_ARRAY_DESCRIPTOR *d)
{
	SIM_REENTER(cuArrayCreate_v2, (array, d));
	SIM_ENTER(cuArrayCreate_v2);
	if (!array || !d)
		return CUDA_ERROR_INVALID_VALUE;
	return create(array,
		&(CUDA_ARRAY3D_DESCRIPTOR){d->Width, d->Height, 0, d->Format, d->NumChannels, 0});
}

CUresult cuArrayCreate(CUarray *array, const CUDA_ARRAY_DESCRIPTOR_v1 *d)
{
	SIM_ENTER(cuArrayCreate);
	if (!array || !d)
		return CUDA_ERROR_INVALID_VALUE;
	return create(array,
		&(CUDA_ARRAY3D_DESCRIPTOR){d->Width, d->Height, 0, d->Format, d->NumChannels, 0});
}

CUresult cuArrayDestroy(CUarray array)
{
	struct CUarray_st *found;

	SIM_REENTER(cuArrayDestroy, (array));
	SIM_ENTER(cuArrayDestroy);
	sim_pause();
	sim_lock();
	found = sim_object_find(array, SIM_ARRAY);
	/* Levels and planes go with what they are a part of. */
	if (found && found->parent)
		found = NULL;
	if (found)
		sim_array_end(&found->object);
	else
		sim_unknown_frees++;
	sim_unlock();
	sim_pause();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

static CUresult describe(CUarray array, CUDA_ARRAY3D_DESCRIPTOR *descriptor)
{
	struct CUarray_st *found;

	sim_lock();
	found = sim_object_find(array, SIM_ARRAY);
	if (found)
		*descriptor = found->descriptor;
	sim_unlock();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuArray3DGetDescriptor_v2(CUDA_ARRAY3D_DESCRIPTOR *descriptor, CUarray array)
{
	SIM_ENTER(cuArray3DGetDescriptor_v2);
	return descriptor ? describe(array, descriptor) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuArrayGetDescriptor_v2(CUDA_ARRAY_DESCRIPTOR *descriptor, CUarray array)
{
	CUDA_ARRAY3D_DESCRIPTOR d;
	CUresult status;

	SIM_ENTER(cuArrayGetDescriptor_v2);
	if (!descriptor)
		return CUDA_ERROR_INVALID_VALUE;
	status = describe(array, &d);
	if (status == CUDA_SUCCESS)
		*descriptor = (CUDA_ARRAY_DESCRIPTOR){d.Width, d.Height, d.Format, d.NumChannels};
	return status;
}

CUresult cuArrayGetDescriptor(CUDA_ARRAY_DESCRIPTOR_v1 *descriptor, CUarray array)
{
	CUDA_ARRAY3D_DESCRIPTOR d;
	CUresult status;

	SIM_ENTER(cuArrayGetDescriptor);
	if (!descriptor)
		return CUDA_ERROR_INVALID_VALUE;
	status = describe(array, &d);
	if (status == CUDA_SUCCESS)
		*descriptor = (CUDA_ARRAY_DESCRIPTOR_v1){
			(unsigned int)d.Width, (unsigned int)d.Height, d.Format, d.NumChannels};
	return status;
}

CUresult cuArray3DGetDescriptor(CUDA_ARRAY3D_DESCRIPTOR_v1 *descriptor, CUarray array)
{
	CUDA_ARRAY3D_DESCRIPTOR d;
	CUresult status;

	SIM_ENTER(cuArray3DGetDescriptor);
	if (!descriptor)
		return CUDA_ERROR_INVALID_VALUE;
	status = describe(array, &d);
	if (status == CUDA_SUCCESS)
		*descriptor =
			(CUDA_ARRAY3D_DESCRIPTOR_v1){(unsigned int)d.Width, (unsigned int)d.Height,
				(unsigned int)d.Depth, d.Format, d.NumChannels, d.Flags};
	return status;
}

/* Pictures in several planes: luma, then chroma with half the extents. */
static unsigned int plane_count(CUarray_format format)
{
	switch (format) {
	case CU_AD_FORMAT_NV12:
	case CU_AD_FORMAT_P010:
	case CU_AD_FORMAT_P016:
	case CU_AD_FORMAT_NV16:
	case CU_AD_FORMAT_P210:
	case CU_AD_FORMAT_P216:
	case CU_AD_FORMAT_YUV444_8bit_SemiPlanar:
	case CU_AD_FORMAT_YUV444_16bit_SemiPlanar:
		return 2;
	case CU_AD_FORMAT_Y444_PLANAR8:
	case CU_AD_FORMAT_Y444_PLANAR10:
		return 3;
	default:
		return 0;
	}
}

CUresult cuArrayGetPlane(CUarray *plane, CUarray array, unsigned int index)
{
	struct CUarray_st *found;
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuArrayGetPlane);
	if (!plane)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(array, SIM_ARRAY);
	if (!found) {
		status = CUDA_ERROR_INVALID_HANDLE;
	} else if (index >= plane_count(found->descriptor.Format)) {
		status = CUDA_ERROR_INVALID_VALUE;
	} else if (!found->planes[index]) {
		CUDA_ARRAY3D_DESCRIPTOR part = found->descriptor;

		part.Format = CU_AD_FORMAT_UNSIGNED_INT8;
		part.NumChannels = index ? 2 : 1;
		part.Width = index ? (part.Width + 1) / 2 : part.Width;
		status = sim_array_part(found, &part, found->device, 0, &found->planes[index]);
	}
	if (status == CUDA_SUCCESS)
		*plane = found->planes[index];
	sim_unlock();
	return status;
}

/* Only arrays whose memory is mapped later are asked what they need. */
CUresult cuArrayGetMemoryRequirements(
	CUDA_ARRAY_MEMORY_REQUIREMENTS *requirements, CUarray array, CUdevice device)
{
	struct CUarray_st *found;
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuArrayGetMemoryRequirements);
	if (!requirements)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	found = sim_object_find(array, SIM_ARRAY);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (!(found->descriptor.Flags & CUDA_ARRAY3D_DEFERRED_MAPPING))
		status = CUDA_ERROR_INVALID_VALUE;
	else
		*requirements = (CUDA_ARRAY_MEMORY_REQUIREMENTS){
			.size = found->layout.bytes, .alignment = 65536};
	sim_unlock();
	return status;
}

CUresult cuArrayGetSparseProperties(CUDA_ARRAY_SPARSE_PROPERTIES *properties, CUarray array)
{
	struct CUarray_st *found;
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuArrayGetSparseProperties);
	if (!properties)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(array, SIM_ARRAY);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (!(found->descriptor.Flags & CUDA_ARRAY3D_SPARSE))
		status = CUDA_ERROR_INVALID_VALUE;
	else
		sim_layout_sparse(&found->descriptor, 1, properties);
	sim_unlock();
	return status;
}

CUresult sim_array_box(CUarray array, uint64_t *start, uint64_t *row, uint64_t *slice)
{
	struct CUarray_st *found;
	CUresult status = CUDA_SUCCESS;

	sim_lock();
	found = sim_object_find(array, SIM_ARRAY);
	if (!found) {
		status = CUDA_ERROR_INVALID_HANDLE;
	} else if (!found->start) {
		status = CUDA_ERROR_INVALID_VALUE;
	} else {
		*start = found->start;
		*row = found->layout.row;
		*slice = found->layout.slice;
	}
	sim_unlock();
	return status;
}

/*
 * Mipmapped arrays: one piece of memory for all levels, handed out level by level as parts.
 */
#include "sim.h"

#include <stdlib.h>

static void end_mipmap(struct sim_object *object)
{
	struct CUmipmappedArray_st *mipmap = (struct CUmipmappedArray_st *)object;

	for (unsigned int i = 0; i < mipmap->count; i++) {
		if (mipmap->levels[i])
			sim_array_end(&mipmap->levels[i]->object);
	}
	sim_tiles_end(&mipmap->tiles);
	sim_object_drop(object, SIMCUDA_ARRAY);
	if (mipmap->memory)
		sim_memory_end(mipmap->memory);
	sim_object_remove(object);
	free(mipmap);
}

static bool measure(struct CUmipmappedArray_st *mipmap)
{
	for (unsigned int i = 0; i < mipmap->count; i++) {
		CUDA_ARRAY3D_DESCRIPTOR level = sim_layout_level(&mipmap->descriptor, i);
		struct sim_layout layout;

		if (!sim_layout_of(&level, &layout))
			return false;
		mipmap->bytes += layout.bytes;
	}
	return true;
}

static unsigned int clamp(unsigned int levels, unsigned int most)
{
	return levels < 1 ? 1 : levels > most ? most : levels;
}

/* Lock held. */
static CUresult give_memory(struct CUmipmappedArray_st *mipmap)
{
	CUresult status = CUDA_SUCCESS;

	if (!mipmap->imported)
		status = sim_object_hold(
			&mipmap->object, SIMCUDA_ARRAY, mipmap->device, mipmap->bytes);
	if (status != CUDA_SUCCESS)
		return status;
	mipmap->memory = sim_memory_new(SIM_ARRAYED, mipmap->device, mipmap->bytes, NULL, false);
	if (mipmap->memory)
		return CUDA_SUCCESS;
	sim_object_drop(&mipmap->object, SIMCUDA_ARRAY);
	return CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult sim_mipmap_new(const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels,
	bool imported, CUcontext ctx, CUmipmappedArray *out)
{
	struct CUmipmappedArray_st *mipmap = calloc(1, sizeof(*mipmap));
	CUresult status = CUDA_SUCCESS;

	if (!mipmap)
		return CUDA_ERROR_OUT_OF_MEMORY;
	mipmap->descriptor = *descriptor;
	mipmap->device = ctx->device;
	mipmap->imported = imported;
	mipmap->count = clamp(levels, sim_layout_levels(descriptor));
	if (!measure(mipmap))
		status = CUDA_ERROR_INVALID_VALUE;
	else if (!(descriptor->Flags & SIM_UNBACKED))
		status = give_memory(mipmap);
	if (status != CUDA_SUCCESS) {
		free(mipmap);
		return status;
	}
	sim_object_add(&mipmap->object, SIM_MIPMAP, ctx, end_mipmap);
	*out = mipmap;
	return CUDA_SUCCESS;
}

CUresult cuMipmappedArrayCreate(
	CUmipmappedArray *mipmap, const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels)
{
	CUcontext ctx;
	CUresult status;

	SIM_REENTER(cuMipmappedArrayCreate, (mipmap, descriptor, levels));
	SIM_ENTER(cuMipmappedArrayCreate);
	if (!mipmap || !descriptor)
		return CUDA_ERROR_INVALID_VALUE;
	sim_pause();
	sim_lock();
	status = sim_context_current(&ctx);
	if (status == CUDA_SUCCESS)
		status = sim_capture_unsafe();
	if (status == CUDA_SUCCESS)
		status = sim_mipmap_new(descriptor, levels, false, ctx, mipmap);
	sim_unlock();
	sim_pause();
	return status;
}

CUresult cuMipmappedArrayDestroy(CUmipmappedArray mipmap)
{
	struct CUmipmappedArray_st *found;

	SIM_REENTER(cuMipmappedArrayDestroy, (mipmap));
	SIM_ENTER(cuMipmappedArrayDestroy);
	sim_pause();
	sim_lock();
	found = sim_object_find(mipmap, SIM_MIPMAP);
	if (found)
		end_mipmap(&found->object);
	else
		sim_unknown_frees++;
	sim_unlock();
	sim_pause();
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

/* Lock held. */
static CUresult level_of(struct CUmipmappedArray_st *mipmap, unsigned int index, CUarray *out)
{
	CUDA_ARRAY3D_DESCRIPTOR descriptor = sim_layout_level(&mipmap->descriptor, index);
	uint64_t start = mipmap->memory ? mipmap->memory->start : 0;
	CUresult status = CUDA_SUCCESS;

	for (unsigned int i = 0; start && i < index; i++) {
		CUDA_ARRAY3D_DESCRIPTOR before = sim_layout_level(&mipmap->descriptor, i);
		struct sim_layout layout;

		sim_layout_of(&before, &layout);
		start += layout.bytes;
	}
	if (!mipmap->levels[index])
		status = sim_array_part(
			mipmap, &descriptor, mipmap->device, start, &mipmap->levels[index]);
	*out = mipmap->levels[index];
	return status;
}

CUresult cuMipmappedArrayGetLevel(CUarray *level, CUmipmappedArray mipmap, unsigned int index)
{
	struct CUmipmappedArray_st *found;
	CUresult status;

	SIM_ENTER(cuMipmappedArrayGetLevel);
	if (!level)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(mipmap, SIM_MIPMAP);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (index >= found->count)
		status = CUDA_ERROR_INVALID_VALUE;
	else
		status = level_of(found, index, level);
	sim_unlock();
	return status;
}

CUresult cuMipmappedArrayGetMemoryRequirements(
	CUDA_ARRAY_MEMORY_REQUIREMENTS *requirements, CUmipmappedArray mipmap, CUdevice device)
{
	struct CUmipmappedArray_st *found;
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuMipmappedArrayGetMemoryRequirements);
	if (!requirements)
		return CUDA_ERROR_INVALID_VALUE;
	if (sim_device_check(device))
		return CUDA_ERROR_INVALID_DEVICE;
	sim_lock();
	found = sim_object_find(mipmap, SIM_MIPMAP);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (!(found->descriptor.Flags & CUDA_ARRAY3D_DEFERRED_MAPPING))
		status = CUDA_ERROR_INVALID_VALUE;
	else
		*requirements =
			(CUDA_ARRAY_MEMORY_REQUIREMENTS){.size = found->bytes, .alignment = 65536};
	sim_unlock();
	return status;
}

CUresult cuMipmappedArrayGetSparseProperties(
	CUDA_ARRAY_SPARSE_PROPERTIES *properties, CUmipmappedArray mipmap)
{
	struct CUmipmappedArray_st *found;
	CUresult status = CUDA_SUCCESS;

	SIM_ENTER(cuMipmappedArrayGetSparseProperties);
	if (!properties)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	found = sim_object_find(mipmap, SIM_MIPMAP);
	if (!found)
		status = CUDA_ERROR_INVALID_HANDLE;
	else if (!(found->descriptor.Flags & CUDA_ARRAY3D_SPARSE))
		status = CUDA_ERROR_INVALID_VALUE;
	else
		sim_layout_sparse(&found->descriptor, found->count, properties);
	sim_unlock();
	return status;
}

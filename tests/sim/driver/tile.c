/*
 * Memory mapped into sparse and deferred arrays (cuMemMapArrayAsync): each mapped tile is a reference to
 * a VMM object, which lives on while an array uses it.
 */
#include "sim.h"

#include <stdlib.h>

struct sim_tile {
	struct sim_tile *next;
	CUarrayMapInfo where;
	struct sim_vmm *object;
};

static bool same_place(const CUarrayMapInfo *a, const CUarrayMapInfo *b)
{
	if (a->subresourceType != b->subresourceType)
		return false;
	if (a->subresourceType == CU_ARRAY_SPARSE_SUBRESOURCE_TYPE_MIPTAIL)
		return a->subresource.miptail.layer == b->subresource.miptail.layer &&
			a->subresource.miptail.offset == b->subresource.miptail.offset;
	return a->subresource.sparseLevel.level == b->subresource.sparseLevel.level &&
		a->subresource.sparseLevel.layer == b->subresource.sparseLevel.layer &&
		a->subresource.sparseLevel.offsetX == b->subresource.sparseLevel.offsetX &&
		a->subresource.sparseLevel.offsetY == b->subresource.sparseLevel.offsetY &&
		a->subresource.sparseLevel.offsetZ == b->subresource.sparseLevel.offsetZ;
}

static void drop(struct sim_tile **link)
{
	struct sim_tile *tile = *link;

	*link = tile->next;
	tile->object->maps--;
	sim_vmm_settle(tile->object);
	free(tile);
}

void sim_tiles_end(struct sim_tile **tiles)
{
	while (*tiles)
		drop(tiles);
}

/* The list of tiles of the array that is meant; NULL where it cannot have any. */
static struct sim_tile **tiles_of(const CUarrayMapInfo *info)
{
	if (info->resourceType == CU_RESOURCE_TYPE_ARRAY) {
		struct CUarray_st *array = sim_object_find(info->resource.array, SIM_ARRAY);

		return array && array->descriptor.Flags & SIM_UNBACKED ? &array->tiles : NULL;
	}
	if (info->resourceType == CU_RESOURCE_TYPE_MIPMAPPED_ARRAY) {
		struct CUmipmappedArray_st *mipmap =
			sim_object_find(info->resource.mipmap, SIM_MIPMAP);

		return mipmap && mipmap->descriptor.Flags & SIM_UNBACKED ? &mipmap->tiles : NULL;
	}
	return NULL;
}

static CUresult acceptable(const CUarrayMapInfo *info)
{
	struct sim_vmm *object;

	if (!tiles_of(info) || info->memHandleType != CU_MEM_HANDLE_TYPE_GENERIC || info->flags)
		return CUDA_ERROR_INVALID_VALUE;
	if (info->memOperationType == CU_MEM_OPERATION_TYPE_UNMAP)
		return CUDA_SUCCESS;
	if (info->memOperationType != CU_MEM_OPERATION_TYPE_MAP || !info->deviceBitMask)
		return CUDA_ERROR_INVALID_VALUE;
	object = sim_vmm_find(info->memHandle.memHandle);
	if (!object || object->multicast || info->offset >= object->size)
		return CUDA_ERROR_INVALID_VALUE;
	return CUDA_SUCCESS;
}

static CUresult apply(const CUarrayMapInfo *info)
{
	struct sim_tile **tiles = tiles_of(info), **link = tiles, *tile = NULL;

	if (info->memOperationType == CU_MEM_OPERATION_TYPE_MAP) {
		tile = malloc(sizeof(*tile));
		if (!tile)
			return CUDA_ERROR_OUT_OF_MEMORY;
		tile->where = *info;
		tile->object = sim_vmm_find(info->memHandle.memHandle);
		/* Before the old tile goes, which may be the last reference to the same object. */
		tile->object->maps++;
	}
	while (*link && !same_place(&(*link)->where, info))
		link = &(*link)->next;
	if (*link)
		drop(link);
	if (tile) {
		tile->next = *tiles;
		*tiles = tile;
	}
	return CUDA_SUCCESS;
}

static CUresult map_all(const CUarrayMapInfo *maps, unsigned int count, CUstream stream)
{
	CUcontext ctx;
	CUresult status;

	if (!maps || !count)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	status = sim_stream_context(stream, &ctx);
	if (status == CUDA_SUCCESS)
		status = sim_capture_forbids(stream);
	for (unsigned int i = 0; status == CUDA_SUCCESS && i < count; i++)
		status = acceptable(&maps[i]);
	for (unsigned int i = 0; status == CUDA_SUCCESS && i < count; i++)
		status = apply(&maps[i]);
	sim_unlock();
	return status;
}

SIM_TWINS(cuMemMapArrayAsync, _ptsz, (CUarrayMapInfo * maps, unsigned int count, CUstream stream),
	map_all(maps, count, stream ? stream : sim_default))

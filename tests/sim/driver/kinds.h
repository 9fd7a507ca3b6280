/*
 * The kinds of memory beyond linear memory, as the rest of the driver sees them: arrays, virtual memory, pools,
 * graphs, other processes. Part of sim.h, which includes it.
 */
#ifndef SIM_KINDS_H
#define SIM_KINDS_H

#include "sim.h"

/* ---- arrays (array.c, layout.c, tile.c); lock held ---- */

/* How the bytes of an array lie: rows of texels (or of blocks of them), slices of rows. */
struct sim_layout {
	uint64_t row, slice, bytes;
};

struct sim_tile;

struct CUarray_st {
	struct sim_object object;
	CUDA_ARRAY3D_DESCRIPTOR descriptor;
	struct sim_layout layout;
	int device;
	struct sim_range *memory; /* NULL: none of its own */
	uint64_t start;           /* where copies go; 0: nowhere */
	const void *parent;       /* mipmap or array that it is a part of */
	struct sim_tile *tiles;
	CUarray planes[3];
};

struct CUmipmappedArray_st {
	struct sim_object object;
	CUDA_ARRAY3D_DESCRIPTOR descriptor;
	int device;
	unsigned int count;
	uint64_t bytes;
	struct sim_range *memory;
	struct sim_tile *tiles;
	CUarray levels[32];
	bool imported; /* the memory is someone else's */
};

/* False for a descriptor that the driver refuses. */
bool sim_layout_of(const CUDA_ARRAY3D_DESCRIPTOR *descriptor, struct sim_layout *layout);
CUDA_ARRAY3D_DESCRIPTOR sim_layout_level(
	const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int level);
unsigned int sim_layout_levels(const CUDA_ARRAY3D_DESCRIPTOR *descriptor);
void sim_layout_sparse(const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels,
	CUDA_ARRAY_SPARSE_PROPERTIES *properties);
#define SIM_UNBACKED (CUDA_ARRAY3D_SPARSE | CUDA_ARRAY3D_DEFERRED_MAPPING)

CUresult sim_array_part(const void *parent, const CUDA_ARRAY3D_DESCRIPTOR *descriptor, int device,
	uint64_t start, CUarray *out);
void sim_array_end(struct sim_object *object);
CUresult sim_mipmap_new(const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels,
	bool imported, CUcontext ctx, CUmipmappedArray *out);
void sim_tiles_end(struct sim_tile **tiles);

/* ---- virtual memory (vmm.c, map.c, export.c, multicast.c); lock held ---- */

struct sim_export;
struct sim_bind;

struct sim_vmm {
	struct sim_object object;
	CUmemAllocationProp properties;
	uint64_t size;
	int device;                                 /* -1: host, or another process's */
	unsigned int handles, maps, imports, binds; /* what keeps it alive */
	struct sim_export *exports;
	struct sim_space space;
	char *host;
	struct sim_vmm *source; /* imported from this process */
	bool mapped;            /* imported from another process: host is a mapping */
	bool lingering;
	/* Multicast objects hold no memory but bind that of others. */
	bool multicast;
	unsigned int devices_wanted, devices_added;
	struct sim_bind *bound;
};

struct sim_vmm *sim_vmm_find(CUmemGenericAllocationHandle handle);
CUresult sim_vmm_new(uint64_t size, int device, struct sim_vmm **out);
/* After a reference went: frees what nothing keeps. */
void sim_vmm_settle(struct sim_vmm *object);
/* Frees what only exports kept whose descriptors are closed by now. */
void sim_vmm_collect(void);
void sim_unbind(struct sim_vmm *multicast, uint64_t offset, uint64_t bytes);
bool sim_exported(struct sim_vmm *object);
#define SIM_GRANULE (2 * SIM_MIB)

/* ---- pools (pool.c, poolapi.c, poolshare.c); lock held ---- */

struct CUmemPoolHandle_st {
	struct sim_object object;
	struct CUmemPoolHandle_st *next;
	CUmemPoolProps properties;
	int device; /* -1: host */
	bool standard, destroyed, imported;
	int reuse[3];
	uint64_t threshold, reserved, reserved_high, used, used_high, live;
	CUmemAccess_flags access[SIM_DEVICES];
	struct sim_chunk *chunks;
	uint64_t id;   /* for those who import it */
	int64_t owner; /* process */
};

CUresult sim_pool_new(const CUmemPoolProps *properties, CUmemoryPool *out);
CUresult sim_pool_take(CUmemoryPool pool, uint64_t bytes, uint64_t *address);
void sim_pool_give(struct sim_range *range);
void sim_pool_trim(CUmemoryPool pool, uint64_t keep);
void sim_pool_end(CUmemoryPool pool);
void sim_pool_forget(struct sim_range *range);
/* Finds a pool by handle; NULL for one that is destroyed. */
CUmemoryPool sim_pool_find(CUmemoryPool pool);
/* The default and the current pool of a device, or of the host (-1). */
CUresult sim_pool_standard(int device, CUmemoryPool *pool);
CUresult sim_pool_current(int device, CUmemoryPool *pool);

/* ---- memory of graphs (graphmem.c); lock held ---- */

struct sim_graph_memory;
void sim_graph_memory_free(struct sim_range *range);

/* ---- memory of other processes (share.c) ---- */

struct sim_share {
	int64_t pid;
	int32_t file, device;
	uint64_t offset, size;
};

void sim_external_release(struct sim_range *range);
bool sim_share_of(const struct sim_range *range, struct sim_share *share);
char *sim_share_map(const struct sim_share *share);

#endif

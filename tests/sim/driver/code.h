/*
 * Code on a device as module.c and kernel.c share it: modules, libraries, and the kernels that were asked for.
 */
#ifndef SIM_CODE_H
#define SIM_CODE_H

#include "image.h"
#include "sim.h"

/* As simabi/attributes.def says of each device. */
#define SIM_BLOCK_THREADS_MOST     1024
#define SIM_PROCESSOR_SHARED_BYTES 167936
#define SIM_BLOCK_SHARED_RESERVED  1024

/* A function of a module, or a kernel of a library; one for each name. */
struct CUfunc_st {
	struct sim_object object;
	struct sim_code *code;
	struct CUfunc_st *next;
	char *name;
	int dynamic_shared, carveout;
	unsigned int block[3]; /* of the launches of legacy.c */
};

/* What modules and libraries have in common. */
struct sim_code {
	struct sim_image *image;
	struct CUfunc_st *functions;
	/* One is NULL. */
	struct CUmod_st *module;
	struct CUlib_st *library;
};

struct CUmod_st {
	struct sim_object object;
	struct sim_code code;
	uint64_t bytes;
	int device;
	struct sim_range **globals; /* by the image's symbols; NULL for what is none */
};

struct CUlib_st {
	struct sim_object object;
	struct sim_code code;
	struct CUmod_st *loaded[SIM_DEVICES];
};

struct sim_shape {
	unsigned int gx, gy, gz, bx, by, bz;
};

CUresult sim_kernel_launch(CUfunction function, struct sim_shape shape, CUstream stream);

/* All of these: lock held. */

CUresult sim_kernel_get(struct sim_code *code, const char *name, struct CUfunc_st **out);
void sim_kernels_end(struct sim_code *code);
/* The code of a library comes to a device when it is first used there. */
CUresult sim_library_materialize(struct CUlib_st *library, struct CUmod_st **module);

#endif

/*
 * Calls the functions for arrays with arguments at the edge, and prints what each returns: the
 * output must be the same with and without anything between program and driver. Usage: array_edges
 */
#include "check.h"

#include <cuda.h>
#include <stdint.h>

#define SHOW(call) printf("%-66s %d\n", #call, (int)(call))

static int local;

static CUDA_ARRAY3D_DESCRIPTOR shape(size_t width, size_t height, size_t depth, unsigned int format,
	unsigned int channels, unsigned int flags)
{
	return (CUDA_ARRAY3D_DESCRIPTOR){
		width, height, depth, (CUarray_format)format, channels, flags};
}

static void makes(void)
{
	static const struct {
		size_t width, height, depth;
		unsigned int format, channels, flags;
	} cases[] = {
		{0, 0, 0, 0x20, 1, 0},
		{0, 16, 0, 0x20, 1, 0},
		{16, 16, 0, 0x20, 0, 0},
		{16, 16, 0, 0x20, 3, 0},
		{16, 16, 0, 0x00, 1, 0},
		{16, 16, 0, 0x7f, 1, 0},
		{SIZE_MAX, SIZE_MAX, SIZE_MAX, 0x20, 4, 0},
		{SIZE_MAX, 0, 0, 0x01, 1, 0},
		{(size_t)1 << 32, (size_t)1 << 32, 0, 0x01, 1, 0},
		{16, 8, 6, 0x20, 1, CUDA_ARRAY3D_CUBEMAP},
		{16, 16, 5, 0x20, 1, CUDA_ARRAY3D_CUBEMAP},
		{16, 16, 0, 0x20, 1, 0x80000000u},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CUDA_ARRAY3D_DESCRIPTOR d = shape(cases[i].width, cases[i].height, cases[i].depth,
			cases[i].format, cases[i].channels, cases[i].flags);
		CUarray array = (CUarray)(uintptr_t)&local;
		CUmipmappedArray mipmap = (CUmipmappedArray)(uintptr_t)&local;
		int a = (int)cuArray3DCreate(&array, &d);
		int m = (int)cuMipmappedArrayCreate(&mipmap, &d, 3);

		printf("case %zu: %d %d untouched %d %d\n", i, a, m,
			array == (CUarray)(uintptr_t)&local,
			mipmap == (CUmipmappedArray)(uintptr_t)&local);
		if (a == 0)
			SHOW(cuArrayDestroy(array));
		if (m == 0)
			SHOW(cuMipmappedArrayDestroy(mipmap));
	}
}

static void nothing_given(void)
{
	CUDA_ARRAY_DESCRIPTOR two = {16, 16, CU_AD_FORMAT_FLOAT, 1};
	CUDA_ARRAY3D_DESCRIPTOR three = shape(16, 16, 0, CU_AD_FORMAT_FLOAT, 1, 0);
	CUarray array;
	CUmipmappedArray mipmap;

	SHOW(cuArrayCreate(NULL, &two));
	SHOW(cuArrayCreate(&array, NULL));
	SHOW(cuArrayCreate(NULL, NULL));
	SHOW(cuArray3DCreate(NULL, &three));
	SHOW(cuArray3DCreate(&array, NULL));
	SHOW(cuMipmappedArrayCreate(NULL, &three, 1));
	SHOW(cuMipmappedArrayCreate(&mipmap, NULL, 1));
	SHOW(cuArrayDestroy(NULL));
	SHOW(cuMipmappedArrayDestroy(NULL));
}

static void twice(void)
{
	CUDA_ARRAY3D_DESCRIPTOR d = shape(16, 16, 0, CU_AD_FORMAT_FLOAT, 1, 0);
	CUarray array;
	CUmipmappedArray mipmap;

	SHOW(cuArray3DCreate(&array, &d));
	SHOW(cuArrayDestroy(array));
	SHOW(cuArrayDestroy(array));
	SHOW(cuMipmappedArrayCreate(&mipmap, &d, 0));
	SHOW(cuMipmappedArrayDestroy(mipmap));
	SHOW(cuMipmappedArrayDestroy(mipmap));
}

int main(void)
{
	CUDA_ARRAY3D_DESCRIPTOR d = shape(16, 16, 0, CU_AD_FORMAT_FLOAT, 1, 0);
	CUarray array;
	CUcontext ctx;

	SHOW(cuInit(0));
	SHOW(cuArray3DCreate(&array, &d));
	OK(cuDevicePrimaryCtxRetain(&ctx, 0));
	OK(cuCtxSetCurrent(ctx));
	nothing_given();
	makes();
	twice();
	return 0;
}

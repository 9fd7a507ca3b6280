/* Physical memory whose handle is never released. */
#include "../check.h"

#include <cuda.h>

int main(void)
{
	CUmemAllocationProp properties = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	CUmemGenericAllocationHandle handle;
	CUcontext context;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	return cuMemCreate(&handle, 2 << 20, &properties, 0) != CUDA_SUCCESS;
}

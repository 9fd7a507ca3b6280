/* Memory of other processes and of other interfaces. */
#include "rt.h"

#include <string.h>

_Static_assert(
	sizeof(struct cudaExternalMemoryHandleDesc) == sizeof(CUDA_EXTERNAL_MEMORY_HANDLE_DESC),
	"the same layout");
_Static_assert(
	sizeof(struct cudaExternalMemoryBufferDesc) == sizeof(CUDA_EXTERNAL_MEMORY_BUFFER_DESC),
	"the same layout");

cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t *handle, void *pointer)
{
	RT_DIRECT(cuIpcGetMemHandle, ((CUipcMemHandle *)(void *)handle, rt_address(pointer)));
}

cudaError_t cudaIpcOpenMemHandle(void **pointer, cudaIpcMemHandle_t handle, unsigned int flags)
{
	CUipcMemHandle same;
	CUdeviceptr address = 0;
	cudaError_t status = rt_ready();

	memcpy(&same, &handle, sizeof(same));
	if (status == cudaSuccess && !pointer)
		status = cudaErrorInvalidValue;
	if (status == cudaSuccess)
		status = RT_CALL(cuIpcOpenMemHandle_v2, (&address, same, flags));
	if (status == cudaSuccess)
		*pointer = rt_pointer(address);
	return rt_note(status);
}

cudaError_t cudaIpcCloseMemHandle(void *pointer)
{
	RT_DIRECT(cuIpcCloseMemHandle, (rt_address(pointer)));
}

cudaError_t cudaImportExternalMemory(
	cudaExternalMemory_t *memory, const struct cudaExternalMemoryHandleDesc *descriptor)
{
	RT_DIRECT(cuImportExternalMemory,
		((CUexternalMemory *)(void *)memory,
			(const CUDA_EXTERNAL_MEMORY_HANDLE_DESC *)(const void *)descriptor));
}

cudaError_t cudaExternalMemoryGetMappedBuffer(void **pointer, cudaExternalMemory_t memory,
	const struct cudaExternalMemoryBufferDesc *descriptor)
{
	CUdeviceptr address = 0;
	cudaError_t status = rt_ready();

	if (status == cudaSuccess && !pointer)
		status = cudaErrorInvalidValue;
	if (status == cudaSuccess)
		status = RT_CALL(cuExternalMemoryGetMappedBuffer,
			(&address, (CUexternalMemory)(void *)memory,
				(const CUDA_EXTERNAL_MEMORY_BUFFER_DESC *)(const void *)
					descriptor));
	if (status == cudaSuccess)
		*pointer = rt_pointer(address);
	return rt_note(status);
}

cudaError_t cudaDestroyExternalMemory(cudaExternalMemory_t memory)
{
	RT_DIRECT(cuDestroyExternalMemory, ((CUexternalMemory)(void *)memory));
}

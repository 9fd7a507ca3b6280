/* Which ABI version a plain name of the driver API means to a program compiled today. */
#ifndef SIMABI_DRIVER_NAMES_H
#define SIMABI_DRIVER_NAMES_H

#define cuGetProcAddress           cuGetProcAddress_v2
#define cuDeviceTotalMem           cuDeviceTotalMem_v2
#define cuDeviceGetUuid            cuDeviceGetUuid_v2
#define cuDevicePrimaryCtxRelease  cuDevicePrimaryCtxRelease_v2
#define cuDevicePrimaryCtxReset    cuDevicePrimaryCtxReset_v2
#define cuDevicePrimaryCtxSetFlags cuDevicePrimaryCtxSetFlags_v2
#define cuCtxCreate                cuCtxCreate_v4
#define cuCtxDestroy               cuCtxDestroy_v2
#define cuCtxPushCurrent           cuCtxPushCurrent_v2
#define cuCtxPopCurrent            cuCtxPopCurrent_v2
#define cuStreamDestroy            cuStreamDestroy_v2
#define cuEventDestroy             cuEventDestroy_v2
#define cuEventElapsedTime         cuEventElapsedTime_v2
#define cuModuleGetGlobal          cuModuleGetGlobal_v2
#define cuMemGetInfo               cuMemGetInfo_v2
#define cuMemAlloc                 cuMemAlloc_v2
#define cuMemAllocPitch            cuMemAllocPitch_v2
#define cuMemFree                  cuMemFree_v2
#define cuMemGetAddressRange       cuMemGetAddressRange_v2
#define cuMemAllocHost             cuMemAllocHost_v2
#define cuMemHostGetDevicePointer  cuMemHostGetDevicePointer_v2
#define cuMemHostRegister          cuMemHostRegister_v2
#define cuMemAdvise                cuMemAdvise_v2
#define cuMemPrefetchAsync         __CUDA_API_PTSZ(cuMemPrefetchAsync_v2)
#define cuMemcpyHtoD               __CUDA_API_PTDS(cuMemcpyHtoD_v2)
#define cuMemcpyDtoH               __CUDA_API_PTDS(cuMemcpyDtoH_v2)
#define cuMemcpyDtoD               __CUDA_API_PTDS(cuMemcpyDtoD_v2)
#define cuMemcpyHtoDAsync          __CUDA_API_PTSZ(cuMemcpyHtoDAsync_v2)
#define cuMemcpyDtoHAsync          __CUDA_API_PTSZ(cuMemcpyDtoHAsync_v2)
#define cuMemcpyDtoDAsync          __CUDA_API_PTSZ(cuMemcpyDtoDAsync_v2)
#define cuMemcpy2D                 __CUDA_API_PTDS(cuMemcpy2D_v2)
#define cuMemcpy2DUnaligned        __CUDA_API_PTDS(cuMemcpy2DUnaligned_v2)
#define cuMemcpy2DAsync            __CUDA_API_PTSZ(cuMemcpy2DAsync_v2)
#define cuMemcpy3D                 __CUDA_API_PTDS(cuMemcpy3D_v2)
#define cuMemcpy3DAsync            __CUDA_API_PTSZ(cuMemcpy3DAsync_v2)
#define cuMemsetD8                 __CUDA_API_PTDS(cuMemsetD8_v2)
#define cuMemsetD16                __CUDA_API_PTDS(cuMemsetD16_v2)
#define cuMemsetD32                __CUDA_API_PTDS(cuMemsetD32_v2)
#define cuMemsetD2D8               __CUDA_API_PTDS(cuMemsetD2D8_v2)
#define cuMemsetD2D32              __CUDA_API_PTDS(cuMemsetD2D32_v2)
#define cuMemcpyHtoA               __CUDA_API_PTDS(cuMemcpyHtoA_v2)
#define cuMemcpyAtoH               __CUDA_API_PTDS(cuMemcpyAtoH_v2)
#define cuMemcpyDtoA               __CUDA_API_PTDS(cuMemcpyDtoA_v2)
#define cuMemcpyAtoD               __CUDA_API_PTDS(cuMemcpyAtoD_v2)
#define cuMemcpyAtoA               __CUDA_API_PTDS(cuMemcpyAtoA_v2)
#define cuMemsetD2D16              __CUDA_API_PTDS(cuMemsetD2D16_v2)
#define cuTexRefSetAddress         cuTexRefSetAddress_v2
#define cuTexRefSetAddress2D       cuTexRefSetAddress2D_v3
#define cuTexRefGetAddress         cuTexRefGetAddress_v2
#define cuLinkCreate               cuLinkCreate_v2
#define cuLinkAddData              cuLinkAddData_v2
#define cuLinkAddFile              cuLinkAddFile_v2
#define cuArrayCreate              cuArrayCreate_v2
#define cuArrayGetDescriptor       cuArrayGetDescriptor_v2
#define cuArray3DCreate            cuArray3DCreate_v2
#define cuArray3DGetDescriptor     cuArray3DGetDescriptor_v2
#define cuIpcOpenMemHandle         cuIpcOpenMemHandle_v2
#define cuStreamBeginCapture       __CUDA_API_PTSZ(cuStreamBeginCapture_v2)
#define cuStreamGetCaptureInfo     __CUDA_API_PTSZ(cuStreamGetCaptureInfo_v3)
#define cuGraphInstantiate         cuGraphInstantiateWithFlags
#define cuGraphAddNode             cuGraphAddNode_v2

#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)
/* A program compiled so gets the per-thread flavours from lookups too, unless it says otherwise. */
static inline CUresult cuGetProcAddress_v2_ptsz(const char *symbol, void **pfn, int version,
	cuuint64_t flags, CUdriverProcAddressQueryResult *status)
{
	const cuuint64_t flavour = CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;

	return cuGetProcAddress_v2(symbol, pfn, version, flags ? flags : flavour, status);
}
#define cuGetProcAddress_v2          cuGetProcAddress_v2_ptsz
#define cuMemcpy                     __CUDA_API_PTDS(cuMemcpy)
#define cuMemcpyAsync                __CUDA_API_PTSZ(cuMemcpyAsync)
#define cuMemcpyPeer                 __CUDA_API_PTDS(cuMemcpyPeer)
#define cuMemcpyPeerAsync            __CUDA_API_PTSZ(cuMemcpyPeerAsync)
#define cuMemsetD8Async              __CUDA_API_PTSZ(cuMemsetD8Async)
#define cuMemsetD16Async             __CUDA_API_PTSZ(cuMemsetD16Async)
#define cuMemsetD32Async             __CUDA_API_PTSZ(cuMemsetD32Async)
#define cuMemsetD2D8Async            __CUDA_API_PTSZ(cuMemsetD2D8Async)
#define cuStreamSynchronize          __CUDA_API_PTSZ(cuStreamSynchronize)
#define cuStreamQuery                __CUDA_API_PTSZ(cuStreamQuery)
#define cuStreamWaitEvent            __CUDA_API_PTSZ(cuStreamWaitEvent)
#define cuStreamGetFlags             __CUDA_API_PTSZ(cuStreamGetFlags)
#define cuStreamGetPriority          __CUDA_API_PTSZ(cuStreamGetPriority)
#define cuStreamGetId                __CUDA_API_PTSZ(cuStreamGetId)
#define cuStreamGetCtx               __CUDA_API_PTSZ(cuStreamGetCtx)
#define cuStreamGetDevice            __CUDA_API_PTSZ(cuStreamGetDevice)
#define cuMemsetD2D16Async           __CUDA_API_PTSZ(cuMemsetD2D16Async)
#define cuMemsetD2D32Async           __CUDA_API_PTSZ(cuMemsetD2D32Async)
#define cuMemcpy3DPeer               __CUDA_API_PTDS(cuMemcpy3DPeer)
#define cuMemcpy3DPeerAsync          __CUDA_API_PTSZ(cuMemcpy3DPeerAsync)
#define cuStreamAddCallback          __CUDA_API_PTSZ(cuStreamAddCallback)
#define cuStreamAttachMemAsync       __CUDA_API_PTSZ(cuStreamAttachMemAsync)
#define cuEventRecord                __CUDA_API_PTSZ(cuEventRecord)
#define cuLaunchHostFunc             __CUDA_API_PTSZ(cuLaunchHostFunc)
#define cuMemAllocAsync              __CUDA_API_PTSZ(cuMemAllocAsync)
#define cuMemAllocFromPoolAsync      __CUDA_API_PTSZ(cuMemAllocFromPoolAsync)
#define cuMemFreeAsync               __CUDA_API_PTSZ(cuMemFreeAsync)
#define cuMemMapArrayAsync           __CUDA_API_PTSZ(cuMemMapArrayAsync)
#define cuStreamBeginCaptureToGraph  __CUDA_API_PTSZ(cuStreamBeginCaptureToGraph)
#define cuStreamEndCapture           __CUDA_API_PTSZ(cuStreamEndCapture)
#define cuStreamIsCapturing          __CUDA_API_PTSZ(cuStreamIsCapturing)
#define cuGraphInstantiateWithParams __CUDA_API_PTSZ(cuGraphInstantiateWithParams)
#define cuGraphUpload                __CUDA_API_PTSZ(cuGraphUpload)
#define cuGraphLaunch                __CUDA_API_PTSZ(cuGraphLaunch)
#define cuLaunchKernel               __CUDA_API_PTSZ(cuLaunchKernel)
#define cuLaunchKernelEx             __CUDA_API_PTSZ(cuLaunchKernelEx)
#define cuLaunchCooperativeKernel    __CUDA_API_PTSZ(cuLaunchCooperativeKernel)
#endif

#endif

/* What plain names of the runtime API mean when compiled for per-thread default streams. */
#ifndef SIMABI_RUNTIME_NAMES_H
#define SIMABI_RUNTIME_NAMES_H

#define cudaGetDriverEntryPoint          cudaGetDriverEntryPoint_ptsz
#define cudaGetDriverEntryPointByVersion cudaGetDriverEntryPointByVersion_ptsz
#define cudaMemPrefetchAsync             cudaMemPrefetchAsync_ptsz
#define cudaMemcpy                       cudaMemcpy_ptds
#define cudaMemcpyAsync                  cudaMemcpyAsync_ptsz
#define cudaMemcpy2D                     cudaMemcpy2D_ptds
#define cudaMemset                       cudaMemset_ptds
#define cudaMemsetAsync                  cudaMemsetAsync_ptsz
#define cudaMemset2D                     cudaMemset2D_ptds
#define cudaStreamSynchronize            cudaStreamSynchronize_ptsz
#define cudaStreamQuery                  cudaStreamQuery_ptsz
#define cudaStreamWaitEvent              cudaStreamWaitEvent_ptsz
#define cudaLaunchHostFunc               cudaLaunchHostFunc_ptsz
#define cudaEventRecord                  cudaEventRecord_ptsz
#define cudaMallocAsync                  cudaMallocAsync_ptsz
#define cudaMallocFromPoolAsync          cudaMallocFromPoolAsync_ptsz
#define cudaFreeAsync                    cudaFreeAsync_ptsz
#define cudaStreamBeginCapture           cudaStreamBeginCapture_ptsz
#define cudaStreamEndCapture             cudaStreamEndCapture_ptsz
#define cudaStreamIsCapturing            cudaStreamIsCapturing_ptsz
#define cudaGraphInstantiateWithParams   cudaGraphInstantiateWithParams_ptsz
#define cudaGraphUpload                  cudaGraphUpload_ptsz
#define cudaGraphLaunch                  cudaGraphLaunch_ptsz

#endif

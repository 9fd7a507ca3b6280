/* Streams and events. */
#include "rt.h"

cudaError_t cudaStreamCreate(cudaStream_t *stream)
{
	RT_DIRECT(cuStreamCreate, (stream, CU_STREAM_DEFAULT));
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned int flags)
{
	RT_DIRECT(cuStreamCreate, (stream, flags));
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t *stream, unsigned int flags, int priority)
{
	RT_DIRECT(cuStreamCreateWithPriority, (stream, flags, priority));
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
	RT_DIRECT(cuStreamDestroy_v2, (stream));
}

RT_TWINS(cudaStreamSynchronize, _ptsz, (cudaStream_t stream), cuStreamSynchronize, (stream))
RT_TWINS(cudaStreamQuery, _ptsz, (cudaStream_t stream), cuStreamQuery, (stream))
RT_TWINS(cudaStreamWaitEvent, _ptsz, (cudaStream_t stream, cudaEvent_t event, unsigned int flags),
	cuStreamWaitEvent, (stream, event, flags))
RT_TWINS(cudaLaunchHostFunc, _ptsz, (cudaStream_t stream, cudaHostFn_t function, void *argument),
	cuLaunchHostFunc, (stream, function, argument))

cudaError_t cudaEventCreate(cudaEvent_t *event)
{
	RT_DIRECT(cuEventCreate, (event, CU_EVENT_DEFAULT));
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned int flags)
{
	RT_DIRECT(cuEventCreate, (event, flags));
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
	RT_DIRECT(cuEventDestroy_v2, (event));
}

RT_TWINS(cudaEventRecord, _ptsz, (cudaEvent_t event, cudaStream_t stream), cuEventRecord,
	(event, stream))

cudaError_t cudaEventQuery(cudaEvent_t event)
{
	RT_DIRECT(cuEventQuery, (event));
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
	RT_DIRECT(cuEventSynchronize, (event));
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t start, cudaEvent_t end)
{
	RT_DIRECT(cuEventElapsedTime, (ms, start, end));
}

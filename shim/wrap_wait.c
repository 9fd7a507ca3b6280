/*
 * wrap_wait.c - wrappers of the functions that wait for the device: pools give memory back at such a
 * call, so what they reserve is read anew after it.
 */
#include "driver.h"
#include "pool.h"
#include "thread.h"

#define WAIT(symbol, parameters, arguments)                       \
	RAC_EXPORT CUresult symbol parameters                     \
	{                                                         \
		if (!rac_enter())                                 \
			return rac_driver()->symbol arguments;    \
		CUresult result = rac_driver()->symbol arguments; \
                                                                  \
		rac_pools_refresh_after_wait(rac_state());        \
		rac_leave();                                      \
		return result;                                    \
	}

WAIT(cuStreamSynchronize, (CUstream hStream), (hStream))
WAIT(cuStreamSynchronize_ptsz, (CUstream hStream), (hStream))
WAIT(cuEventSynchronize, (CUevent hEvent), (hEvent))
WAIT(cuCtxSynchronize, (void), ())
WAIT(cuCtxSynchronize_v2, (CUcontext ctx), (ctx))
#undef WAIT

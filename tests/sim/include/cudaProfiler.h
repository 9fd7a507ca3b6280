/* Control of a profiler; cuda.h of the simulated CUDA declares it already. */
#include <cuda.h>

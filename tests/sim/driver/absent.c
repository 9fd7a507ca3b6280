/*
 * The functions of driver_absent.def: a program that refers to them can be loaded, and learns that they are not
 * there when it calls them.
 */
#include "sim.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

#define ABSENT(symbol, parameters)               \
	CUresult symbol parameters               \
	{                                        \
		SIM_ENTER(symbol);               \
		return CUDA_ERROR_NOT_SUPPORTED; \
	}
#define SIM_FN(symbol, name, version, flags, parameters) ABSENT(symbol, parameters)
#include "simabi/driver_absent.def"
#undef SIM_FN

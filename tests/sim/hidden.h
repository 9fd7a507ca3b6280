/*
 * The private export table by which the simulated runtime reaches the simulated driver without a symbol
 * lookup that anyone could hook (SIMCUDA_CUDART_HIDDEN=1), as NVIDIA's libraries do with tables of theirs.
 */
#ifndef SIMCUDA_HIDDEN_H
#define SIMCUDA_HIDDEN_H

#include <stddef.h>

#define SIMCUDA_HIDDEN_ID                                                                          \
	{                                                                                          \
		{                                                                                  \
			's', 'i', 'm', 'c', 'u', 'd', 'a', '-', 'h', 'i', 'd', 'd', 'e', 'n', '-', \
				'1'                                                                \
		}                                                                                  \
	}

struct simcuda_hidden {
	size_t size;
	void (*(*find)(const char *symbol))(void); /* by full ABI name; NULL where unknown */
};

#endif

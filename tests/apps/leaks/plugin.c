/* A plugin that leaks and is closed before the end. */
#include <cuda_runtime.h>

int plugin_run(void);
int plugin_run(void)
{
	void *memory;

	return (int)cudaMalloc(&memory, 1 << 20);
}

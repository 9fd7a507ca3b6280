/*
 * gpu_probe.c - says whether CUDA can be used on this machine: prints the driver library's path and
 * the first device's name and ends with 0, or prints nothing and ends with 1.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>

typedef int (*init_function)(unsigned int flags);
typedef int (*count_function)(int *count);
typedef int (*name_function)(char *name, int bytes, int device);

int main(void)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	struct link_map *map = NULL;
	init_function init;
	count_function count;
	name_function get_name;
	char name[256] = "";
	int devices = 0;

	if (driver == NULL || dlinfo(driver, RTLD_DI_LINKMAP, &map) != 0)
		return 1;
	init = (init_function)(uintptr_t)dlsym(driver, "cuInit");
	count = (count_function)(uintptr_t)dlsym(driver, "cuDeviceGetCount");
	get_name = (name_function)(uintptr_t)dlsym(driver, "cuDeviceGetName");
	if (init == NULL || count == NULL || get_name == NULL)
		return 1;
	if (init(0) != 0 || count(&devices) != 0 || devices < 1)
		return 1;
	if (get_name(name, (int)sizeof(name) - 1, 0) != 0)
		return 1;
	printf("%s\n%s\n", map->l_name, name);
	return 0;
}

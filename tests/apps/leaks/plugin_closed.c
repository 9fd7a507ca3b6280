/* Opens a plugin, which leaks, and closes it. */
#include "../check.h"

#include <dlfcn.h>
#include <string.h>

int main(int argc, char **argv)
{
	char path[4096];
	int (*run)(void);

	EXPECT(argc > 0 && strlen(argv[0]) < sizeof(path) - 20);
	strcpy(path, argv[0]);
	strcpy(strrchr(path, '/') + 1, "libplugin.so");
	void *plugin = dlopen(path, RTLD_NOW);

	EXPECT(plugin != NULL);
	*(void **)&run = dlsym(plugin, "plugin_run");
	OK(run());
	return dlclose(plugin);
}

/*
 * Opens plugins and lets each use CUDA, one after the other; it knows nothing of CUDA itself.
 * Usage: route_host local|global|deepbind KEPT FREED PLUGIN…
 */
#include "check.h"

#include <dlfcn.h>
#include <string.h>

#ifndef RTLD_DEEPBIND /* musl has no such thing */
#define RTLD_DEEPBIND 0
#endif

static int mode_of(const char *word)
{
	if (strcmp(word, "global") == 0)
		return RTLD_GLOBAL;
	return strcmp(word, "deepbind") == 0 ? RTLD_LOCAL | RTLD_DEEPBIND : RTLD_LOCAL;
}

int main(int argc, char **argv)
{
	EXPECT(argc > 4);
	for (int i = 4; i < argc; i++) {
		void *plugin = dlopen(argv[i], RTLD_NOW | mode_of(argv[1]));
		int (*use)(size_t, size_t), (*error)(void), (*use_pinned)(size_t);

		if (!plugin)
			FAIL("%s", dlerror());
		*(void **)&use = dlsym(plugin, "plugin_use");
		*(void **)&error = dlsym(plugin, "plugin_error");
		*(void **)&use_pinned = dlsym(plugin, "plugin_use_pinned");
		EXPECT(use && error && use_pinned);
		printf("plugin %d: %d", i - 3,
			use(argument(argc, argv, 2, "0"), argument(argc, argv, 3, "0")));
		printf(", last error %d", error());
		printf(", pinned %d\n", use_pinned(4096));
	}
	return 0;
}

/*
 * Opens libraries one after the other and has those look that look for CUDA by weak references, then the
 * library that it is linked with itself.
 * Usage: route_weak_host local|global|lazy FILE…
 */
#include "check.h"

#include <dlfcn.h>
#include <string.h>

int weak_look(const char *who);

int main(int argc, char **argv)
{
	int mode = RTLD_NOW | RTLD_LOCAL;

	EXPECT(argc > 1);
	if (strcmp(argv[1], "global") == 0)
		mode = RTLD_NOW | RTLD_GLOBAL;
	else if (strcmp(argv[1], "lazy") == 0)
		mode = RTLD_LAZY | RTLD_LOCAL;
	for (int i = 2; i < argc; i++) {
		void *library = dlopen(argv[i], mode);
		int (*look)(const char *);

		if (!library)
			FAIL("%s", dlerror());
		*(void **)&look = dlsym(library, "weak_look");
		if (look)
			look(strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i]);
	}
	return weak_look("linked");
}

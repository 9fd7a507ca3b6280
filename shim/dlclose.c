/*
 * dlclose.c - the exported dlclose: tells what remembers code addresses that code may go; what is
 * closed, and what the call answers, is the C library's alone.
 */
#include "code_epoch.h"
#include "hooks.h"
#include "libc_real.h"
#include <dlfcn.h>

RAC_EXPORT int dlclose(void *handle)
{
	rac_libc_bind();
	rac_code_unload_begins();
	int result = rac_next_dlclose(handle);

	rac_code_unload_ends();
	return result;
}

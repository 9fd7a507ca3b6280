/*
 * probe.h - says from which address it was called: where a program's stack would be taken. The name in the
 * source is how a test finds the line.
 */
#ifndef PROBE_H
#define PROBE_H

#include <link.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct probe_module {
	uintptr_t at, base;
};

static int probe_find(struct dl_phdr_info *info, size_t size, void *context)
{
	struct probe_module *m = (struct probe_module *)context;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

		if (info->dlpi_phdr[i].p_type == PT_LOAD && m->at >= start &&
			m->at < start + info->dlpi_phdr[i].p_memsz)
			m->base = info->dlpi_addr;
	}
	return 0;
}

/* The instruction before the return address is the call. */
__attribute__((noinline, unused)) static void probe(const char *name)
{
	struct probe_module m = {(uintptr_t)__builtin_return_address(0) - 1, 0};

	dl_iterate_phdr(probe_find, &m);
	printf("%s 0x%lx\n", name, (unsigned long)(m.at - m.base));
}

#ifdef __cplusplus
}
#endif

#endif

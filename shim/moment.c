/*
 * moment.c - finds the kernel's clock; see moment.h.
 */
#include "moment.h"

#include "elf_image.h"
#include <sys/auxv.h>

#if defined(__x86_64__)
#define CLOCK_NAME "__vdso_clock_gettime"
#elif defined(__aarch64__)
#define CLOCK_NAME "__kernel_clock_gettime"
#endif

void rac_moments_start(struct rac_moments *m, uint64_t started_ns)
{
	uintptr_t header = (uintptr_t)getauxval(AT_SYSINFO_EHDR), clock = 0;
	struct rac_image image;

	if (header != 0 && rac_image_read(&image, header))
		clock = rac_image_symbol(&image, CLOCK_NAME, NULL);
	m->started_ns = started_ns;
	m->clock = __extension__(int (*)(clockid_t, struct timespec *)) clock;
}

/*
 * cdi.h - the parts of `rac cdi`: what a specification holds, and writing it down.
 */
#ifndef RAC_CDI_H
#define RAC_CDI_H

#include "complaint.h"
#include "report.h"

/* Where things are in every container. */
#define RAC_CDI_LIBRARY "/usr/lib/rac/librac_track.so"
#define RAC_CDI_STATUS  "/run/rac"
#define RAC_CDI_REPORTS "/run/rac-reports"
#define RAC_CDI_PRELOAD "/etc/ld.so.preload"

struct rac_cdi_device {
	char name[64];
	const char
		*limit; /* as RAC_LIMIT has it; NULL: what else the container's environment says */
};

/* Paths are those of the host; NULL: without it. */
struct rac_cdi {
	const struct rac_cdi_device *devices;
	size_t count;
	const char *library;
	const char *
		preload; /* a file with the library's path in it; NULL: LD_PRELOAD is set instead */
	const char *status_folder, *reports;
};

/* The name and the cap that a word of the command line asks for: [NAME:]LIMIT. False: *c says why. */
bool rac_cdi_device(const char *word, struct rac_cdi_device *out, struct rac_complaint *c);

/* False if the sink refused. */
bool rac_cdi_print(const struct rac_cdi *cdi, struct rac_sink *sink);

#endif

/*
 * cgroup_text.h - reads the text of the kernel's files about control groups, version 2; it opens none.
 *
 * A region of dmem.max is named by its driver, e.g. "drm/0000:03:00.0/vram0" or
 * "nvidia/0000:03:00.0/vidmem": what tells whose it is, is the PCI address between slashes.
 */
#ifndef RAC_CGROUP_TEXT_H
#define RAC_CGROUP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The path of the own group in the text of /proc/self/cgroup: it begins with a slash. False: there is
 * none of version 2, or it lies outside of what this process sees. */
bool rac_cgroup_path(const char *text, size_t length, const char **path, size_t *path_length);

/* The smallest limit in the text of a dmem.max for regions of the device with that PCI address
 * ("0000:03:00.0", in any case and with any number of zeros before it). False: none is limited. */
bool rac_dmem_limit(const char *text, size_t length, const char *pci, uint64_t *bytes);

#endif

/*
 * kernel_cap.h - the cap that the kernel or the driver itself holds this process to on a device: found
 * out, never set. They enforce it whatever is done here.
 */
#ifndef RAC_KERNEL_CAP_H
#define RAC_KERNEL_CAP_H

#include <stdint.h>

enum rac_kernel_cap_source { RAC_KERNEL_CAP_NONE, RAC_KERNEL_CAP_DMEM, RAC_KERNEL_CAP_NVML };

struct rac_kernel_cap {
	enum rac_kernel_cap_source source;
	uint64_t bytes;
};

/*
 * Looks at dmem.max of the process's control group and of those around it, as far as it sees them, and
 * where the program has loaded an NVML that tells it, at the driver's own limit of these. The
 * smallest holds. `pci` and `uuid` are "" where they are not known, `total_bytes` is the device's.
 * Opens and closes files; errno is kept.
 */
struct rac_kernel_cap rac_kernel_cap_find(const char *pci, const char *uuid, uint64_t total_bytes);

/* "dmem.max of its cgroup", ... */
const char *rac_kernel_cap_name(enum rac_kernel_cap_source source);

#endif

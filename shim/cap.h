/*
 * cap.h - which cap holds for a device, and where it comes from: the smaller of what the settings say
 * (limit_spec.h) and of what the kernel or the driver hold the process to (kernel_cap.h). Whether a
 * request fits is budget.h's.
 */
#ifndef RAC_CAP_H
#define RAC_CAP_H

#include "kernel_cap.h"
#include "state.h"
#include "text.h"

#define RAC_PCI_TEXT_MAX 32

/* What a cap may depend on. */
struct rac_cap_device {
	uint32_t ordinal;
	char uuid[RAC_UUID_TEXT_MAX]; /* "" where not known, as the others */
	char pci[RAC_PCI_TEXT_MAX];
	uint64_t total_bytes;
};

struct rac_cap {
	uint64_t bytes;                    /* RAC_NO_LIMIT: none */
	char source[RAC_LIMIT_SOURCE_MAX]; /* the variable, or what else; "no setting" */
};

/* What the kernel and the driver say of the device, whatever its ordinal: for rac_cap_find. */
uint64_t rac_cap_ask_kernel(const struct rac_cap_device *device);

/* RAC_UNKNOWN: it cannot be determined, so nothing is to be granted, and *why has the message. */
enum rac_status rac_cap_find(const struct rac_state *state, const struct rac_cap_device *device,
	uint64_t kernel, struct rac_cap *out, struct rac_text *why);

/* Finds and sets the cap of a device, or closes it and says why. */
void rac_cap_set(struct rac_state *state, const struct rac_cap_device *device);

/* Appends where the cap of a device comes from that was set and described. */
void rac_cap_say_source(struct rac_text *t, const struct rac_state *state, uint32_t device);

#endif

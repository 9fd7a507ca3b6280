/*
 * nvml_view.h - what the cap lets a program see of a device that it knows by its NVML handle.
 */
#ifndef RAC_NVML_VIEW_H
#define RAC_NVML_VIEW_H

#include "nvml.h"
#include "view.h"

/*
 * False: the program is to see the device as it is; it may be none of the program's own. Works also
 * before CUDA is initialised, and makes no call of CUDA then.
 */
bool rac_nvml_view(struct rac_state *state, nvmlDevice_t device, struct rac_view *view);

#endif

/*
 * doctor_driver.c - the check of `rac doctor` that asks the CUDA driver which GPUs there are, and says which
 * cap holds on each. It makes no context and takes no memory.
 */
#include "doctor.h"

#include "size_text.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* What is asked, by the names that cuda.h gives them. */
#define CALLS(X)                                                 \
	X(cuInit, (unsigned flags))                              \
	X(cuDriverGetVersion, (int *version))                    \
	X(cuDeviceGetCount, (int *count))                        \
	X(cuDeviceGetName, (char *name, int length, int device)) \
	X(cuDeviceGetUuid, (unsigned char *uuid, int device))    \
	X(cuDeviceTotalMem_v2, (size_t * bytes, int device))

struct driver {
#define X(name, arguments) int(*name) arguments;
	CALLS(X)
#undef X
};

static const char *bind(void *library, struct driver *out)
{
#define X(name, arguments)                            \
	*(void **)&out->name = dlsym(library, #name); \
	if (out->name == NULL)                        \
		return #name;
	CALLS(X)
#undef X
	return NULL;
}

static void print_uuid(char out[64], const unsigned char uuid[16])
{
	char *at = out + sprintf(out, "GPU-");

	for (int i = 0; i < 16; i++)
		at += sprintf(
			at, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}

static void check_device(struct rac_findings *f, const struct driver *d, int device,
	const struct rac_settings *settings)
{
	char name[RAC_DEVICE_NAME_MAX] = "", uuid[64] = "", why_text[512];
	char total_text[RAC_SIZE_TEXT_MAX], cap_text[RAC_SIZE_TEXT_MAX];
	unsigned char bytes[16];
	size_t total = 0;
	struct rac_limit_answer answer;
	struct rac_text why;

	d->cuDeviceGetName(name, (int)sizeof(name), device);
	name[sizeof(name) - 1] = '\0';
	d->cuDeviceTotalMem_v2(&total, device);
	if (d->cuDeviceGetUuid(bytes, device) == 0)
		print_uuid(uuid, bytes);
	rac_size_text(total_text, total);
	rac_text_init(&why, why_text, sizeof(why_text));
	if (rac_limit_resolve(&settings->limit, (uint32_t)device, uuid[0] != '\0' ? uuid : NULL,
		    total, &answer, &why) != RAC_OK) {
		rac_finding_add(f, "gpu", RAC_FINDING_PROBLEM, "%d, %s, %s of memory: %s", device,
			name, total_text, why_text);
		return;
	}
	rac_size_text(cap_text, answer.bytes);
	if (answer.bytes == RAC_NO_LIMIT)
		rac_finding_add(f, "gpu", RAC_FINDING_OK, "%d, %s, %s, %s of memory: no cap",
			device, name, uuid, total_text);
	else
		rac_finding_add(f, "gpu", RAC_FINDING_OK,
			"%d, %s, %s, %s of memory: cap %s, from %s", device, name, uuid, total_text,
			cap_text, answer.source);
}

static void check_devices(
	struct rac_findings *f, const struct driver *d, const struct rac_settings *settings)
{
	int count = 0, result = d->cuInit(0);

	if (result == 0)
		result = d->cuDeviceGetCount(&count);
	if (result != 0) {
		rac_finding_remedy(rac_finding_add(f, "gpu", RAC_FINDING_PROBLEM,
					   "the driver finds no usable GPU (error %d)", result),
			"see what nvidia-smi says, and CUDA_VISIBLE_DEVICES");
		return;
	}
	for (int device = 0; device < count; device++)
		check_device(f, d, device, settings);
}

void rac_doctor_driver(struct rac_findings *f, const struct rac_settings *settings)
{
	struct driver driver;
	void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	char path[4096] = "libcuda.so.1";
	Dl_info info;
	int version = 0;

	if (library == NULL) {
		rac_finding_remedy(rac_finding_add(f, "driver", RAC_FINDING_NOTE,
					   "no CUDA driver: libcuda.so.1 is not found"),
			"on a machine with a GPU install the driver, in a container mount it; "
			"without one there is nothing to count");
		return;
	}
	const char *missing = bind(library, &driver);

	if (missing != NULL) {
		rac_finding_add(f, "driver", RAC_FINDING_PROBLEM,
			"libcuda.so.1 has no %s: it is no CUDA driver, or too old a one", missing);
		return;
	}
	if (dladdr(*(void **)&driver.cuInit, &info) != 0 && info.dli_fname != NULL)
		snprintf(path, sizeof(path), "%s", info.dli_fname);
	driver.cuDriverGetVersion(&version);
	rac_finding_add(f, "driver", RAC_FINDING_OK, "%s, CUDA %d.%d", path, version / 1000,
		version % 1000 / 10);
	check_devices(f, &driver, settings);
}

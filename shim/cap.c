/*
 * cap.c - see cap.h.
 *
 * What the kernel says is kept as one word, bytes << 2 | source, so that both belong together.
 */
#include "cap.h"

#include "startup.h"
#include <string.h>

uint64_t rac_cap_ask_kernel(const struct rac_cap_device *device)
{
	struct rac_kernel_cap cap =
		rac_kernel_cap_find(device->pci, device->uuid, device->total_bytes);

	/* 0 is no cap in the tracker; a byte is as good as nothing. */
	return (cap.bytes > 0 ? cap.bytes : 1) << 2 | cap.source;
}

enum rac_status rac_cap_find(const struct rac_state *state, const struct rac_cap_device *device,
	uint64_t kernel, struct rac_cap *out, struct rac_text *why)
{
	enum rac_kernel_cap_source source = (enum rac_kernel_cap_source)(kernel & 3);
	const char *uuid = device->uuid[0] != '\0' ? device->uuid : NULL;
	struct rac_limit_answer answer;
	struct rac_text name;
	enum rac_status status = rac_limit_resolve(
		&state->settings.limit, device->ordinal, uuid, device->total_bytes, &answer, why);

	if (status != RAC_OK)
		return status;
	*out = (struct rac_cap){.bytes = answer.bytes};
	rac_text_init(&name, out->source, sizeof(out->source));
	if (source != RAC_KERNEL_CAP_NONE &&
		(answer.bytes == RAC_NO_LIMIT || kernel >> 2 < answer.bytes)) {
		out->bytes = kernel >> 2;
		rac_text_string(&name, rac_kernel_cap_name(source));
	} else {
		rac_text_string(&name, answer.source[0] != '\0' ? answer.source : "no setting");
	}
	return RAC_OK;
}

void rac_cap_set(struct rac_state *state, const struct rac_cap_device *device)
{
	char message[RAC_SETTINGS_MESSAGE_MAX];
	uint64_t bit = UINT64_C(1) << device->ordinal, kernel = rac_cap_ask_kernel(device);
	struct rac_cap cap;
	struct rac_text why;

	rac_text_init(&why, message, sizeof(message));
	if (rac_cap_find(state, device, kernel, &cap, &why) == RAC_OK) {
		/* Relaxed: our caller publishes that the device is ready. */
		rac_store_relaxed(&state->kernel_caps[device->ordinal], kernel);
		rac_tracker_set_limit(state->tracker, device->ordinal, cap.bytes);
	} else if ((rac_fetch_or_relaxed(&state->devices_closed, bit) & bit) == 0) {
		rac_startup_say(state, message);
	}
}

void rac_cap_say_source(struct rac_text *t, const struct rac_state *state, uint32_t device)
{
	struct rac_cap_device known = {.ordinal = device};
	struct rac_device_snapshot s;
	struct rac_cap cap;
	struct rac_text unused;

	rac_text_init(&unused, NULL, 0);
	rac_tracker_snapshot(state->tracker, device, &s);
	memcpy(known.uuid, s.uuid, sizeof(known.uuid));
	known.total_bytes = s.total_bytes;
	if (rac_cap_find(state, &known, rac_load_relaxed(&state->kernel_caps[device]), &cap,
		    &unused) == RAC_OK)
		rac_text_string(t, cap.source);
	else
		rac_text_string(t, "no setting");
}

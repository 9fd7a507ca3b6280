/*
 * device.c - see device.h.
 *
 * Threads that meet at a device's first use each ask the driver and set the same cap: asking twice is
 * cheaper than waiting, and no allocation passes before its own thread has set the cap.
 */
#include "device.h"

#include "cap.h"
#include "driver.h"
#include "group_view.h"
#include "startup.h"
#include "thread.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* Their buffers must not add up in one frame: our caller's stack may be small. */
#define NOT_INLINED __attribute__((noinline))

struct facts {
	struct rac_cap_device cap; /* what its cap may depend on */
	char name[RAC_DEVICE_NAME_MAX];
};

static void print_uuid(char *out, const char *prefix, const CUuuid *uuid)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = strlen(prefix);

	memcpy(out, prefix, at);
	for (unsigned i = 0; i < sizeof(uuid->bytes); i++) {
		unsigned char byte = (unsigned char)uuid->bytes[i];

		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = digits[byte >> 4];
		out[at++] = digits[byte & 15];
	}
	out[at] = '\0';
}

/* The first form of the call names the GPU, the second a part of it where it is divided. */
void rac_device_uuid(char out[RAC_UUID_TEXT_MAX], CUdevice device)
{
	const struct rac_driver *driver = rac_driver();
	CUuuid gpu, part;
	bool has_gpu = driver->cuDeviceGetUuid(&gpu, device) == CUDA_SUCCESS;
	bool has_part = driver->cuDeviceGetUuid_v2(&part, device) == CUDA_SUCCESS;

	out[0] = '\0';
	if (has_part && has_gpu && memcmp(&gpu, &part, sizeof(gpu)) != 0)
		print_uuid(out, "MIG-", &part);
	else if (has_gpu || has_part)
		print_uuid(out, "GPU-", has_gpu ? &gpu : &part);
}

static void read_facts(struct facts *out, CUdevice device)
{
	const struct rac_driver *driver = rac_driver();
	size_t total = 0;

	memset(out, 0, sizeof(*out));
	out->cap.ordinal = (uint32_t)device;
	rac_device_uuid(out->cap.uuid, device);
	if (driver->cuDeviceGetPCIBusId(out->cap.pci, (int)sizeof(out->cap.pci), device) !=
		CUDA_SUCCESS)
		out->cap.pci[0] = '\0';
	if (driver->cuDeviceGetName(out->name, (int)sizeof(out->name), device) != CUDA_SUCCESS)
		out->name[0] = '\0';
	if (driver->cuDeviceTotalMem_v2(&total, device) == CUDA_SUCCESS)
		out->cap.total_bytes = total;
}

/* Room for one comparison; mapped for the moment, since our caller's stack may be small. */
struct comparison {
	char uuids[RAC_MAX_DEVICES][RAC_UUID_TEXT_MAX];
	const char *known[RAC_MAX_DEVICES];
	char message[RAC_SETTINGS_MESSAGE_MAX];
};

static void close_all(struct rac_state *state, struct rac_text *why)
{
	rac_store_relaxed(&state->devices_closed, UINT64_MAX);
	rac_text_string(why, "; until then every device allocation is refused");
	if (rac_fetch_or_relaxed(&state->caps_checked, 1) == 0)
		rac_startup_say(state, why->buffer);
}

/* Compares what was asked for with the devices there are, all of them together. */
static void check_caps(struct rac_state *state, int count)
{
	struct rac_text why;
	char shortest[128];
	struct comparison *c =
		mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED) {
		rac_text_init(&why, shortest, sizeof(shortest));
		rac_text_string(&why, "no memory to read the cap");
		close_all(state, &why);
		return;
	}
	for (int i = 0; i < count; i++) {
		rac_device_uuid(c->uuids[i], i);
		c->known[i] = c->uuids[i][0] != '\0' ? c->uuids[i] : NULL;
	}
	rac_text_init(&why, c->message, sizeof(c->message));
	if (rac_limit_check(&state->settings.limit, c->known, (uint32_t)count, &why) != RAC_OK)
		close_all(state, &why);
	munmap(c, sizeof(*c));
}

static NOT_INLINED void say_cap(const struct rac_state *state, const struct facts *facts)
{
	char message[RAC_STARTUP_LINE_MAX - 64];
	struct rac_text t, unused;
	struct rac_cap cap;

	rac_text_init(&t, message, sizeof(message));
	rac_text_init(&unused, NULL, 0);
	rac_text_string(&t, "device ");
	rac_text_u64(&t, facts->cap.ordinal);
	rac_text_string(&t, " (");
	rac_text_foreign(&t, facts->name, strlen(facts->name), RAC_DEVICE_NAME_MAX);
	rac_text_string(&t, "): ");
	if (rac_device_is_closed(state, facts->cap.ordinal) ||
		rac_cap_find(state, &facts->cap, rac_cap_ask_kernel(&facts->cap), &cap, &unused) !=
			RAC_OK) {
		rac_text_string(&t, "nothing is granted, because the cap is not understood");
	} else {
		rac_text_string(&t, "cap ");
		if (cap.bytes == RAC_NO_LIMIT)
			rac_text_string(&t, "none");
		else
			rac_text_size_exact(&t, cap.bytes);
		rac_text_string(&t, ", from ");
		rac_text_string(&t, cap.source);
		rac_group_say_shared(&t, state);
	}
	rac_startup_say(state, message);
}

/* Of each device, not only of those that will be used: who asks wants to see them before. */
static NOT_INLINED void say_caps(struct rac_state *state, int count)
{
	struct facts facts;

	for (int i = 0; i < count && i < RAC_MAX_DEVICES; i++) {
		read_facts(&facts, i);
		say_cap(state, &facts);
	}
}

/* For readers of the record; the one thread that names the device writes it. */
static NOT_INLINED void record_cap_source(struct rac_state *state, uint32_t device)
{
	struct rac_record_device *known = &state->record.devices[device];
	struct rac_text t;

	if (rac_tracker_limit(state->tracker, device) == RAC_NO_LIMIT)
		return;
	rac_text_init(&t, known->limit_source, sizeof(known->limit_source));
	rac_cap_say_source(&t, state, device);
}

/*
 * False: the driver does not know the device, or is not ready to be asked; then nothing is decided about
 * it, and the call itself gets the driver's answer.
 */
static bool prepare(struct rac_state *state, uint32_t device)
{
	uint64_t bit = UINT64_C(1) << device;
	struct facts facts;
	int count = 0;

	if (rac_driver()->cuDeviceGetCount(&count) != CUDA_SUCCESS || device >= (uint32_t)count)
		return false;
	read_facts(&facts, (CUdevice)device);
	if (!state->settings.limit_is_broken) {
		if (state->settings.limit.count > 0)
			check_caps(state, count < RAC_MAX_DEVICES ? count : RAC_MAX_DEVICES);
		rac_cap_set(state, &facts.cap);
	}
	if ((rac_fetch_or_relaxed(&state->devices_named, bit) & bit) == 0) {
		rac_tracker_describe(
			state->tracker, device, facts.cap.uuid, facts.name, facts.cap.total_bytes);
		record_cap_source(state, device);
	}
	/* With a cap that is not understood it would keep others from theirs. */
	bool joined = rac_device_is_closed(state, device) ||
		rac_group_join(state, device, facts.cap.uuid);

	if (state->settings.verbose && rac_exchange_acq_rel(&state->caps_said, 1) == 0)
		say_caps(state, count);
	rac_state_note_use(state);
	/* Release: who sees the bit sees the cap. Without it the next call tries again to join. */
	if (joined)
		atomic_fetch_or_explicit(&state->devices_ready, bit, memory_order_release);
	return true;
}

bool rac_device_prepare(struct rac_state *state, CUdevice device)
{
	if (device < 0 || device >= RAC_MAX_DEVICES)
		return false;
	if (__builtin_expect(rac_device_is_ready(state, (uint32_t)device), 1))
		return true;
	unsigned before = rac_thread.depth;
	int saved = errno;

	/* Also where a runtime hook asks: a driver that calls itself through our hooks must not be
	 * answered with the cap. */
	rac_thread.depth = 1;
	bool ready = prepare(state, (uint32_t)device);

	rac_thread.depth = before;
	errno = saved;
	return ready;
}

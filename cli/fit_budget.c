/*
 * fit_budget.c - reads a budget; asks libcuda, loaded for just that, where it is about a GPU.
 */
#include "fit_budget.h"

#include "estimate_print.h"
#include "settings.h"
#include "size_text.h"
#include <dlfcn.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The few functions needed, as NVIDIA's driver API documents them: field, symbol, arguments. Each
 * returns 0 on success. */
#define DRIVER_CALLS(X)                                                           \
	X(init, "cuInit", unsigned flags)                                         \
	X(get_count, "cuDeviceGetCount", int *count)                              \
	X(get_device, "cuDeviceGet", int *device, int ordinal)                    \
	X(get_name, "cuDeviceGetName", char *name, int length, int device)        \
	X(get_uuid, "cuDeviceGetUuid", unsigned char uuid[16], int device)        \
	X(total_memory, "cuDeviceTotalMem_v2", size_t *bytes, int device)         \
	X(retain_context, "cuDevicePrimaryCtxRetain", void **context, int device) \
	X(release_context, "cuDevicePrimaryCtxRelease_v2", int device)            \
	X(set_context, "cuCtxSetCurrent", void *context)                          \
	X(memory_info, "cuMemGetInfo_v2", size_t *free, size_t *total)            \
	X(error_name, "cuGetErrorName", int error, const char **name)

struct driver {
#define X(field, symbol, ...) int (*field)(__VA_ARGS__);
	DRIVER_CALLS(X)
#undef X
};

struct gpu {
	struct driver driver;
	int device;
	uint64_t ordinal;
	char name[96];
	const char *budget;
	struct rac_complaint *c;
};

static bool refuse(const struct gpu *g, const char *call, int error)
{
	const char *name = NULL;

	if (g->driver.error_name(error, &name) != 0 || name == NULL)
		name = "an unknown error";
	return rac_complain(g->c,
		"--budget %s: %s says %s (%d) for GPU %" PRIu64 "; give a size, as in 72GiB",
		g->budget, call, name, error, g->ordinal);
}

static void *look_up(struct gpu *g, void *library, const char *name)
{
	void *symbol = dlsym(library, name);

	if (symbol == NULL)
		rac_complain(g->c,
			"--budget %s: the CUDA driver here has no %s; give a size, as in 72GiB",
			g->budget, name);
	return symbol;
}

static bool load(struct gpu *g)
{
	void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		rac_complain(g->c,
			"--budget %s needs a GPU, and there is no CUDA driver here (%s);"
			" give a size, as in 72GiB",
			g->budget, dlerror());
		return false;
	}
#define X(field, symbol, ...)                                                              \
	g->driver.field = __extension__(int (*)(__VA_ARGS__)) look_up(g, library, symbol); \
	if (g->driver.field == NULL)                                                       \
		return false;
	DRIVER_CALLS(X)
#undef X
	return true;
}

static bool find_device(struct gpu *g)
{
	int count = 0;
	int error = g->driver.init(0);

	if (error != 0)
		return refuse(g, "cuInit", error);
	error = g->driver.get_count(&count);
	if (error != 0)
		return refuse(g, "cuDeviceGetCount", error);
	if (count <= 0 || g->ordinal >= (uint64_t)count)
		return rac_complain(g->c,
			"--device %" PRIu64 " is not there: %d are, counted from 0", g->ordinal,
			count);
	error = g->driver.get_device(&g->device, (int)g->ordinal);
	if (error != 0)
		return refuse(g, "cuDeviceGet", error);
	if (g->driver.get_name(g->name, (int)sizeof(g->name), g->device) != 0)
		strcpy(g->name, "unnamed");
	return true;
}

/* Free memory needs a context, whose own memory is then no longer free: as for a real program. */
static bool free_memory(struct gpu *g, size_t *bytes)
{
	void *context;
	size_t total;
	int error = g->driver.retain_context(&context, g->device);

	if (error != 0)
		return refuse(g, "cuDevicePrimaryCtxRetain", error);
	error = g->driver.set_context(context);
	if (error == 0)
		error = g->driver.memory_info(bytes, &total);
	g->driver.set_context(NULL);
	g->driver.release_context(g->device);
	return error == 0 || refuse(g, "cuMemGetInfo", error);
}

/* As the driver's tools print it. */
static void uuid_text(const struct gpu *g, char out[RAC_UUID_TEXT_MAX])
{
	unsigned char uuid[16];
	int n = snprintf(out, RAC_UUID_TEXT_MAX, "GPU-");

	if (g->driver.get_uuid(uuid, g->device) != 0) {
		out[0] = '\0';
		return;
	}
	for (size_t i = 0; i < sizeof(uuid); i++)
		n += snprintf(out + n, RAC_UUID_TEXT_MAX - (size_t)n,
			i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}

/*
 * The cap that the environment sets for the GPU, so that the answer is the same as under the shim,
 * which shows the driver's figures capped already.
 */
static bool apply_cap(struct gpu *g, struct rac_budget *out)
{
	static struct rac_settings settings;
	static struct rac_settings_problem problems[8];
	struct rac_limit_answer answer;
	struct rac_text why;
	char line[512], uuid[RAC_UUID_TEXT_MAX];
	size_t n = rac_settings_read(&settings, environ, problems, 8), total = 0;

	for (size_t i = 0; i < n && i < 8; i++)
		if (problems[i].kind == RAC_PROBLEM_LIMIT)
			return rac_complain(g->c, "%s", problems[i].message);
	if (settings.limit_is_broken || settings.on_limit == RAC_ON_LIMIT_WARN)
		return !settings.limit_is_broken ||
			rac_complain(g->c, "the cap cannot be understood");
	int error = g->driver.total_memory(&total, g->device);

	if (error != 0)
		return refuse(g, "cuDeviceTotalMem", error);
	uuid_text(g, uuid);
	rac_text_init(&why, line, sizeof(line));
	if (rac_limit_resolve(&settings.limit, (uint32_t)g->ordinal, uuid[0] != '\0' ? uuid : NULL,
		    total, &answer, &why) != RAC_OK)
		return rac_complain(g->c, "%s", line);
	if (answer.bytes == RAC_NO_LIMIT || answer.bytes >= out->bytes)
		return true;
	out->bytes = answer.bytes;
	snprintf(out->source, sizeof(out->source), "%s for GPU %" PRIu64 ", %s", answer.source,
		g->ordinal, g->name);
	return true;
}

static bool read_device(struct gpu *g, const struct rac_amount *amount, struct rac_budget *out)
{
	size_t bytes = 0;

	if (!load(g) || !find_device(g))
		return false;
	if (amount == NULL) {
		if (!free_memory(g, &bytes))
			return false;
		out->bytes = bytes;
		snprintf(out->source, sizeof(out->source), "free on GPU %" PRIu64 ", %s",
			g->ordinal, g->name);
		return apply_cap(g, out);
	}
	int error = g->driver.total_memory(&bytes, g->device);

	if (error != 0)
		return refuse(g, "cuDeviceTotalMem", error);
	out->bytes = rac_amount_bytes(amount, bytes);
	snprintf(out->source, sizeof(out->source), "%s of GPU %" PRIu64 ", %s", g->budget,
		g->ordinal, g->name);
	return true;
}

static bool read_whole(
	const char *text, uint64_t ordinal, struct rac_budget *out, struct rac_complaint *c)
{
	struct rac_amount amount;
	struct rac_fault fault;
	struct rac_text words;
	struct gpu g = {.ordinal = ordinal == UINT64_MAX ? 0 : ordinal, .budget = text, .c = c};

	out->source[0] = '\0';
	if (strcmp(text, "device") == 0)
		return read_device(&g, NULL, out);
	if (rac_amount_parse(text, strlen(text), &amount, &fault) != RAC_OK) {
		char line[512];

		rac_text_init(&words, line, sizeof(line));
		rac_fault_text(&words, "--budget", text, strlen(text), &fault);
		return rac_complain(c, "%s", line);
	}
	if (amount.unit == RAC_AMOUNT_NONE)
		return rac_complain(c,
			"--budget %s is no budget; give a size, as in 72GiB, a"
			" percentage of the GPU, or 'device'",
			text);
	if (amount.unit == RAC_AMOUNT_PERCENT)
		return read_device(&g, &amount, out);
	out->bytes = amount.value;
	return true;
}

bool rac_budget_read(const char *text, uint64_t ordinal, uint64_t margin, struct rac_budget *out,
	struct rac_complaint *c)
{
	char size[RAC_SIZE_TEXT_MAX];

	if (!read_whole(text, ordinal, out, c))
		return false;
	rac_size_text(size, out->bytes);
	if (out->bytes <= margin)
		return rac_complain(
			c, "--budget %s is %s, and --margin leaves nothing of it", text, size);
	out->bytes -= margin;
	return true;
}

void rac_budget_print(const struct rac_budget *budget, uint64_t bytes)
{
	bool fits = bytes <= budget->bytes;

	rac_print_row("budget", budget->bytes);
	if (budget->source[0] != '\0')
		printf("  (%s)\n", budget->source);
	if (fits)
		rac_print_row("it fits, and leaves", budget->bytes - bytes);
	else
		rac_print_row("it does not fit: too much by", bytes - budget->bytes);
}

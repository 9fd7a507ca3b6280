/*
 * Reads the SIMCUDA_* variables and CUDA_VISIBLE_DEVICES, once. It does not act on them; a value that does
 * not parse stops the process, since a test that runs on other settings than it names proves nothing.
 */
#include "sim.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct sim_config config;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static _Noreturn void refuse(const char *name, const char *value, const char *right)
{
	fprintf(stderr, "simcuda: %s=%s does not parse; right would be %s\n", name, value, right);
	_Exit(99);
}

bool sim_parse_size(const char *text, const char **end, uint64_t *bytes)
{
	char *stop;
	unsigned int shift = 0;

	if (*text < '0' || *text > '9')
		return false;
	*bytes = strtoull(text, &stop, 10);
	switch (*stop) {
	case 'T':
		shift += 10;
		/* fall through */
	case 'G':
		shift += 10;
		/* fall through */
	case 'M':
		shift += 10;
		/* fall through */
	case 'K':
		shift += 10;
		stop++;
		break;
	default:
		break;
	}
	if (*bytes > UINT64_MAX >> shift)
		return false;
	*bytes <<= shift;
	*end = stop;
	return true;
}

static uint64_t number(const char *name, uint64_t fallback)
{
	const char *value = getenv(name), *end;
	uint64_t result;

	if (!value || !*value)
		return fallback;
	if (!sim_parse_size(value, &end, &result) || *end)
		refuse(name, value, "a number, with K, M, G or T");
	return result;
}

/* The distinguishing byte comes early, so that short prefixes are unique as on real machines. */
static void make_uuid(int number, CUuuid *uuid)
{
	static const char pattern[16] = {0x51, 0x3c, (char)0xda, 0x00, 0x11, 0x22, 0x43, 0x33,
		(char)0x84, 0x44, 0x55, 0x66, 0x77, 0x08, 0x19, 0x00};

	memcpy(uuid->bytes, pattern, sizeof(pattern));
	uuid->bytes[3] = (char)(0xa0 + number);
	uuid->bytes[15] = (char)number;
}

void sim_uuid(int card, CUuuid *uuid)
{
	make_uuid(card / sim_config()->parts, uuid);
}

void sim_part_uuid(int card, CUuuid *uuid)
{
	make_uuid(card, uuid);
	uuid->bytes[0] = 0x77;
}

void sim_uuid_text(const char *prefix, const CUuuid *uuid, char text[SIM_UUID_TEXT])
{
	size_t at = strlen(prefix);

	memcpy(text, prefix, at);
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		at += (size_t)snprintf(text + at, 3, "%02x", (unsigned char)uuid->bytes[i]);
	}
}

static bool uuid_matches(int card, const char *text, size_t length)
{
	CUuuid uuid;
	char full[SIM_UUID_TEXT];

	if (config.parts > 1)
		sim_part_uuid(card, &uuid);
	else
		make_uuid(card, &uuid);
	sim_uuid_text(config.parts > 1 ? "MIG-" : "GPU-", &uuid, full);
	return length > 4 && length <= strlen(full) && strncasecmp(full, text, length) == 0;
}

static int physical_named(const char *text, size_t length, int count)
{
	char *end;
	long ordinal;
	int match = -1;

	if (length > 4 &&
		(strncasecmp(text, "GPU-", 4) == 0 || strncasecmp(text, "MIG-", 4) == 0)) {
		for (int i = 0; i < count; i++) {
			if (!uuid_matches(i, text, length))
				continue;
			if (match >= 0)
				return -1;
			match = i;
		}
		return match;
	}
	ordinal = strtol(text, &end, 10);
	if (end == text || end != text + length || ordinal < 0 || ordinal >= count ||
		config.parts > 1)
		return -1;
	return config.order[ordinal];
}

/* As the driver does: the list ends at the first entry that names no device, a repeated one empties it. */
static void choose_visible(int count)
{
	const char *text = getenv("CUDA_VISIBLE_DEVICES");

	if (!text) {
		for (int i = 0; i < count; i++)
			config.physical[i] = config.order[i];
		/* Of a divided GPU the first part alone, unless others are named. */
		config.devices = config.parts > 1 && count > 1 ? 1 : count;
		return;
	}
	while (*text) {
		size_t length;
		int physical;

		text += strspn(text, " ");
		length = strcspn(text, ", ");
		physical = physical_named(text, length, count);
		if (physical < 0)
			return;
		for (int i = 0; i < config.devices; i++) {
			if (config.physical[i] == physical) {
				config.devices = 0;
				return;
			}
		}
		config.physical[config.devices++] = physical;
		text += length;
		text += strspn(text, " ");
		if (*text == ',')
			text++;
	}
}

static void read_order(int count)
{
	const char *value = getenv("SIMCUDA_FASTEST"), *order = getenv("CUDA_DEVICE_ORDER");
	bool by_speed = value && *value && !(order && strcmp(order, "PCI_BUS_ID") == 0);

	for (int i = 0; i < count; i++) {
		char *end;
		long card = by_speed ? strtol(value, &end, 10) : i;

		if (card < 0 || card >= count || (by_speed && end == value))
			refuse("SIMCUDA_FASTEST", getenv("SIMCUDA_FASTEST"), "each card once: 1,0");
		config.order[i] = (int)card;
		if (by_speed)
			value = end + (*end == ',');
	}
}

static void read_memory(void)
{
	const char *value = getenv("SIMCUDA_MEMORY"), *at = value;
	uint64_t bytes = 8ULL << 30;

	for (int i = 0; i < SIM_DEVICES; i++) {
		if (at && *at) {
			const char *end;

			if (!sim_parse_size(at, &end, &bytes) || (*end && *end != ','))
				refuse("SIMCUDA_MEMORY", value, "sizes such as 80G or 80G,40G");
			at = *end ? end + 1 : end;
		}
		config.memory[i] = bytes;
	}
}

static bool flag(const char *name)
{
	return number(name, 0) != 0;
}

static void read_all(void)
{
	const char *managed = getenv("SIMCUDA_MANAGED");
	uint64_t count = number("SIMCUDA_DEVICES", 1);

	if (count > SIM_DEVICES)
		refuse("SIMCUDA_DEVICES", getenv("SIMCUDA_DEVICES"), "0 to 16");
	if (managed && *managed && strcmp(managed, "oversubscribe") != 0)
		refuse("SIMCUDA_MANAGED", managed, "oversubscribe, or nothing");
	config.managed_oversubscribes = managed && *managed;
	config.round = flag("SIMCUDA_ROUND");
	config.reenter = flag("SIMCUDA_REENTER");
	config.context_bytes = number("SIMCUDA_CONTEXT_BYTES", 0);
	config.module_bytes = number("SIMCUDA_MODULE_BYTES", 0);
	config.pool_chunk = number("SIMCUDA_POOL_CHUNK", 32 * SIM_MIB);
	config.graph_chunk = number("SIMCUDA_GRAPH_CHUNK", 2 * SIM_MIB);
	config.array_row = number("SIMCUDA_ARRAY_ROW", 1);
	if (!config.pool_chunk || !config.graph_chunk || !config.array_row)
		refuse("SIMCUDA_POOL_CHUNK, SIMCUDA_GRAPH_CHUNK or SIMCUDA_ARRAY_ROW", "0",
			"at least 1");
	config.reserved = number("SIMCUDA_RESERVED", 0);
	config.unified = flag("SIMCUDA_UNIFIED");
	config.group_limit = number("SIMCUDA_GROUP_LIMIT", 0);
	config.parts = (int)number("SIMCUDA_PARTS", 1);
	if (config.parts < 1 || count * (uint64_t)config.parts > SIM_DEVICES)
		refuse("SIMCUDA_PARTS", getenv("SIMCUDA_PARTS"),
			"1 to 16 for all devices together");
	count *= (uint64_t)config.parts;
	config.reap_ns = number("SIMCUDA_REAP_MS", 50) * 1000000;
	config.shared = getenv("SIMCUDA_SHARED");
	config.truth = getenv("SIMCUDA_TRUTH");
	config.books = getenv("SIMCUDA_BOOKS");
	if (config.shared && !*config.shared)
		config.shared = NULL;
	if (config.truth && !*config.truth)
		config.truth = NULL;
	if (config.books && !*config.books)
		config.books = NULL;
	read_memory();
	config.cards = (int)count;
	read_order((int)count);
	choose_visible((int)count);
}

const struct sim_config *sim_config(void)
{
	pthread_once(&once, read_all);
	return &config;
}

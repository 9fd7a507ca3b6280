/*
 * cdi_print.c - writes a specification of the Container Device Interface (github.com/cncf-tags/
 * container-device-interface, SPEC.md), and checks the names in it. Whose version it is decides what may be in it:
 * 0.5.0 is the first that lets a device's name begin with a digit.
 */
#include "cdi.h"

#include "emit.h"
#include "limit_spec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define NAME_LETTERS LETTERS "-_."

static bool is_name(const char *text, size_t n)
{
	return n > 0 && n < sizeof(((struct rac_cdi_device *)NULL)->name) &&
		strspn(text, NAME_LETTERS) >= n && strchr(LETTERS, text[0]) != NULL &&
		strchr(LETTERS, text[n - 1]) != NULL;
}

static bool check_limit(const char *limit, struct rac_complaint *c)
{
	struct rac_limit_spec spec;
	char message[512];
	struct rac_text why;

	rac_limit_init(&spec);
	rac_text_init(&why, message, sizeof(message));
	return rac_limit_add(&spec, RAC_LIMIT_FROM_RAC, 0, limit, strlen(limit), &why) == RAC_OK ||
		rac_complain(c, "%s", message);
}

bool rac_cdi_device(const char *word, struct rac_cdi_device *out, struct rac_complaint *c)
{
	const char *colon = strchr(word, ':');
	size_t n = colon != NULL ? (size_t)(colon - word) : strlen(word);
	struct rac_quote name, limit;

	out->limit = colon != NULL ? colon + 1 : word;
	if (!check_limit(out->limit, c))
		return false;
	if (!is_name(word, n))
		return rac_complain(c,
			"%s cannot be the name of a device, which has up to %zu letters, digits and"
			" '-', '_', '.' within; write NAME:%s",
			rac_quote_bytes(&name, word, n), sizeof(out->name) - 1,
			rac_quote(&limit, out->limit));
	snprintf(out->name, sizeof(out->name), "%.*s", (int)n, word);
	return true;
}

static void put_variable(struct rac_emit *e, const char *name, const char *value)
{
	char *text;

	if (asprintf(&text, "%s=%s", name, value) < 0) {
		e->refused = true;
		return;
	}
	rac_json_string(e, NULL, text);
	free(text);
}

static void put_mount(struct rac_emit *e, const char *host, const char *container, bool writable)
{
	const char *const options[] = {writable ? "rw" : "ro", "nosuid", "nodev", "bind"};

	if (host == NULL)
		return;
	rac_json_object_begin(e, NULL);
	rac_json_string(e, "hostPath", host);
	rac_json_string(e, "containerPath", container);
	rac_json_array_begin(e, "options");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		rac_json_string(e, NULL, options[i]);
	rac_json_array_end(e);
	rac_json_object_end(e);
}

/* How the library is loaded stands with each device, since runtimes refuse one that changes nothing. */
static void put_device(
	struct rac_emit *e, const struct rac_cdi *cdi, const struct rac_cdi_device *device)
{
	rac_json_object_begin(e, NULL);
	rac_json_string(e, "name", device->name);
	rac_json_object_begin(e, "containerEdits");
	if (device->limit != NULL || cdi->preload == NULL) {
		rac_json_array_begin(e, "env");
		if (device->limit != NULL)
			put_variable(e, "RAC_LIMIT", device->limit);
		if (cdi->preload == NULL)
			put_variable(e, "LD_PRELOAD", RAC_CDI_LIBRARY);
		rac_json_array_end(e);
	}
	if (cdi->preload != NULL) {
		rac_json_array_begin(e, "mounts");
		put_mount(e, cdi->preload, RAC_CDI_PRELOAD, false);
		rac_json_array_end(e);
	}
	rac_json_object_end(e);
	rac_json_object_end(e);
}

/* What all devices have. An empty list is left out: of the runtimes some take null for one, some do not. */
static void put_edits(struct rac_emit *e, const struct rac_cdi *cdi)
{
	rac_json_object_begin(e, "containerEdits");
	if (cdi->status_folder != NULL || cdi->reports != NULL) {
		rac_json_array_begin(e, "env");
		if (cdi->status_folder != NULL)
			put_variable(e, "RAC_STATUS_DIR", RAC_CDI_STATUS);
		if (cdi->reports != NULL)
			put_variable(e, "RAC_REPORT", RAC_CDI_REPORTS "/%h-%p.json");
		rac_json_array_end(e);
	}
	rac_json_array_begin(e, "mounts");
	put_mount(e, cdi->library, RAC_CDI_LIBRARY, false);
	put_mount(e, cdi->status_folder, RAC_CDI_STATUS, true);
	put_mount(e, cdi->reports, RAC_CDI_REPORTS, true);
	rac_json_array_end(e);
	rac_json_object_end(e);
}

bool rac_cdi_print(const struct rac_cdi *cdi, struct rac_sink *sink)
{
	struct rac_emit e;

	rac_emit_init(&e, sink);
	rac_json_object_begin(&e, NULL);
	rac_json_string(&e, "cdiVersion", "0.5.0");
	rac_json_string(&e, "kind", "rac.dev/vram");
	rac_json_array_begin(&e, "devices");
	for (size_t i = 0; i < cdi->count; i++)
		put_device(&e, cdi, &cdi->devices[i]);
	rac_json_array_end(&e);
	put_edits(&e, cdi);
	rac_json_object_end(&e);
	rac_emit_string(&e, "\n");
	return rac_emit_finish(&e);
}

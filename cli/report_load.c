/*
 * report_load.c - finds out what a word of the command line names, and has it read.
 */
#include "report_load.h"

#include "json.h"
#include "read_file.h"
#include <stdlib.h>
#include <string.h>

/* A report of 64 thousand sites is a quarter of it; parsed, it takes some ten times the bytes. */
#define JSON_MOST ((size_t)128 << 20)

bool rac_report_load(const char *word, struct rac_loaded *out, struct rac_complaint *c)
{
	const char *name = strcmp(word, "-") == 0 ? "stdin" : word;
	size_t n;
	char *bytes = rac_file_read(word, JSON_MOST, &n, c);
	bool done = bytes != NULL && rac_report_read_json(bytes, n, name, out, c);

	free(bytes);
	return done;
}

void rac_report_unload(struct rac_loaded *loaded)
{
	for (size_t i = 0; i < sizeof(loaded->memory) / sizeof(loaded->memory[0]); i++)
		free(loaded->memory[i]);
	rac_node_free(loaded->document);
	*loaded = (struct rac_loaded){.name = loaded->name};
}

size_t rac_report_device_index(const struct rac_report *report, uint32_t ordinal)
{
	size_t i = 0;

	while (i < report->device_count && report->devices[i].ordinal != ordinal)
		i++;
	return i;
}

const struct rac_device_snapshot *rac_report_site_device(
	const struct rac_report *report, const struct rac_report_site *site)
{
	return site->kind == RAC_KIND_PINNED
		? NULL
		: &report->devices[rac_report_device_index(report, site->device)];
}

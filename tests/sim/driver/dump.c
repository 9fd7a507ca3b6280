/*
 * Writes the truth as JSON to SIMCUDA_TRUTH when the driver's destructor runs, and again at any later
 * call, which then counts as one after the end. "%p" in the path is the process id.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const kind_names[SIMCUDA_KINDS] = {
	"device", "managed", "array", "vmm", "pool", "graph", "context", "module", "lingering"};

static FILE *open_file(void)
{
	const char *pattern = sim_config()->truth, *mark;
	char path[4096];

	if (!pattern)
		return NULL;
	mark = strstr(pattern, "%p");
	if (mark)
		snprintf(path, sizeof(path), "%.*s%d%s", (int)(mark - pattern), pattern,
			(int)getpid(), mark + 2);
	else
		snprintf(path, sizeof(path), "%s", pattern);
	return fopen(path, "we");
}

static void write_account(FILE *file, const struct sim_account *account)
{
	fprintf(file, "{\"live_bytes\": %llu, \"peak_bytes\": %llu, \"live_count\": %llu}",
		(unsigned long long)account->bytes, (unsigned long long)account->peak,
		(unsigned long long)account->count);
}

static void write_device(FILE *file, int device)
{
	const struct sim_card *card = sim_card(device);

	fprintf(file, "  {\"ordinal\": %d, \"capacity\": %llu, \"live\": ", device,
		(unsigned long long)simcuda_capacity(device));
	write_account(file, &card->live);
	fprintf(file, ", \"physical_bytes\": %llu, \"physical_peak\": %llu,\n   \"kinds\": {",
		(unsigned long long)card->physical, (unsigned long long)card->physical_peak);
	for (int kind = 0; kind < SIMCUDA_KINDS; kind++) {
		fprintf(file, "%s\n    \"%s\": ", kind ? "," : "", kind_names[kind]);
		write_account(file, &card->kind[kind]);
	}
	fprintf(file, "}}");
}

static void write_calls(FILE *file)
{
	const char *comma = "";

	for (int i = 0; i < SIM_CALLS; i++) {
		uint64_t count = sim_call_count((enum sim_call)i);

		if (!count)
			continue;
		fprintf(file, "%s\n  \"%s\": %llu", comma, sim_call_name((enum sim_call)i),
			(unsigned long long)count);
		comma = ",";
	}
}

void sim_truth_write(void)
{
	static uint64_t calls_at_end;
	uint64_t calls = simcuda_calls_total();
	FILE *file;

	if (!sim_finished)
		calls_at_end = calls;
	file = open_file();
	if (!file)
		return;
	sim_lock();
	fprintf(file,
		"{\"pid\": %d, \"calls_total\": %llu, \"calls_after_end\": %llu, \"unknown_frees\": %llu,\n",
		(int)getpid(), (unsigned long long)calls,
		(unsigned long long)(calls - calls_at_end), (unsigned long long)sim_unknown_frees);
	fprintf(file, " \"pinned\": ");
	write_account(file, &sim_pinned);
	fprintf(file, ",\n \"devices\": [\n");
	for (int i = 0; i < sim_config()->devices; i++) {
		if (i)
			fprintf(file, ",\n");
		write_device(file, i);
	}
	fprintf(file, "],\n \"calls\": {");
	write_calls(file);
	fprintf(file, "}}\n");
	sim_unlock();
	fclose(file);
}

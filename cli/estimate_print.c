/*
 * estimate_print.c - prints estimates as tables and as JSON; it estimates nothing.
 */
#include "estimate_print.h"

#include "size_text.h"
#include <inttypes.h>
#include <stdio.h>

void rac_print_row(const char *words, uint64_t bytes)
{
	char size[RAC_SIZE_TEXT_MAX];

	rac_size_text(size, bytes);
	printf("%-40s %10s %20" PRIu64 "\n", words, size, bytes);
}

void rac_print_table(const struct rac_estimate *e)
{
	for (unsigned i = 0; i < RAC_PART_COUNT; i++)
		if (e->parts[i] != 0)
			rac_print_row(rac_part_words((enum rac_part)i), e->parts[i]);
	rac_print_row("total", e->bytes);
}

static bool write_stdout(void *context, const char *bytes, size_t n)
{
	(void)context;
	return fwrite(bytes, 1, n, stdout) == n;
}

void rac_print_json_begin(struct rac_print_json *j)
{
	j->sink = (struct rac_sink){.write = write_stdout};
	rac_emit_init(&j->emit, &j->sink);
	rac_json_object_begin(&j->emit, NULL);
	rac_json_string(&j->emit, "schema", "rac.estimate/1");
}

/* A stdout that took not all of it is found by rac_output_end. */
void rac_print_json_end(struct rac_print_json *j)
{
	rac_json_object_end(&j->emit);
	rac_emit_string(&j->emit, "\n");
	rac_emit_finish(&j->emit);
}

void rac_print_breakdown(struct rac_emit *out, const struct rac_estimate *e)
{
	rac_json_u64(out, "bytes", e->bytes);
	rac_json_object_begin(out, "breakdown");
	for (unsigned i = 0; i < RAC_PART_COUNT; i++)
		if (e->parts[i] != 0)
			rac_json_u64(out, rac_part_name((enum rac_part)i), e->parts[i]);
	rac_json_object_end(out);
}

void rac_print_json(const struct rac_estimate *e)
{
	struct rac_print_json j;

	rac_print_json_begin(&j);
	rac_print_breakdown(&j.emit, e);
	rac_print_json_end(&j);
}

/* The flag for a field of core: "kv_heads" is given as --kv-heads. */
static const char *flag_of(const char *field, char *out, size_t capacity)
{
	size_t n = (size_t)snprintf(out, capacity, "--%s", field);

	for (size_t i = 0; i < n && i + 1 < capacity; i++)
		if (out[i] == '_')
			out[i] = '-';
	return out;
}

bool rac_why_complain(struct rac_complaint *c, enum rac_status status, const struct rac_why *why)
{
	char flag[64];

	if (status == RAC_OVERFLOW)
		return rac_complain(
			c, "%s: more than 2^64 bytes; make the sizes smaller", why->what);
	return rac_complain(c, "%s %" PRIu64 " %s", flag_of(why->what, flag, sizeof(flag)),
		why->value, why->rule);
}

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

void rac_print_breakdown(const struct rac_estimate *e)
{
	const char *separator = "";

	printf("\"bytes\":%" PRIu64 ",\"breakdown\":{", e->bytes);
	for (unsigned i = 0; i < RAC_PART_COUNT; i++) {
		if (e->parts[i] == 0)
			continue;
		printf("%s\"%s\":%" PRIu64, separator, rac_part_name((enum rac_part)i),
			e->parts[i]);
		separator = ",";
	}
	putchar('}');
}

void rac_print_json(const struct rac_estimate *e)
{
	fputs("{\"schema\":\"rac.estimate/1\",", stdout);
	rac_print_breakdown(e);
	puts("}");
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

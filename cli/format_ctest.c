/*
 * format_ctest.c - findings in the style of compute-sanitizer's log, which `ctest -T memcheck` reads
 * (CTEST_MEMORYCHECK_TYPE CudaSanitizer) and scripts search for "LEAK SUMMARY": one leak for each place, and
 * each failed condition. What is suppressed or tolerated is left out, since the form has no word for it.
 *
 * ctest takes each line "========= Word ..." for a defect, so all other lines begin otherwise.
 */
#include "defects.h"
#include "emit.h"
#include "site_words.h"
#include <stdio.h>

#define PREFIX "========= "

/* "1,024", as the original writes it. */
static void put_grouped(struct rac_emit *e, uint64_t number)
{
	char digits[32];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			rac_emit_string(e, ",");
		rac_emit_bytes(e, digits + i, 1);
	}
}

static void put_frame(struct rac_emit *e, const struct rac_report_frame *frame)
{
	char words[2 * RAC_CLEAN_MOST];
	struct rac_text t;

	rac_text_init(&t, words, sizeof(words));
	rac_frame_words(&t, frame);
	rac_emit_string(e, PREFIX "    Host Frame: ");
	rac_emit_string(e, words);
	rac_emit_string(e, "\n");
	if (frame->module[0] == '\0')
		return;
	rac_emit_string(e, PREFIX "               in ");
	rac_emit_string(e, frame->module);
	rac_emit_string(e, "\n");
}

static void put_leak(struct rac_emit *e, const struct rac_defect *d)
{
	rac_emit_string(e, PREFIX "Leaked ");
	put_grouped(e, d->bytes);
	rac_emit_string(e, " bytes at ");
	rac_emit_string(e, d->file);
	if (d->line > 0) {
		rac_emit_string(e, ":");
		rac_emit_u64(e, d->line);
	}
	rac_emit_string(e, "\n" PREFIX "    ");
	rac_emit_string(e, d->message);
	rac_emit_string(e, " [");
	rac_emit_string(e, d->fingerprint);
	rac_emit_string(e, "]\n");
	for (size_t i = 0; i < d->frame_count && !e->refused; i++)
		put_frame(e, &d->frames[i]);
	rac_emit_string(e, "=========\n");
}

static void put_all(struct rac_emit *e, const struct rac_defects *all)
{
	uint64_t bytes = 0, count = 0, errors = 0;

	rac_emit_string(e, PREFIX "RAC " RAC_VERSION "\n");
	for (size_t i = 0; i < all->count && !e->refused; i++) {
		const struct rac_defect *d = &all->list[i];

		if (d->level == RAC_DEFECT_SUPPRESSED || d->level == RAC_DEFECT_NOTE)
			continue;
		errors++;
		if (d->site == NULL) {
			rac_emit_string(e, PREFIX "Failed condition ");
			rac_emit_string(e, d->message);
			rac_emit_string(e, "\n");
			continue;
		}
		bytes += d->bytes;
		count += d->count;
		put_leak(e, d);
	}
	rac_emit_string(e, PREFIX "LEAK SUMMARY: ");
	rac_emit_u64(e, bytes);
	rac_emit_string(e, " bytes leaked in ");
	rac_emit_u64(e, count);
	rac_emit_string(e, " allocations\n" PREFIX "ERROR SUMMARY: ");
	rac_emit_u64(e, errors);
	rac_emit_string(e, errors == 1 ? " error\n" : " errors\n");
}

bool rac_format_ctest(const struct rac_export *in, struct rac_sink *sink, struct rac_complaint *c)
{
	struct rac_defects all;
	struct rac_emit e;

	if (!rac_defects_make(in, &all, c))
		return false;
	rac_emit_init(&e, sink);
	put_all(&e, &all);
	rac_defects_free(&all);
	return rac_emit_finish(&e);
}

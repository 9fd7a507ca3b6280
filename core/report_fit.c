/*
 * report_fit.c - cuts the text report to a bounded buffer, line by line; the words are report_text.c's.
 */
#include "checked.h"
#include "report_parts.h"
#include <string.h>

/* Prefix and count of up to 20 digits each, and the words of put_notice. */
#define NOTICE_MAX 160

struct bounded {
	char *buffer;
	size_t capacity;
	size_t used;   /* bytes kept, never above capacity */
	size_t wanted; /* bytes offered */
	/* The longest beginning of whole lines that leaves room for the notice. */
	size_t cut_room, cut_used;
	uint64_t cut_lines, lines;
};

static void end_line(struct bounded *b, size_t offered)
{
	b->lines++;
	if (offered <= b->cut_room) {
		b->cut_used = offered;
		b->cut_lines = b->lines;
	}
}

/* Never refuses: what does not fit is still counted. */
static bool keep(void *context, const char *bytes, size_t n)
{
	struct bounded *b = context;
	size_t room = b->capacity - b->used;
	size_t part = n < room ? n : room;

	if (part > 0)
		memcpy(b->buffer + b->used, bytes, part);
	b->used += part;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			end_line(b, b->wanted + i + 1);
	}
	b->wanted += n;
	return true;
}

static void render_summary(struct bounded *b, const struct rac_report *report)
{
	struct rac_sink sink = {.write = keep, .context = b};
	struct rac_emit e;

	rac_emit_init(&e, &sink);
	rac_report_text_summary(&e, report);
	rac_emit_finish(&e);
}

static void render_body(
	struct bounded *b, const struct rac_report *report, enum rac_text_detail detail)
{
	struct rac_sink sink = {.write = keep, .context = b};
	struct rac_emit e;

	rac_emit_init(&e, &sink);
	rac_report_text_body(&e, report, detail);
	rac_emit_finish(&e);
}

static void put_notice(struct bounded *b, const struct rac_report *report, uint64_t lines)
{
	struct rac_sink sink = {.write = keep, .context = b};
	struct rac_emit e;

	rac_emit_init(&e, &sink);
	rac_words_prefix(&e, report);
	rac_words_count(&e, lines, "more line");
	rac_emit_string(&e, " left out here; RAC_REPORT=path writes the whole report to a file\n");
	rac_emit_finish(&e);
}

/* As much of the body as fits beside a notice; where that is not all, other devices are worth more than the
 * stacks of the first. Returns the bytes. */
static size_t put_part(struct bounded *body, const struct rac_report *report, uint64_t lines)
{
	struct bounded part = {
		.buffer = body->buffer, .capacity = body->capacity, .cut_room = body->cut_room};

	render_body(&part, report, RAC_TEXT_WITHOUT_STACKS);
	struct bounded notice = {
		.buffer = part.buffer + part.cut_used, .capacity = part.capacity - part.cut_used};

	if (notice.capacity >= NOTICE_MAX)
		put_notice(&notice, report, lines - part.cut_lines);
	return part.cut_used + notice.used;
}

size_t rac_report_text_fit(const struct rac_report *report, char *buffer, size_t capacity)
{
	struct bounded summary = {.buffer = buffer, .capacity = capacity};
	struct bounded body = {.buffer = buffer};
	size_t used;

	/* Alone first: this measures the summary, and is all there is where nothing else fits. */
	render_summary(&summary, report);
	if (summary.wanted > capacity) {
		if (capacity > 0)
			buffer[capacity - 1] = '\n';
		return capacity;
	}
	body.capacity = capacity - summary.wanted;
	body.cut_room = (size_t)rac_saturating_sub(body.capacity, NOTICE_MAX);
	render_body(&body, report, RAC_TEXT_WHOLE);
	used = body.wanted <= body.capacity ? body.wanted : put_part(&body, report, body.lines);
	summary = (struct bounded){.buffer = buffer + used, .capacity = capacity - used};
	render_summary(&summary, report);
	return used + summary.used;
}

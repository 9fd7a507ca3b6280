/*
 * format_html.c - a page to look at: report.html with its parts filled in.
 */
#include "embedded.h"
#include "formats.h"
#include "html_parts.h"
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	void (*put)(struct rac_html *h);
} parts[] = {
#define HTML_PART(name) {#name, rac_html_##name},
#include "html_parts.def"
#undef HTML_PART
};

/* Fills in the part whose name begins at `name`; returns what follows its braces, or NULL. */
static const char *fill(struct rac_html *h, const char *name)
{
	size_t length = strcspn(name, "}");

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strlen(parts[i].name) != length || memcmp(parts[i].name, name, length) != 0)
			continue;
		parts[i].put(h);
		return name + length + 2;
	}
	return NULL;
}

static bool put_page(struct rac_html *h)
{
	const char *at = rac_embedded_page, *brace;

	while ((brace = strstr(at, "{{")) != NULL && !h->failed) {
		rac_emit_bytes(&h->e, at, (size_t)(brace - at));
		at = fill(h, brace + 2);
		if (at == NULL)
			return false;
	}
	rac_emit_string(&h->e, at);
	return rac_emit_finish(&h->e) && !h->failed && !h->stacks.cleaner.failed;
}

bool rac_format_html(const struct rac_loaded *in, struct rac_sink *sink, struct rac_complaint *c)
{
	struct rac_html h = {.report = &in->report};
	bool done;

	rac_emit_init(&h.e, sink);
	if (!rac_stacks_make(h.report, &h.stacks))
		return rac_complain(c, "no memory for the page");
	done = rac_html_find_owners(&h) && put_page(&h);
	free(h.owners);
	free(h.owner_of);
	rac_stacks_free(&h.stacks);
	if (!done && !h.e.refused)
		rac_complain(c, "no memory for the page");
	return done;
}

/*
 * model_text.h - runs the readers of model files on text that a test writes down.
 */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

#include "model_source.h"

#include <criterion/criterion.h>
#include <string.h>

#ifdef RAC_HAVE_JSON
#define NEEDS_JSON()
#else
#define NEEDS_JSON() cr_skip_test("built without json-c")
#endif

/* Reads a config or an index; false when it is refused, with the words in *c. */
static inline bool read_text(
	const char *text, struct rac_model_source *out, struct rac_complaint *c)
{
	memset(out, 0, sizeof(*out));
	c->text[0] = '\0';
	return rac_model_read_json(text, strlen(text), "a.json", out, c);
}

/* Reading must fail with a message that holds all of the words. */
#define REFUSES(document, ...) refuses((document), (const char *const[]){__VA_ARGS__, NULL})

static inline void refuses(const char *document, const char *const words[])
{
	struct rac_model_source source;
	struct rac_complaint c;

	cr_assert_not(read_text(document, &source, &c));
	for (; *words != NULL; words++)
		cr_assert_not_null(strstr(c.text, *words), "'%s' in: %s", *words, c.text);
}

#endif

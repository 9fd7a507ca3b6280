/*
 * Reads what PTX text defines at its outermost level: ".entry NAME" is a kernel, a declaration in ".global" or
 * ".const" a global. Initial values are read where they are numbers; addresses of other globals are not.
 */
#include "image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Past blanks and comments. */
static const char *skip(const char *text)
{
	for (;;) {
		if (isspace((unsigned char)*text)) {
			text++;
		} else if (strncmp(text, "//", 2) == 0) {
			text += strcspn(text, "\n");
		} else if (strncmp(text, "/*", 2) == 0) {
			const char *end = strstr(text, "*/");

			text = end ? end + 2 : text + strlen(text);
		} else {
			return text;
		}
	}
}

bool sim_image_is_ptx(const char *text)
{
	return strncmp(skip(text), ".version", 8) == 0;
}

/* A directive or a name: its length, 0 for any other character. */
static size_t word_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || (text[n] && strchr("._$%", text[n])))
		n++;
	return n;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(text, word, length) == 0;
}

/* What a declaration has said so far. */
struct declaration {
	bool global, external;
	uint64_t width, elements;
	const char *name;
	size_t name_length;
};

/* ".u32", ".b8", ".f64", …: bytes of a type; 0 for what is none. */
static uint64_t type_width(const char *word, size_t length)
{
	unsigned long bits;

	if (length < 3 || !strchr("bsuf", word[1]) || !isdigit((unsigned char)word[2]))
		return 0;
	bits = strtoul(word + 2, NULL, 10);
	return bits >= 8 && bits <= 128 ? bits / 8 : 0;
}

static void note_word(struct declaration *d, const char *word, size_t length)
{
	uint64_t width;

	if (is_word(word, length, ".global") || is_word(word, length, ".const")) {
		d->global = true;
	} else if (is_word(word, length, ".extern")) {
		d->external = true;
	} else if (word[0] != '.') {
		d->name = word;
		d->name_length = length;
	} else if (is_word(word, length, ".v2") || is_word(word, length, ".v4")) {
		d->elements *= (uint64_t)(word[2] - '0');
	} else if ((width = type_width(word, length)) != 0) {
		d->width = width;
	}
}

/* One number as PTX writes it: 12, 0x1f, 0f3f800000 (the bits of a float), 0d… (of a double). */
static uint64_t number(const char *text)
{
	if (text[0] == '0' && text[1] && strchr("fFdD", text[1]))
		return strtoull(text + 2, NULL, 16);
	return text[0] == '-' ? (uint64_t)strtoll(text, NULL, 0) : strtoull(text, NULL, 0);
}

/* What stands after "=", up to the semicolon; the numbers fill the elements in order. */
static bool read_initial(struct sim_symbol *symbol, const char *text, uint64_t width)
{
	uint64_t at = 0;

	symbol->initial = calloc(1, symbol->bytes);
	if (!symbol->initial)
		return false;
	while (*text && *text != ';') {
		size_t length;

		text = skip(text);
		length = strspn(text, "-");
		length += word_length(text + length);
		if (length && at + width <= symbol->bytes) {
			uint64_t value[2] = {number(text), 0};

			memcpy(symbol->initial + at, value, width);
			at += width;
		}
		text += length ? length : *text && *text != ';';
	}
	return true;
}

static bool add_global(struct sim_image *image, const struct declaration *d, const char *initial)
{
	struct sim_symbol *added;

	if (!d->global || d->external || !d->name || !d->width || !d->elements)
		return true;
	added = sim_image_add(image, d->name, d->name_length);
	if (!added)
		return false;
	added->bytes = d->width * d->elements;
	return !initial || read_initial(added, initial, d->width);
}

/* One statement at the outermost level; moves *text past it. */
static bool read_statement(struct sim_image *image, const char **text)
{
	struct declaration d = {.elements = 1};
	const char *at = *text, *initial = NULL;
	unsigned int depth = 0;
	bool entry = false, done = false;

	while (*(at = skip(at)) && !done) {
		size_t length = word_length(at);

		if (length && depth == 0 && !initial) {
			if (entry) {
				struct sim_symbol *kernel = sim_image_add(image, at, length);

				if (!kernel)
					return false;
				kernel->kernel = true;
			}
			/* Another directive may be on its line without an end of its own. */
			entry = is_word(at, length, ".entry");
			note_word(&d, at, length);
		} else if (*at == '[' && depth == 0 && !initial) {
			d.elements *= strtoull(at + 1, NULL, 0);
			at += strcspn(at, "]");
		} else if (*at == '=' && depth == 0) {
			initial = at + 1;
		} else if (*at == '"') {
			at += 1 + strcspn(at + 1, "\"");
		}
		depth += *at == '{' || *at == '(';
		depth -= (*at == '}' || *at == ')') && depth;
		done = depth == 0 && (*at == ';' || (*at == '}' && !initial));
		at += length ? length : 1;
	}
	*text = at;
	return add_global(image, &d, initial);
}

bool sim_image_read_ptx(struct sim_image *image, const char *text)
{
	while (*(text = skip(text))) {
		if (!read_statement(image, &text))
			return false;
	}
	return true;
}

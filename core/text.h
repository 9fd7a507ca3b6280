/*
 * text.h - builds a short text in a buffer of fixed size, without stdio, allocation or locale; it
 * prints nothing.
 *
 * A text always ends in NUL. What does not fit is never lost unseen: the text then ends in "...",
 * `cut` is true, and further pieces are dropped. A buffer belongs to one thread at a time.
 */
#ifndef RAC_TEXT_H
#define RAC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Made by rac_text_init; `used` does not count the NUL. Read the fields freely, write none. */
struct rac_text {
	char *buffer;
	size_t capacity, used;
	bool cut;
};

/* Starts an empty text in `capacity` bytes, NUL included. With capacity 0 every piece is cut. */
void rac_text_init(struct rac_text *t, char *buffer, size_t capacity);

/* Makes it empty again. */
void rac_text_clear(struct rac_text *t);

void rac_text_bytes(struct rac_text *t, const char *bytes, size_t n);
void rac_text_string(struct rac_text *t, const char *string); /* NULL adds nothing */
void rac_text_u64(struct rac_text *t, uint64_t value);
void rac_text_i64(struct rac_text *t, int64_t value);
void rac_text_hex(struct rac_text *t, uint64_t value); /* "0x7f00" */

/* A size for people, see rac_size_text: "1.50 GiB"; and with the bytes behind it where cut off. */
void rac_text_size(struct rac_text *t, uint64_t bytes);
void rac_text_size_exact(struct rac_text *t, uint64_t bytes);

/*
 * Foreign bytes, safe for a terminal: control characters and bytes that are not UTF-8 become \xNN.
 * Of more than `most` bytes only the beginning is shown, and then "...".
 */
void rac_text_foreign(struct rac_text *t, const char *bytes, size_t n, size_t most);

/* The same between single quotes. */
void rac_text_quoted(struct rac_text *t, const char *bytes, size_t n, size_t most);

/* Ends the text with a newline, also where it was cut; then "..." stays before it. */
void rac_text_end_line(struct rac_text *t);

#endif

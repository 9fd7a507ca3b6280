/*
 * model_file.c - opens a file that describes a model, tells what it is by its first bytes, and hands
 * it to the reader for that.
 */
#include "json.h"
#include "model_source.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOCUMENT_MAX ((uint64_t)64 << 20)
#define HEADER_MAX   UINT64_C(100000000) /* the limit of the safetensors format */

struct file {
	FILE *stream;
	uint64_t size;
	const char *path;
};

void rac_model_note(struct rac_model_source *source, const char *format, ...)
{
	va_list arguments;

	if (source->note_count == RAC_MODEL_NOTES)
		return;
	va_start(arguments, format);
	vsnprintf(source->notes[source->note_count++], RAC_MODEL_NOTE_MAX, format, arguments);
	va_end(arguments);
}

static bool complain_errno(struct rac_complaint *c, const char *path)
{
	struct rac_quote quote;
	int error = errno;

	return rac_complain(c, "cannot read %s: %s", rac_quote(&quote, path), strerror(error));
}

static bool open_file(const char *path, struct file *f, struct rac_complaint *c)
{
	struct stat status;
	struct rac_quote quote;

	f->path = path;
	/* Without O_NONBLOCK, opening a FIFO would wait for somebody to write to it. */
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	f->stream = descriptor >= 0 ? fdopen(descriptor, "rb") : NULL;
	if (f->stream == NULL) {
		complain_errno(c, path);
		if (descriptor >= 0)
			close(descriptor);
		return false;
	}
	if (fstat(fileno(f->stream), &status) != 0) {
		complain_errno(c, path);
	} else if (!S_ISREG(status.st_mode)) {
		rac_complain(c, "%s is not a regular file", rac_quote(&quote, path));
	} else {
		f->size = (uint64_t)status.st_size;
		return true;
	}
	fclose(f->stream);
	return false;
}

/* Reads n bytes, which the caller has compared with the size of the file, and frees later. */
static char *read_all(struct file *f, uint64_t n, struct rac_complaint *c)
{
	struct rac_quote quote;
	char *bytes = malloc(n > 0 ? n : 1);

	if (bytes == NULL) {
		rac_complain(c, "no memory to read %s", rac_quote(&quote, f->path));
		return NULL;
	}
	if (fread(bytes, 1, n, f->stream) == n)
		return bytes;
	rac_complain(c, "%s became shorter while it was read", rac_quote(&quote, f->path));
	free(bytes);
	return NULL;
}

bool rac_model_read_json(const char *bytes, size_t n, const char *name,
	struct rac_model_source *out, struct rac_complaint *c)
{
	struct rac_node *document = rac_node_parse(bytes, n, name, c);
	bool done;

	if (document == NULL)
		return false;
	if (rac_node_get(document, "weight_map") != NULL)
		done = rac_model_read_index(document, name, out, c);
	else
		done = rac_model_read_config(document, name, out, c);
	rac_node_free(document);
	return done;
}

bool rac_model_read_safetensors_bytes(const char *bytes, size_t n, const char *name,
	struct rac_model_source *out, struct rac_complaint *c)
{
	struct rac_node *document = rac_node_parse(bytes, n, name, c);
	bool done = document != NULL && rac_model_read_safetensors(document, name, out, c);

	rac_node_free(document);
	return done;
}

static char *take_document(struct file *f, struct rac_complaint *c)
{
	struct rac_quote quote;

	if (f->size <= DOCUMENT_MAX)
		return read_all(f, f->size, c);
	rac_complain(c, "%s has %llu bytes; a JSON document read here has %llu at most",
		rac_quote(&quote, f->path), (unsigned long long)f->size,
		(unsigned long long)DOCUMENT_MAX);
	return NULL;
}

static bool read_document(struct file *f, struct rac_model_source *out, struct rac_complaint *c)
{
	char *bytes = take_document(f, c);
	bool done = bytes != NULL && rac_model_read_json(bytes, f->size, f->path, out, c);

	free(bytes);
	return done;
}

static bool read_safetensors(
	struct file *f, uint64_t header, struct rac_model_source *out, struct rac_complaint *c)
{
	struct rac_quote quote;

	if (header > HEADER_MAX || header > f->size - 8)
		return rac_complain(c,
			"%s claims a header of %llu bytes; there are %llu behind that"
			" claim, and the format allows %llu",
			rac_quote(&quote, f->path), (unsigned long long)header,
			(unsigned long long)(f->size - 8), (unsigned long long)HEADER_MAX);
	char *bytes = read_all(f, header, c);
	bool done =
		bytes != NULL && rac_model_read_safetensors_bytes(bytes, header, f->path, out, c);

	free(bytes);
	return done;
}

static bool read_stream(void *context, void *to, uint64_t n)
{
	struct file *f = context;
	char few[4096];

	if (to != NULL)
		return fread(to, 1, n, f->stream) == n;
	/* Seeking throws the buffer away, which is dear for the many short strings of a tokenizer. */
	if (n <= sizeof(few))
		return fread(few, 1, n, f->stream) == n;
	/* The caller never skips beyond the size of the file, which fits off_t. */
	return fseeko(f->stream, (off_t)n, SEEK_CUR) == 0;
}

static bool read_file(struct file *f, struct rac_model_source *out, struct rac_complaint *c)
{
	unsigned char start[9];
	struct rac_quote quote;
	uint64_t length = 0;
	size_t n = fread(start, 1, sizeof(start), f->stream);

	rewind(f->stream);
	if (n == 0)
		return rac_complain(c, "%s is empty", rac_quote(&quote, f->path));
	if (n >= 4 && memcmp(start, "GGUF", 4) == 0) {
		struct rac_stream stream = {read_stream, f, f->size};

		return rac_model_read_gguf(&stream, f->path, out, c);
	}
	if (n < sizeof(start) || start[8] != '{' || start[0] == '{')
		return read_document(f, out, c);
	for (size_t i = 8; i > 0; i--)
		length = length << 8 | start[i - 1];
	if (fseeko(f->stream, 8, SEEK_SET) != 0)
		return complain_errno(c, f->path);
	return read_safetensors(f, length, out, c);
}

bool rac_model_read(const char *path, struct rac_model_source *out, struct rac_complaint *c)
{
	struct stat status;
	struct file f;
	char inside[4096];

	memset(out, 0, sizeof(*out));
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		int n = snprintf(inside, sizeof(inside), "%s/config.json", path);

		if (n < 0 || (size_t)n >= sizeof(inside)) {
			errno = ENAMETOOLONG;
			return complain_errno(c, path);
		}
		path = inside;
	}
	if (!open_file(path, &f, c))
		return false;
	bool done = read_file(&f, out, c);

	fclose(f.stream);
	return done;
}

/*
 * gzip.c - gzip.h by zlib, or the line that says that zlib was missing when this was built.
 */
#include "gzip.h"

#ifdef RAC_HAVE_ZLIB

#include <stdlib.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* the largest, and gzip's frame around it */
#define MEMORY      8         /* zlib's default */

struct rac_gzip {
	struct rac_sink sink, *to;
	z_stream stream;
	bool refused;
	unsigned char out[16384];
};

static void run(struct rac_gzip *gzip, int flush)
{
	do {
		gzip->stream.next_out = gzip->out;
		gzip->stream.avail_out = sizeof(gzip->out);
		deflate(&gzip->stream, flush);
		size_t n = sizeof(gzip->out) - gzip->stream.avail_out;

		if (n > 0 && !gzip->refused)
			gzip->refused =
				!gzip->to->write(gzip->to->context, (const char *)gzip->out, n);
	} while (gzip->stream.avail_out == 0 && !gzip->refused);
}

static bool compress_piece(void *context, const char *bytes, size_t n)
{
	struct rac_gzip *gzip = context;

	while (n > 0 && !gzip->refused) {
		uInt piece = n < 1 << 30 ? (uInt)n : 1 << 30;
		union {
			const char *from;
			Bytef *to;
		} cast = {.from = bytes}; /* zlib reads it and takes it without const */

		gzip->stream.next_in = cast.to;
		gzip->stream.avail_in = piece;
		run(gzip, Z_NO_FLUSH);
		bytes += piece;
		n -= piece;
	}
	return !gzip->refused;
}

struct rac_gzip *rac_gzip_open(struct rac_sink *to, struct rac_complaint *c)
{
	struct rac_gzip *gzip = calloc(1, sizeof(*gzip));

	if (gzip == NULL ||
		deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY,
			Z_DEFAULT_STRATEGY) != Z_OK) {
		free(gzip);
		rac_complain(c, "no memory to compress");
		return NULL;
	}
	gzip->to = to;
	gzip->sink = (struct rac_sink){compress_piece, gzip};
	return gzip;
}

struct rac_sink *rac_gzip_sink(struct rac_gzip *gzip)
{
	return &gzip->sink;
}

bool rac_gzip_close(struct rac_gzip *gzip)
{
	run(gzip, Z_FINISH);
	bool done = !gzip->refused;

	deflateEnd(&gzip->stream);
	free(gzip);
	return done;
}

#else

struct rac_gzip *rac_gzip_open(struct rac_sink *to, struct rac_complaint *c)
{
	(void)to;
	rac_complain(c,
		"this form is compressed with zlib, which was missing when rac was built; install"
		" zlib1g-dev (apt-get install zlib1g-dev), then run make again");
	return NULL;
}

struct rac_sink *rac_gzip_sink(struct rac_gzip *gzip)
{
	(void)gzip;
	return NULL;
}

bool rac_gzip_close(struct rac_gzip *gzip)
{
	(void)gzip;
	return false;
}

#endif

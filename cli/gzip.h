/*
 * gzip.h - a sink that compresses on its way into another.
 *
 * The library is zlib: it is on every system, has been kept for three decades, and is what readers of
 * gzip use. Without it (see cli/build.mk) all else is built, and this says how to get it.
 */
#ifndef RAC_GZIP_H
#define RAC_GZIP_H

#include "complaint.h"
#include "report.h"

struct rac_gzip;

/* NULL: *c says why. The sink is the compressor's until it is closed. */
struct rac_gzip *rac_gzip_open(struct rac_sink *to, struct rac_complaint *c);
struct rac_sink *rac_gzip_sink(struct rac_gzip *gzip);

/* Ends the stream and frees it. False: the sink refused. */
bool rac_gzip_close(struct rac_gzip *gzip);

#endif

/*
 * site_id.h - the id of a site, which names it from run to run and, once its functions are named, from build
 * to build; and which frames are CUDA's own and therefore no part of it.
 *
 * The id is a hash of the call, the kind of memory, the owner and, of each frame that is not CUDA's own,
 * innermost first, the function; of a frame without one, the module's file name and the offset, which
 * another build changes. Lines, files, folders and addresses are no part of it. So two lines of one
 * function, called from the same functions, share an id.
 */
#ifndef RAC_SITE_ID_H
#define RAC_SITE_ID_H

#include "report.h"

#define RAC_SITE_ID_BYTES 9 /* eight hexadecimal digits, NUL */

/* Of a site whose call, kind, owner and frames are set. */
void rac_site_id(const struct rac_report_site *site, char out[RAC_SITE_ID_BYTES]);

/*
 * A frame of the driver, of a runtime or of this library: by its module, or, in a program that holds the
 * runtime itself, by its function, once that is named.
 */
bool rac_frame_is_cuda(const struct rac_report_frame *frame);

/* True where all frames are, so that leaving them out would leave nothing. */
bool rac_site_is_all_cuda(const struct rac_report_site *site);

#endif

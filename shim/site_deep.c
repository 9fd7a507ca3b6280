/*
 * site_deep.c - counts at stacks that are deeper than there is room for on any stack: whoever sets such a
 * RAC_DEPTH has threads with larger ones. See site.h.
 */
#include "capture.h"
#include "site.h"

uint32_t rac_site_count_deep(struct rac_state *state, const struct rac_site_call *call)
{
	RAC_CAPTURE_ROOM(place, RAC_SETTINGS_DEPTH_MAX);

	rac_capture(state, &place);
	return rac_site_count_at(state, call, &place);
}

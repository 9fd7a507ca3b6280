/*
 * references.c - see references.h.
 */
#include "references.h"

static const char *why(uint32_t state)
{
	static const char *const words[] = {
#define X(id, why) [RAC_SEARCH_##id] = (why),
		RAC_SEARCH_LIST(X)
#undef X
	};

	return state < sizeof(words) / sizeof(words[0]) ? words[state] : words[RAC_SEARCH_NONE];
}

bool rac_references_of(const struct rac_references *references, size_t bytes, uint32_t site,
	struct rac_site_references *out)
{
	/* Acquire: pairs with the release of who searched. */
	if (references == NULL || bytes < sizeof(*references) ||
		rac_load_acquire(&references->state) != RAC_SEARCH_DONE)
		return false;
	size_t room = (bytes - sizeof(*references)) / sizeof(references->sites[0]);

	if (site >= references->count || site >= room)
		return false;
	*out = references->sites[site];
	return true;
}

void rac_references_tell(
	const struct rac_references *references, size_t bytes, struct rac_report_search *out)
{
	*out = (struct rac_report_search){
		.is_asked = references != NULL && bytes >= sizeof(*references)};
	if (!out->is_asked)
		return;
	out->failed = why(rac_load_acquire(&references->state));
	out->bytes = references->searched_bytes;
	out->driver_copies = references->driver_copies;
}

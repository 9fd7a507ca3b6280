/*
 * site_id.c - see site_id.h.
 */
#include "site_id.h"

#include "report_modules.h"
#include <string.h>

#define START UINT64_C(0xcbf29ce484222325)

/* FNV-1a, which anybody can compute again from the report. */
static uint64_t hash(uint64_t h, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* With its end, so that "a", "bc" and "ab", "c" differ. */
static uint64_t hash_text(uint64_t h, const char *text)
{
	if (text == NULL)
		text = "";
	return hash(h, text, strlen(text) + 1);
}

static uint64_t hash_frame(uint64_t h, const struct rac_report_frame *f)
{
	bool is_named = f->function != NULL && f->function[0] != '\0';
	uint64_t offset = is_named ? 0 : f->offset;

	h = hash_text(h, f->function);
	h = hash_text(h, is_named || f->module == NULL ? "" : rac_module_file(f->module));
	return hash(h, &offset, sizeof(offset));
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

bool rac_frame_is_cuda(const struct rac_report_frame *frame)
{
	const char *f = frame->function != NULL ? frame->function : "";

	if (frame->module == NULL || frame->module[0] == '\0')
		return false;
	if (rac_module_is_cuda(frame->module))
		return true;
	/* Functions of C: a name with a scope or with parameters is somebody's own. */
	if (strpbrk(f, "(:<") != NULL)
		return false;
	return begins(f, "__cuda") || begins(f, "libcudart_static_") ||
		(begins(f, "cuda") && is_upper(f[4]));
}

bool rac_site_is_all_cuda(const struct rac_report_site *site)
{
	for (size_t i = 0; i < site->frame_count; i++)
		if (!rac_frame_is_cuda(&site->frames[i]))
			return false;
	return true;
}

void rac_site_id(const struct rac_report_site *site, char out[RAC_SITE_ID_BYTES])
{
	bool all = rac_site_is_all_cuda(site);
	uint64_t h = hash_text(START, site->api);

	h = hash_text(h, rac_report_kind_name(site->kind));
	h = hash_text(h, site->owner);
	for (size_t i = 0; i < site->frame_count; i++)
		if (all || !rac_frame_is_cuda(&site->frames[i]))
			h = hash_frame(h, &site->frames[i]);
	uint32_t folded = (uint32_t)(h ^ h >> 32);

	for (int i = RAC_SITE_ID_BYTES - 2; i >= 0; i--, folded >>= 4)
		out[i] = "0123456789abcdef"[folded & 15];
	out[RAC_SITE_ID_BYTES - 1] = '\0';
}

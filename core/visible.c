/*
 * visible.c - see visible.h.
 */
#include "visible.h"

#include "limit_parts.h"
#include "rac_track.h"
#include <string.h>

#define UNKNOWN UINT32_MAX

/* An entry of the list. */
struct entry {
	enum { END, INDEX, GPU, PART } what;
	uint32_t gpu; /* its place in the machine; UNKNOWN where that is not certain */
	uint32_t index;
	const char *text;
	size_t length;
};

static struct rac_ordinals one(uint32_t ordinal)
{
	return (struct rac_ordinals){ordinal, ordinal + 1};
}

static bool begins(const char *text, size_t length, const char *prefix)
{
	return length > strlen(prefix) && rac_limit_uuid_begins(text, prefix);
}

/* Whether the UUID begins with the entry's text. */
static bool is_named(const char *uuid, const char *text, size_t length)
{
	char prefix[RAC_UUID_TEXT_MAX * 2];

	if (length >= sizeof(prefix))
		return false;
	memcpy(prefix, text, length);
	prefix[length] = '\0';
	return rac_limit_uuid_begins(uuid, prefix);
}

/* The one GPU that the entry names; count where there is none, or several. */
static uint32_t gpu_named(const struct rac_machine *m, const char *text, size_t length)
{
	uint32_t found = m->count;

	for (uint32_t i = 0; i < m->count; i++) {
		if (!is_named(m->uuids[i], text, length))
			continue;
		if (found != m->count)
			return m->count;
		found = i;
	}
	return found;
}

static bool is_index(const char *text, size_t length, uint32_t *index)
{
	*index = 0;
	if (length == 0 || length > 4)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*index = *index * 10 + (uint32_t)(text[i] - '0');
	}
	return true;
}

/* Takes the next entry off the list. */
static struct entry next(const struct rac_machine *m, const char **list)
{
	struct entry e = {.what = END, .gpu = UNKNOWN};

	*list += strspn(*list, " \t");
	e.text = *list;
	e.length = strcspn(e.text, ", \t");
	*list += e.length;
	*list += strspn(*list, " \t");
	if (**list == ',')
		++*list;
	if (is_index(e.text, e.length, &e.index)) {
		/* How many parts there are is not known, so neither is which index is one too many. */
		if (e.index < m->count || m->divided)
			e.what = INDEX;
		if (m->in_order && !m->divided)
			e.gpu = e.index;
	} else if (begins(e.text, e.length, "GPU-")) {
		e.gpu = gpu_named(m, e.text, e.length);
		e.what = e.gpu < m->count ? GPU : END;
	} else if (begins(e.text, e.length, "MIG-")) {
		e.what = PART;
	}
	return e;
}

/* Whether two entries are one device for certain. */
static bool is_same(const struct entry *a, const struct entry *b)
{
	if (a->gpu != UNKNOWN || b->gpu != UNKNOWN)
		return a->gpu == b->gpu;
	if (a->what != b->what)
		return false;
	if (a->what == INDEX)
		return a->index == b->index;
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool is_repeated(const struct rac_machine *m, uint32_t number, const struct entry *e)
{
	const char *list = m->visible;

	for (uint32_t i = 0; i < number; i++) {
		struct entry before = next(m, &list);

		if (is_same(&before, e))
			return true;
	}
	return false;
}

static struct rac_ordinals find_listed(const struct rac_machine *m, const char *uuid, uint32_t gpu)
{
	struct rac_ordinals certain = {0}, possible = {0};
	const char *list = m->visible;

	for (uint32_t i = 0; i < RAC_MAX_DEVICES; i++) {
		struct entry e = next(m, &list);

		if (e.what == END)
			break;
		if (is_repeated(m, i, &e))
			return (struct rac_ordinals){0};
		if ((gpu != UNKNOWN && e.gpu == gpu) ||
			(e.what == PART && is_named(uuid, e.text, e.length)))
			certain = one(i);
		else if (e.what == INDEX && e.gpu == UNKNOWN)
			possible =
				(struct rac_ordinals){possible.end > 0 ? possible.first : i, i + 1};
	}
	return certain.end > 0 ? certain : possible;
}

struct rac_ordinals rac_visible_find(const struct rac_machine *m, const char *uuid)
{
	uint32_t gpu = 0;

	while (gpu < m->count && strcmp(m->uuids[gpu], uuid) != 0)
		gpu++;
	if (gpu == m->count)
		gpu = UNKNOWN;
	if (m->visible != NULL)
		return find_listed(m, uuid, gpu);
	if (gpu != UNKNOWN && m->in_order && !m->divided)
		return one(gpu);
	return (struct rac_ordinals){0, m->divided ? RAC_MAX_DEVICES : m->count};
}

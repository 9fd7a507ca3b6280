/*
 * intern.c - see intern.h; the tree is the C library's.
 */
#include "intern.h"

#include "site_words.h"
#include <search.h>
#include <stdlib.h>
#include <string.h>

uint64_t rac_intern(struct rac_intern *in, const void *key, bool *fresh)
{
	struct rac_interned *node = malloc(sizeof(*node));
	struct rac_interned **found;

	*fresh = false;
	if (node == NULL) {
		in->failed = true;
		return 0;
	}
	*node = (struct rac_interned){key, in->count + 1};
	found = tsearch(node, &in->tree, in->compare);
	if (found == NULL) {
		in->failed = true;
		free(node);
		return 0;
	}
	if (*found != node) {
		free(node);
		return (*found)->number;
	}
	*fresh = true;
	in->count++;
	return node->number;
}

void rac_intern_free(struct rac_intern *in)
{
	tdestroy(in->tree, free);
	in->tree = NULL;
}

int rac_intern_strings(const void *a, const void *b)
{
	const struct rac_interned *one = a, *other = b;

	return strcmp(one->key, other->key);
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(rac_or_empty(a), rac_or_empty(b));
}

int rac_intern_frames(const void *a, const void *b)
{
	const struct rac_report_frame *one = ((const struct rac_interned *)a)->key;
	const struct rac_report_frame *other = ((const struct rac_interned *)b)->key;
	int order;

	if (one->offset != other->offset)
		return one->offset < other->offset ? -1 : 1;
	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	order = compare_text(one->function, other->function);
	if (order == 0)
		order = compare_text(one->file, other->file);
	if (order == 0)
		order = compare_text(one->module, other->module);
	if (order == 0)
		order = compare_text(one->build_id, other->build_id);
	return order != 0 ? order : compare_text(one->language, other->language);
}

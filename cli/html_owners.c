/*
 * html_owners.c - the modules that took memory: their order, their colours and their table.
 */
#include "html_parts.h"

#include "checked.h"
#include "intern.h"
#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
	const struct rac_html_owner *one = ((const struct rac_interned *)a)->key;
	const struct rac_html_owner *other = ((const struct rac_interned *)b)->key;

	if (one->is_unaccounted != other->is_unaccounted)
		return one->is_unaccounted ? 1 : -1;
	return strcmp(one->name, other->name);
}

static void add_capped(uint64_t *to, uint64_t more)
{
	if (!rac_checked_add(*to, more, to))
		*to = UINT64_MAX;
}

static uint64_t most_of(const struct rac_html_owner *owner)
{
	return owner->peak > owner->live ? owner->peak : owner->live;
}

/* What is unaccounted comes last: it has a colour of its own. */
static int compare_most(const void *a, const void *b)
{
	const struct rac_html_owner *const *one = a, *const *other = b;

	if ((*one)->is_unaccounted != (*other)->is_unaccounted)
		return (*one)->is_unaccounted ? 1 : -1;
	if (most_of(*one) != most_of(*other))
		return most_of(*one) > most_of(*other) ? -1 : 1;
	return strcmp((*one)->name, (*other)->name);
}

static void gather(struct rac_html *h, struct rac_html_owner *owners)
{
	struct rac_intern known = {.compare = compare_names};

	for (size_t i = 0; i < h->stacks.count; i++) {
		const struct rac_stack *stack = &h->stacks.stacks[i];
		struct rac_html_owner *owner = &owners[h->owner_count];
		bool fresh;

		*owner = (struct rac_html_owner){
			.name = stack->owner[0] != '\0' ? stack->owner : "(module unknown)",
			.is_unaccounted = stack->site == NULL,
		};
		if (stack->site == NULL)
			owner->name = "(no site accounts for it)";
		h->owner_of[i] = rac_intern(&known, owner, &fresh) - 1;
		h->owner_count += fresh;
		if (known.failed)
			break;
		owner = &owners[h->owner_of[i]];
		add_capped(&owner->peak, stack->values[RAC_VALUE_PEAK_BYTES]);
		add_capped(&owner->live, stack->values[RAC_VALUE_LIVE_BYTES]);
	}
	h->failed = h->failed || known.failed;
	rac_intern_free(&known);
}

/* Puts them in order, and has stacks point to where theirs went. */
static void sort(struct rac_html *h, const struct rac_html_owner *owners,
	const struct rac_html_owner **order, size_t *place_of)
{
	for (size_t i = 0; i < h->owner_count; i++)
		order[i] = &owners[i];
	if (h->owner_count > 0)
		qsort(order, h->owner_count, sizeof(struct rac_html_owner *), compare_most);
	for (size_t i = 0; i < h->owner_count; i++) {
		h->owners[i] = *order[i];
		place_of[order[i] - owners] = i;
	}
	for (size_t i = 0; i < h->stacks.count; i++)
		h->owner_of[i] = place_of[h->owner_of[i]];
}

bool rac_html_find_owners(struct rac_html *h)
{
	size_t room = h->stacks.count + 1;
	struct rac_html_owner *owners = calloc(room, sizeof(*owners));
	const struct rac_html_owner **order = calloc(room, sizeof(struct rac_html_owner *));
	size_t *place_of = calloc(room, sizeof(*place_of));

	h->owners = calloc(room, sizeof(*h->owners));
	h->owner_of = calloc(room, sizeof(*h->owner_of));
	h->failed = h->failed || owners == NULL || order == NULL || place_of == NULL ||
		h->owners == NULL || h->owner_of == NULL;
	if (!h->failed)
		gather(h, owners);
	if (!h->failed)
		sort(h, owners, order, place_of);
	free(owners);
	free(order);
	free(place_of);
	return !h->failed;
}

static unsigned colour_of_owner(const struct rac_html *h, size_t owner)
{
	if (h->owners[owner].is_unaccounted)
		return RAC_HTML_UNACCOUNTED;
	return owner < RAC_HTML_COLOURS ? (unsigned)owner : RAC_HTML_OTHERS;
}

unsigned rac_html_colour(const struct rac_html *h, size_t stack)
{
	return colour_of_owner(h, h->owner_of[stack]);
}

void rac_html_owners(struct rac_html *h)
{
	if (h->owner_count == 0) {
		rac_html_put(h, "<p>Nobody: no memory was allocated.</p>\n");
		return;
	}
	rac_html_put(h,
		"<table class=\"owners\">\n<thead><tr><th scope=\"col\">module</th>"
		"<th scope=\"col\" class=\"n\">at the peak</th>"
		"<th scope=\"col\" class=\"n\">still allocated</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < h->owner_count && !h->e.refused; i++) {
		rac_html_put(h, "<tr><td><span class=\"swatch o");
		rac_html_number(h, colour_of_owner(h, i));
		rac_html_put(h, "\"></span>");
		rac_html_text(h, h->owners[i].name);
		rac_html_put(h, "</td><td class=\"n\">");
		rac_html_size(h, h->owners[i].peak);
		rac_html_put(h, "</td><td class=\"n\">");
		rac_html_size(h, h->owners[i].live);
		rac_html_put(h, "</td></tr>\n");
	}
	rac_html_put(h, "</tbody>\n</table>\n");
}

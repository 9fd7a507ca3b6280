/*
 * html_flame.c - a flame graph as boxes whose places and widths are percentages, so that it fits any
 * width without scripts; zooming is the page's own script.
 */
#include "html_parts.h"

#include "checked.h"
#include "intern.h"
#include "site_words.h"
#include <stdlib.h>
#include <string.h>

#define ROWS_MOST     128  /* deeper frames are not drawn */
#define ROW_HEIGHT    135  /* hundredths of rem, as in report.html */
#define NARROWEST     1000 /* a box is drawn if it is at least this part of the whole */
#define COLOUR_UNSEEN UINT32_MAX

struct node {
	const struct rac_report_frame *frame; /* NULL: the root */
	size_t parent;                        /* has a lower number */
	uint64_t value, left, used;           /* used: by children that have their places */
	uint32_t colour;
	unsigned depth;
};

struct flame {
	struct node *nodes;
	size_t count;
	struct rac_intern known; /* keys are nodes */
	size_t *order;           /* of drawing: by parent, then the largest first */
};

/* Frames of one function are one box, whatever the line; without a name the address tells. */
static int compare_nodes(const void *a, const void *b)
{
	const struct node *one = ((const struct rac_interned *)a)->key;
	const struct node *other = ((const struct rac_interned *)b)->key;
	const struct rac_report_frame *f = one->frame, *g = other->frame;
	int order;

	if (one->parent != other->parent)
		return one->parent < other->parent ? -1 : 1;
	order = strcmp(f->function, g->function);
	if (order == 0)
		order = strcmp(f->file, g->file);
	if (order == 0)
		order = strcmp(f->module, g->module);
	if (order != 0 || f->function[0] != '\0' || f->offset == g->offset)
		return order;
	return f->offset < g->offset ? -1 : 1;
}

static void add_value(struct node *node, uint64_t value, uint32_t colour)
{
	if (!rac_checked_add(node->value, value, &node->value))
		node->value = UINT64_MAX;
	if (node->colour == COLOUR_UNSEEN)
		node->colour = colour;
	else if (node->colour != colour)
		node->colour = RAC_HTML_SEVERAL;
}

/* The child of a node for a frame, which gets the value. */
static size_t descend(struct flame *f, size_t parent, const struct rac_report_frame *frame,
	uint64_t value, uint32_t colour)
{
	struct node *fresh_node = &f->nodes[f->count];
	bool fresh;

	*fresh_node = (struct node){
		.frame = frame,
		.parent = parent,
		.colour = COLOUR_UNSEEN,
		.depth = f->nodes[parent].depth + 1,
	};
	/* The root is no key, so the first one has number 1. */
	size_t node = rac_intern(&f->known, fresh_node, &fresh);

	f->count += fresh;
	add_value(&f->nodes[node], value, colour);
	return node;
}

static void add_stack(struct rac_html *h, struct flame *f, size_t index, enum rac_value value)
{
	const struct rac_stack *stack = &h->stacks.stacks[index];
	uint64_t bytes = stack->values[value];
	uint32_t colour = rac_html_colour(h, index);
	size_t at = 0;

	if (bytes == 0 || f->known.failed)
		return;
	add_value(&f->nodes[0], bytes, colour);
	for (size_t i = stack->frame_count; i-- > 0 && !f->known.failed;) {
		if (f->nodes[at].depth + 1 >= ROWS_MOST)
			return;
		at = descend(f, at, &stack->frames[i], bytes, colour);
	}
}

static int compare_order(const void *a, const void *b, void *nodes)
{
	size_t one = *(const size_t *)a, other = *(const size_t *)b;
	const struct node *n = (const struct node *)nodes + one;
	const struct node *m = (const struct node *)nodes + other;

	if (n->parent != m->parent)
		return n->parent < m->parent ? -1 : 1;
	if (n->value != m->value)
		return n->value > m->value ? -1 : 1;
	return one < other ? -1 : one > other;
}

/* Children side by side from the left end of their parent, the largest first. */
static unsigned lay_out(struct flame *f)
{
	unsigned rows = 1;

	for (size_t i = 0; i < f->count; i++)
		f->order[i] = i;
	/* The root stays in front: it is its own parent, and larger than all. */
	qsort_r(f->order + 1, f->count - 1, sizeof(*f->order), compare_order, f->nodes);
	for (size_t i = 1; i < f->count; i++) {
		struct node *node = &f->nodes[f->order[i]];
		struct node *parent = &f->nodes[node->parent];

		node->left = parent->left + parent->used;
		parent->used += node->value;
		if (node->depth + 1 > rows)
			rows = node->depth + 1;
	}
	return rows;
}

static void put_words(struct rac_html *h, const struct node *node, bool with_file)
{
	char words[2 * RAC_CLEAN_MOST];
	struct rac_report_frame frame;
	struct rac_text t;

	frame = *node->frame;
	if (!with_file)
		frame.file = "";
	rac_text_init(&t, words, sizeof(words));
	rac_frame_words(&t, &frame);
	rac_html_text(h, words);
}

static void put_node(struct rac_html *h, const struct node *node, uint64_t whole)
{
	rac_html_put(h, "<div class=\"o");
	rac_html_number(h, node->colour);
	rac_html_put(h, "\" style=\"left:");
	rac_html_share(h, node->left, whole);
	rac_html_put(h, "%;width:");
	rac_html_share(h, node->value, whole);
	rac_html_put(h, "%;top:");
	rac_html_share(h, node->depth * ROW_HEIGHT, 10000);
	rac_html_put(h, "rem\" data-l=\"");
	rac_html_share(h, node->left, whole);
	rac_html_put(h, "\" data-w=\"");
	rac_html_share(h, node->value, whole);
	rac_html_put(h, "\" data-d=\"");
	rac_html_number(h, node->depth);
	rac_html_put(h, "\" title=\"");
	put_words(h, node, true);
	rac_html_put(h, ": ");
	rac_html_size_text(h, node->value);
	rac_html_put(h, ", ");
	rac_html_share(h, node->value, whole);
	rac_html_put(h, " %\">");
	put_words(h, node, false);
	rac_html_put(h, "</div>\n");
}

static void draw(struct rac_html *h, struct flame *f)
{
	uint64_t whole = f->nodes[0].value, hidden = 0;
	unsigned rows = lay_out(f);

	rac_html_put(h, "<div class=\"flame\" style=\"height:");
	rac_html_share(h, rows * ROW_HEIGHT, 10000);
	rac_html_put(h, "rem\">\n");
	for (size_t i = 0; i < f->count && !h->e.refused; i++) {
		const struct node *node = &f->nodes[f->order[i]];

		if (node->value < whole / NARROWEST)
			hidden++;
		else
			put_node(h, node, whole);
	}
	rac_html_put(h, "</div>\n<p class=\"detail\" aria-live=\"polite\"></p>\n");
	if (hidden == 0)
		return;
	rac_html_put(h, "<p class=\"soft\">");
	rac_html_number(h, hidden);
	rac_html_put(h, " boxes of less than a thousandth are not drawn.</p>\n");
}

/* Nodes have room for all frames of the report. */
static void put_place(struct rac_html *h, struct flame *f, size_t place, enum rac_value value)
{
	f->known = (struct rac_intern){.compare = compare_nodes};
	f->count = 1;
	f->nodes[0] =
		(struct node){.frame = &h->stacks.place_frames[place], .colour = COLOUR_UNSEEN};
	for (size_t i = 0; i < h->stacks.count; i++)
		if (h->stacks.stacks[i].place == place)
			add_stack(h, f, i, value);
	if (f->nodes[0].value > 0 && !f->known.failed)
		draw(h, f);
	h->failed = h->failed || f->known.failed;
	rac_intern_free(&f->known);
}

void rac_html_flame(struct rac_html *h, enum rac_value value)
{
	struct flame f = {.count = 0};
	size_t nodes = 2;

	if (rac_stacks_sum(&h->stacks, value, RAC_ALL_PLACES) == 0) {
		rac_html_put(h, "<p>Nothing.</p>\n");
		return;
	}
	for (size_t i = 0; i < h->stacks.count; i++) {
		size_t frames = h->stacks.stacks[i].frame_count;

		nodes += 1 + (frames < ROWS_MOST ? frames : ROWS_MOST);
	}
	f.nodes = calloc(nodes, sizeof(*f.nodes));
	f.order = calloc(nodes, sizeof(*f.order));
	rac_html_put(h,
		"<p class=\"soft\">Each box is a function, below it what it called; the width is the"
		" memory, the colour the module that took it, none where there are several."
		"</p>\n");
	for (size_t i = 0; f.nodes != NULL && f.order != NULL && i < h->stacks.place_count; i++)
		put_place(h, &f, i, value);
	h->failed = h->failed || f.nodes == NULL || f.order == NULL;
	free(f.nodes);
	free(f.order);
}

void rac_html_flame_peak(struct rac_html *h)
{
	rac_html_flame(h, RAC_VALUE_PEAK_BYTES);
}

void rac_html_flame_end(struct rac_html *h)
{
	rac_html_flame(h, RAC_VALUE_LIVE_BYTES);
}

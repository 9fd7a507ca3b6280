/*
 * An ordered map of address ranges (a treap): finds the range around an address in logarithmic time. Ranges
 * do not overlap. It owns nothing; callers hold the driver's lock.
 */
#include "sim.h"

static uint32_t next_priority(void)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

/* Splits a tree into what begins before `start` and what does not. */
static void split(
	struct sim_range *tree, uint64_t start, struct sim_range **low, struct sim_range **high)
{
	while (tree) {
		if (tree->start < start) {
			*low = tree;
			low = &tree->right;
			tree = tree->right;
		} else {
			*high = tree;
			high = &tree->left;
			tree = tree->left;
		}
	}
	*low = *high = NULL;
}

void sim_range_insert(struct sim_range **root, struct sim_range *range)
{
	range->priority = next_priority();
	while (*root && (*root)->priority >= range->priority)
		root = range->start < (*root)->start ? &(*root)->left : &(*root)->right;
	split(*root, range->start, &range->left, &range->right);
	*root = range;
}

void sim_range_remove(struct sim_range **root, struct sim_range *range)
{
	struct sim_range *low = range->left, *high = range->right;

	while (*root != range)
		root = range->start < (*root)->start ? &(*root)->left : &(*root)->right;
	while (low && high) {
		if (low->priority >= high->priority) {
			*root = low;
			root = &low->right;
			low = low->right;
		} else {
			*root = high;
			root = &high->left;
			high = high->left;
		}
	}
	*root = low ? low : high;
}

static struct sim_range *at_or_before(struct sim_range *tree, uint64_t address)
{
	struct sim_range *best = NULL;

	while (tree) {
		if (tree->start <= address) {
			best = tree;
			tree = tree->right;
		} else {
			tree = tree->left;
		}
	}
	return best;
}

struct sim_range *sim_range_find(struct sim_range *root, uint64_t address)
{
	struct sim_range *range = at_or_before(root, address);

	return range && address - range->start < range->size ? range : NULL;
}

bool sim_range_overlaps(struct sim_range *root, uint64_t start, uint64_t size)
{
	struct sim_range *last = size ? at_or_before(root, start + size - 1) : NULL;

	return last && last->start + last->size > start;
}

int sim_range_walk(struct sim_range *root, int (*visit)(struct sim_range *, void *), void *argument)
{
	struct sim_range *right;
	int result;

	if (!root)
		return 0;
	right = root->right;
	result = sim_range_walk(root->left, visit, argument);
	if (!result)
		result = visit(root, argument);
	return result ? result : sim_range_walk(right, visit, argument);
}

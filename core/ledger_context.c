/*
 * ledger_context.c - takes all entries of a context out of the ledger around a driver call that ends
 * the context; single entries are ledger.c's.
 *
 * No list of them is kept, for there may be millions: the slots themselves say that they are doomed,
 * and a second walk drops or restores them. Two threads that end one context at once would be a
 * fault of the program; each doomed slot is still dropped once.
 */
#include "ledger_parts.h"

/* Calls change for each slot of the ledger. */
static void each_slot(struct rac_ledger *l,
	void (*change)(struct rac_ledger *l, unsigned level, struct rac_ledger_bucket *bucket,
		unsigned slot, void *context),
	void *context)
{
	unsigned count = level_count(l);

	for (unsigned level = 0; level < count; level++) {
		struct rac_ledger_bucket *buckets =
			atomic_load_explicit(&l->levels[level], memory_order_relaxed);

		for (uint64_t b = 0; b < level_buckets(level); b++)
			for (unsigned slot = 0; slot < SLOTS; slot++)
				change(l, level, &buckets[b], slot, context);
	}
}

struct ending {
	uint16_t context;
	void (*visit)(void *context, const struct rac_entry *entry);
	void *visitor;
};

static void doom_slot(struct rac_ledger *l, unsigned level, struct rac_ledger_bucket *bucket,
	unsigned slot, void *context)
{
	const struct ending *ending = context;
	struct rac_entry entry;

	(void)l;
	(void)level;
	if (!read_slot(bucket, slot, &entry) || entry.context != ending->context)
		return;
	uint64_t key = key_of(entry.space, entry.value);

	/* Fails when somebody takes it meanwhile: then it is his to drop or restore. */
	if (!rac_cas_strong_acquire(&bucket->keys[slot], &key, KEY_DOOMED(entry.value)))
		return;
	/* The address may have gone and come back, under another context, between look and step. */
	unpack(bucket, slot, key, &entry);
	if (entry.context != ending->context) {
		uint64_t doomed = KEY_DOOMED(entry.value);

		rac_cas_strong_acq_rel(&bucket->keys[slot], &doomed, key);
	}
}

void rac_ledger_doom(struct rac_ledger *l, uint16_t context)
{
	struct ending ending = {.context = context};

	each_slot(l, doom_slot, &ending);
}

/* Copies a slot that is doomed with this context; only the thread that doomed it changes it. */
static bool read_doomed(const struct rac_ledger_bucket *bucket, unsigned slot, uint16_t context,
	struct rac_entry *out)
{
	uint64_t key = rac_load_acquire(&bucket->keys[slot]);

	if (key >> SPACE_SHIFT != 13)
		return false;
	unpack(bucket, slot, key, out);
	return out->context == context;
}

static void drop_slot(struct rac_ledger *l, unsigned level, struct rac_ledger_bucket *bucket,
	unsigned slot, void *context)
{
	const struct ending *ending = context;
	struct rac_entry entry;

	if (!read_doomed(bucket, slot, ending->context, &entry))
		return;
	uint64_t doomed = KEY_DOOMED(entry.value);

	/* Fails when its owner frees it just now. */
	if (!rac_cas_strong_acq_rel(&bucket->keys[slot], &doomed, KEY_CLAIMED))
		return;
	/* A call that is giving back a counted entry finds that there is none any more. */
	rac_store_relaxed(&bucket->extras[slot], 0);
	rac_store_release(&bucket->keys[slot], KEY_EMPTY);
	uint64_t hash = spread(key_of(entry.space, entry.value));

	forget(l, level, bucket, home_in(l, level, hash), hash);
	ending->visit(ending->visitor, &entry);
}

void rac_ledger_drop_doomed(struct rac_ledger *l, uint16_t context,
	void (*visit)(void *context, const struct rac_entry *entry), void *visitor)
{
	struct ending ending = {context, visit, visitor};

	each_slot(l, drop_slot, &ending);
}

static void restore_slot(struct rac_ledger *l, unsigned level, struct rac_ledger_bucket *bucket,
	unsigned slot, void *context)
{
	const struct ending *ending = context;
	struct rac_entry entry;

	(void)l;
	(void)level;
	if (!read_doomed(bucket, slot, ending->context, &entry))
		return;
	uint64_t doomed = KEY_DOOMED(entry.value);

	rac_cas_strong_acq_rel(&bucket->keys[slot], &doomed, key_of(entry.space, entry.value));
}

void rac_ledger_restore_doomed(struct rac_ledger *l, uint16_t context)
{
	struct ending ending = {.context = context};

	each_slot(l, restore_slot, &ending);
}

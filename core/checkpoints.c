/*
 * checkpoints.c - see checkpoints.h.
 *
 * Orders. A checkpoint's fields are stored before the count, which is stored with release: who reads the count
 * with acquire finds them. Marks of a site are counters of one writer, which publish nothing: relaxed.
 */
#include "checkpoints.h"

#include <string.h>

/* In rac_site.mark_rises: whether it ever held less than the most, which checkpoint it rose at last, how often. */
#define FELL       (UINT64_C(1) << 63)
#define LAST_SHIFT 24
#define RISES_MASK ((UINT64_C(1) << LAST_SHIFT) - 1)
#define LAST_MASK  ((UINT64_C(1) << 39) - 1)

#define RISES_LEAST 3

static size_t slot_of(uint64_t number)
{
	return number == 0 ? 0 : 1 + (size_t)((number - 1) % (RAC_CHECKPOINTS_KEPT - 1));
}

static bool mark(void *context, uint32_t id, const struct rac_site *seen)
{
	/* The table is ours to write: it was handed in as such. */
	struct rac_site *site = (struct rac_site *)(uintptr_t)seen;
	uint64_t number = *(const uint64_t *)context;
	uint64_t live = rac_site_held(site), most = rac_load_relaxed(&site->mark_most);
	uint64_t rises = rac_load_relaxed(&site->mark_rises);

	(void)id;
	if (number == 0) {
		rac_store_relaxed(&site->mark_first, live);
		rac_store_relaxed(&site->mark_most, live);
		return true;
	}
	if (live < most) {
		rac_store_relaxed(&site->mark_rises, rises | FELL);
	} else if (live > most) {
		uint64_t count = rises & RISES_MASK;

		count += count < RISES_MASK;
		rac_store_relaxed(&site->mark_most, live);
		rac_store_relaxed(&site->mark_rises,
			(rises & FELL) | (number & LAST_MASK) << LAST_SHIFT | count);
	}
	return true;
}

void rac_checkpoint_put(struct rac_checkpoints *c, const struct rac_report_checkpoint *checkpoint)
{
	struct rac_checkpoint *to = &c->kept[slot_of(checkpoint->number)];
	size_t n = strnlen(checkpoint->name, sizeof(to->name) - 1);

	memset(to->name, 0, sizeof(to->name));
	memcpy(to->name, checkpoint->name, n);
	rac_store_relaxed(&to->at_ns, checkpoint->at_ns);
	rac_store_relaxed(&to->live_bytes, checkpoint->live_bytes);
	rac_store_release(&c->count, checkpoint->number + 1);
}

bool rac_checkpoint_make(struct rac_checkpoints *c, struct rac_sites *sites, uint64_t before,
	const struct rac_report_checkpoint *checkpoint)
{
	/* Acquire and release around it: the next maker finds what this one wrote. */
	if (rac_exchange_acq_rel(&c->busy, 1) != 0)
		return false;
	uint64_t number = rac_load_relaxed(&c->count);

	if (number < before)
		number = before;
	struct rac_report_checkpoint numbered = *checkpoint;

	numbered.number = number;
	rac_sites_each(sites, mark, &number);
	rac_checkpoint_put(c, &numbered);
	rac_store_release(&c->busy, 0);
	return true;
}

uint64_t rac_checkpoints_count(const struct rac_checkpoints *c)
{
	return c != NULL ? rac_load_acquire(&c->count) : 0;
}

size_t rac_checkpoints_kept(const struct rac_checkpoints *c)
{
	uint64_t count = rac_checkpoints_count(c);

	return (size_t)(count < RAC_CHECKPOINTS_KEPT ? count : RAC_CHECKPOINTS_KEPT);
}

void rac_checkpoint_read(
	const struct rac_checkpoints *c, size_t i, struct rac_report_checkpoint *out)
{
	uint64_t count = rac_load_acquire(&c->count), number = i;

	if (count > RAC_CHECKPOINTS_KEPT && i > 0)
		number = count - RAC_CHECKPOINTS_KEPT + i;
	const struct rac_checkpoint *from = &c->kept[slot_of(number)];

	*out = (struct rac_report_checkpoint){
		.number = number,
		.name = memchr(from->name, '\0', sizeof(from->name)) != NULL ? from->name : "",
		.at_ns = rac_load_relaxed(&from->at_ns),
		.live_bytes = rac_load_relaxed(&from->live_bytes),
	};
}

enum rac_trend rac_site_trend(
	const struct rac_site_marks *marks, uint64_t live_bytes, uint64_t count)
{
	uint64_t rises = marks->rises & RISES_MASK;
	uint64_t last = marks->rises >> LAST_SHIFT & LAST_MASK;
	bool fell = (marks->rises & FELL) != 0;

	if (count == 0)
		return RAC_TREND_UNKNOWN;
	if (marks->first > 0 && marks->most == marks->first && live_bytes <= marks->first)
		return live_bytes > 0 ? RAC_TREND_SETTLED : RAC_TREND_UNKNOWN;
	if (rises >= RISES_LEAST && last >= count / 2 && (!fell || rises >= (count - 1) / 2))
		return RAC_TREND_GROWS;
	return RAC_TREND_UNKNOWN;
}

/*
 * checkpoints.h - moments that the program names, and what each site held at them: from that growth is told from
 * noise. What is done about it is verdict.h's.
 *
 * A site keeps three words, however many checkpoints there are: what it held at the first, the most that it held at
 * any, and how often that rose. A rise is a checkpoint at which it held more than at all before.
 *
 *	settled		it held something at the first checkpoint, and never more at a later one, nor now
 *	grows		it rose at 3 checkpoints or more, the last time in the later half of them, and either never
 *			held less than before or rose at half of them or more
 *
 * So a cache that fills and then stays, a place that goes up and down, and one that rose once do not grow; what leaks
 * a little at each tenth step does. The first checkpoint is what later ones are compared with, so the warm-up belongs
 * before it.
 *
 * Any thread may make a checkpoint while all others take and give memory: each site's figure is exact at some instant
 * during the call. Two at once are one.
 */
#ifndef RAC_CHECKPOINTS_H
#define RAC_CHECKPOINTS_H

#include "atomics.h"
#include "report.h"
#include "sites.h"

#define RAC_CHECKPOINTS_KEPT    128 /* the first and the newest; all are counted */
#define RAC_CHECKPOINT_NAME_MAX 48  /* bytes, NUL included */

struct rac_checkpoint {
	rac_atomic_u64 at_ns;      /* since the process started */
	rac_atomic_u64 live_bytes; /* on all devices */
	char name[RAC_CHECKPOINT_NAME_MAX];
};

/* Lies in the record. All zeros: none was made. */
struct rac_checkpoints {
	rac_atomic_u64 count;
	rac_atomic_u32 busy, unused;
	struct rac_checkpoint kept[RAC_CHECKPOINTS_KEPT];
};

/*
 * Makes one. `before`: how many there were before memory was ever asked for. False: another thread was making one
 * at this moment.
 */
bool rac_checkpoint_make(struct rac_checkpoints *c, struct rac_sites *sites, uint64_t before,
	const struct rac_report_checkpoint *checkpoint);

/* Puts one in its place, by its number; it is the newest. */
void rac_checkpoint_put(struct rac_checkpoints *c, const struct rac_report_checkpoint *checkpoint);

/* How many there were, and how many of them are kept, the table being perhaps a copy of foreign bytes. */
uint64_t rac_checkpoints_count(const struct rac_checkpoints *c);
size_t rac_checkpoints_kept(const struct rac_checkpoints *c);

/* The i-th of those that are kept, in the order of time; `name` borrows from the table. */
void rac_checkpoint_read(
	const struct rac_checkpoints *c, size_t i, struct rac_report_checkpoint *out);

/* How a site went, which holds so much now. */
enum rac_trend rac_site_trend(
	const struct rac_site_marks *marks, uint64_t live_bytes, uint64_t count);

#endif

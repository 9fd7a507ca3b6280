/*
 * defect_words.c - see defect_words.h.
 */
#include "defect_words.h"

#include "conditions.h"
#include "report_frames.h"
#include "site_words.h"
#include "text.h"
#include <stdio.h>
#include <string.h>

#define MESSAGE_BYTES (4 * RAC_CLEAN_MOST)

static void put_count(struct rac_text *t, uint64_t n, const char *one)
{
	rac_text_u64(t, n);
	rac_text_string(t, " ");
	rac_text_string(t, one);
	if (n != 1)
		rac_text_string(t, one[strlen(one) - 1] == 's' ? "es" : "s");
}

static void place_program(
	struct rac_defects *all, struct rac_defect *d, const struct rac_report *report)
{
	const char *path = rac_clean(&all->cleaner, report->process.executable);
	char found[PATH_MAX];

	d->program = path[0] != '\0' ? rac_base_name(path) : "program";
	d->file = path[0] == '/' && rac_source_root_find(&all->root, path, found)
		? rac_pool_text(&all->pool, found)
		: d->program;
}

/* The innermost frame that whoever reads the finding can open. */
static void place_frame(struct rac_defects *all, struct rac_defect *d)
{
	const struct rac_report_frame *place = rac_site_place(d->site);
	char found[PATH_MAX];

	d->function = place != NULL && d->frame_count > 0
		? d->frames[place - d->site->frames].function
		: "";
	for (size_t i = 0; i < d->frame_count; i++) {
		const struct rac_report_frame *f = &d->frames[i];

		if (f->file[0] == '\0' || f->line == 0 ||
			!rac_source_root_find(&all->root, f->file, found))
			continue;
		d->file = rac_pool_text(&all->pool, found);
		d->line = f->line;
		d->is_in_sources = true;
		d->function = f->function;
		return;
	}
}

static void clean_frames(struct rac_defects *all, struct rac_defect *d)
{
	const struct rac_report_site *site = d->site;
	struct rac_report_frame *frames =
		rac_pool_take(&all->pool, site->frame_count, sizeof(*frames));

	if (frames == NULL)
		return;
	for (size_t i = 0; i < site->frame_count; i++)
		frames[i] = (struct rac_report_frame){
			.module = rac_clean(&all->cleaner, site->frames[i].module),
			.build_id = rac_clean(&all->cleaner, site->frames[i].build_id),
			.offset = site->frames[i].offset,
			.function = rac_clean(&all->cleaner, site->frames[i].function),
			.file = rac_clean(&all->cleaner, site->frames[i].file),
			.line = site->frames[i].line,
			.language = rac_clean(&all->cleaner, site->frames[i].language),
		};
	d->frames = frames;
	d->frame_count = site->frame_count;
}

static void put_place(
	struct rac_text *t, const struct rac_defect *d, const char *api, const char *owner)
{
	if (api[0] != '\0') {
		rac_text_string(t, ": ");
		rac_text_string(t, api);
	}
	if (owner[0] != '\0') {
		rac_text_string(t, api[0] != '\0' ? " by " : ": ");
		rac_text_string(t, owner);
	}
	if (d->function[0] == '\0')
		return;
	rac_text_string(t, " in ");
	rac_text_string(t, d->function);
}

void rac_defect_describe_leak(struct rac_defects *all, struct rac_defect *d,
	const struct rac_report *report, size_t sites)
{
	char message[MESSAGE_BYTES];
	struct rac_text t;

	clean_frames(all, d);
	place_program(all, d, report);
	place_frame(all, d);
	rac_text_init(&t, message, sizeof(message));
	rac_text_size(&t, d->bytes);
	rac_text_string(&t, " in ");
	put_count(&t, d->count, "allocation");
	rac_text_string(&t, d->site->kind == RAC_KIND_PINNED ? " of pinned host memory" : "");
	rac_text_string(&t, " never freed");
	put_place(&t, d, rac_clean(&all->cleaner, d->site->api),
		rac_clean(&all->cleaner, d->site->owner));
	if (sites == 1 && d->site->kind != RAC_KIND_PINNED) {
		rac_text_string(&t, ", device ");
		rac_text_u64(&t, d->site->device);
	}
	if (d->processes > 1) {
		rac_text_string(&t, ", in ");
		put_count(&t, d->processes, "process");
	} else if (strcmp(rac_or_empty(d->site->owner), d->program) != 0) {
		rac_text_string(&t, ", in ");
		rac_text_string(&t, d->program);
	}
	d->message = rac_pool_text(&all->pool, message);
	d->title = d->site->kind == RAC_KIND_PINNED ? "pinned memory leak" : "GPU memory leak";
	d->fingerprint = rac_clean(&all->cleaner, d->site->id);
}

void rac_defect_describe_condition(
	struct rac_defects *all, struct rac_defect *d, const struct rac_report *report)
{
	const char *condition = rac_clean(&all->cleaner, d->condition->condition);
	char message[MESSAGE_BYTES];
	struct rac_text t;

	place_program(all, d, report);
	rac_text_init(&t, message, sizeof(message));
	rac_text_string(&t, condition);
	rac_text_string(&t, d->condition->failed ? " failed: " : " was not judged: ");
	if (!d->condition->failed)
		rac_text_string(&t, rac_clean(&all->cleaner, d->condition->unjudged));
	else if (rac_condition_unit(d->condition->condition) == RAC_CONDITION_BYTES)
		rac_text_size(&t, d->condition->value);
	else
		rac_text_u64(&t, d->condition->value);
	rac_text_string(&t, ", in ");
	rac_text_string(&t, d->program);
	d->message = rac_pool_text(&all->pool, message);
	rac_text_clear(&t);
	rac_text_string(&t, condition);
	rac_text_string(&t, d->condition->failed ? " failed" : " was not judged");
	d->title = rac_pool_text(&all->pool, message);
	rac_text_clear(&t);
	rac_text_string(&t, "condition-");
	rac_text_string(&t, condition);
	d->fingerprint = rac_pool_text(&all->pool, message);
}

void rac_defect_number(struct rac_defects *all)
{
	char numbered[RAC_CLEAN_MOST + 32];
	const char *before = NULL;
	unsigned long nth = 1;

	for (size_t i = 0; i < all->count; i++) {
		struct rac_defect *d = &all->list[i];
		const char *own = d->fingerprint;

		nth = before != NULL && strcmp(before, own) == 0 ? nth + 1 : 1;
		before = own;
		if (nth == 1)
			continue;
		snprintf(numbered, sizeof(numbered), "%s-%lu", own, nth);
		d->fingerprint = rac_pool_text(&all->pool, numbered);
	}
}

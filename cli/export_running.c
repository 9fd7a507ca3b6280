/*
 * export_running.c - gathers the reports of the processes that run now.
 */
#include "export_running.h"

#include "site_words.h"
#include "top.h"
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *user_name(struct rac_running *r, uid_t uid)
{
	const struct passwd *entry = getpwuid(uid);
	char number[32];

	if (entry != NULL)
		return rac_pool_text(&r->pool, entry->pw_name);
	snprintf(number, sizeof(number), "%lu", (unsigned long)uid);
	return rac_pool_text(&r->pool, number);
}

static bool make_room(struct rac_running *r)
{
	size_t room = r->room > 0 ? 2 * r->room : 64;

	if (r->count < r->room)
		return true;
	struct rac_loaded *reports = realloc(r->reports, room * sizeof(*reports));

	if (reports != NULL)
		r->reports = reports;
	const char **users = realloc(r->users, room * sizeof(*users));

	if (users != NULL)
		r->users = users;
	if (reports == NULL || users == NULL)
		return false;
	r->room = room;
	return true;
}

/* What labels tell processes apart by. */
static bool is_alike(const struct rac_report_process *a, const struct rac_report_process *b)
{
	return a->pid == b->pid && strcmp(rac_or_empty(a->host), rac_or_empty(b->host)) == 0 &&
		strcmp(rac_base_name(rac_or_empty(a->executable)),
			rac_base_name(rac_or_empty(b->executable))) == 0 &&
		strcmp(rac_or_empty(a->rank), rac_or_empty(b->rank)) == 0;
}

static bool is_new(struct rac_running *r, const struct rac_report_process *process)
{
	for (size_t i = 0; i < r->count; i++)
		if (is_alike(&r->reports[i].report.process, process))
			return false;
	return true;
}

static void add(void *context, struct rac_opened *o, uid_t uid)
{
	struct rac_running *r = context;
	struct rac_complaint why = {""};

	if (!make_room(r)) {
		r->failed = true;
		rac_record_close(o);
		return;
	}
	struct rac_loaded *report = &r->reports[r->count];

	if (!rac_report_load_opened(o, "a process that runs", report, &why)) {
		r->unreadable++;
		return;
	}
	bool runs = report->report.process.end == RAC_END_RUNNING;

	if (runs && is_new(r, &report->report.process)) {
		r->users[r->count++] = user_name(r, uid);
		return;
	}
	r->alike += runs;
	rac_report_unload(report);
}

bool rac_running_find(struct rac_running *out, const char *status_folder, struct rac_complaint *c)
{
	struct rac_top top = {.status_folder = status_folder, .found = add, .context = out};

	*out = (struct rac_running){0};
	rac_top_take(&top, NULL);
	rac_top_free(&top);
	if (!out->failed && !out->pool.failed)
		return true;
	rac_running_free(out);
	return rac_complain(c, "no memory for the reports of the processes that run");
}

void rac_running_free(struct rac_running *running)
{
	for (size_t i = 0; i < running->count; i++)
		rac_report_unload(&running->reports[i]);
	free(running->reports);
	free(running->users);
	rac_pool_free(&running->pool);
	*running = (struct rac_running){0};
}

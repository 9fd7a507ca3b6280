/*
 * export_running.h - the reports of the processes that run now, for `rac export --running`; how they are found is
 * top.h's.
 */
#ifndef RAC_EXPORT_RUNNING_H
#define RAC_EXPORT_RUNNING_H

#include "report_load.h"

struct rac_running {
	struct rac_loaded *reports;
	const char **users; /* of each: a name, or a number where it has none */
	size_t count, room;
	size_t unreadable; /* that changed, or ended, while they were read */
	size_t alike;      /* left out: host, pid, program and rank are those of another */
	struct rac_pool pool;
	bool failed; /* no memory */
};

/* All but the killed ones, whose memory the driver has back. `status_folder` as rac_top_status_folder has it. */
bool rac_running_find(struct rac_running *out, const char *status_folder, struct rac_complaint *c);
void rac_running_free(struct rac_running *running);

#endif

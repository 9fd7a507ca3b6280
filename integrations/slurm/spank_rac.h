/*
 * spank_rac.h - what the parts of the plugin share: what plugstack.conf says, and the folder of a step's records.
 */
#ifndef RAC_SPANK_RAC_H
#define RAC_SPANK_RAC_H

#include "size_text.h"
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <slurm/spank.h>

/* The arguments of plugstack.conf, and what holds without them. */
struct rac_spank_config {
	char library[PATH_MAX];
	char command[PATH_MAX]; /* rac; "": there is none, and nobody collects */
	char records[PATH_MAX];
	const char *report;      /* RAC_REPORT where the user set none; NULL: none */
	struct rac_amount shard; /* what one shard is worth; RAC_AMOUNT_NONE: shards mean nothing */
};

/* False: it was said which argument is wrong. */
bool rac_spank_config_read(struct rac_spank_config *c, int ac, char **av);

/* Makes the folder for the records of this step, which belongs to the job's user. False: it was said why. */
bool rac_spank_records_begin(const struct rac_spank_config *c, spank_t spank);

/* Where the tasks begin, which is what a relative path of a report goes by. */
void rac_spank_records_here(void);

/* Makes the folder of this rank, in its task. `out`: RAC_RECORD for it. False: no records are kept. */
bool rac_spank_records_pattern(uint32_t rank, char out[PATH_MAX]);

/*
 * Has what processes of the rank left reported and removed, as the job's user, once its first process is gone.
 * `status` is how, as wait has it.
 */
void rac_spank_records_collect(
	struct rac_spank_config *c, spank_t spank, uint32_t rank, pid_t pid, int status);

/* The same for what all ranks left, whose processes are gone, and takes the folder away. */
void rac_spank_records_end(struct rac_spank_config *c, spank_t spank);

#endif

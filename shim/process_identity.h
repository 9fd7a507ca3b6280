/*
 * process_identity.h - tells this process from all others, also later and from elsewhere, for records that
 * others read; what it is called and runs is process_info.h's.
 */
#ifndef RAC_PROCESS_IDENTITY_H
#define RAC_PROCESS_IDENTITY_H

#include "record.h"

/* Fills in what tells the process and its record from others, as far as /proc says. errno is kept. */
void rac_process_identify(struct rac_record_header *out);

#endif

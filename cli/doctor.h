/*
 * doctor.h - the findings of `rac doctor`: what each check found and what to do about it. Checks change
 * nothing and start no program of the user's.
 */
#ifndef RAC_DOCTOR_H
#define RAC_DOCTOR_H

#include "settings.h"
#include <stdbool.h>
#include <stddef.h>

enum rac_finding_level {
	RAC_FINDING_OK,
	RAC_FINDING_NOTE,    /* works, with what is said */
	RAC_FINDING_PROBLEM, /* does not work */
};

#define RAC_FINDING_TEXT 1024
#define RAC_FINDINGS     64

struct rac_finding {
	const char *check; /* static; what was looked at, one word */
	enum rac_finding_level level;
	char what[RAC_FINDING_TEXT];
	char remedy[RAC_FINDING_TEXT]; /* "": nothing to do */
};

struct rac_findings {
	struct rac_finding list[RAC_FINDINGS];
	size_t count; /* more than there is room for are counted and not kept */
};

/* Adds a finding and returns it for rac_finding_remedy. Foreign bytes are made visible when printed. */
__attribute__((format(printf, 4, 5))) struct rac_finding *rac_finding_add(struct rac_findings *f,
	const char *check, enum rac_finding_level level, const char *format, ...);
__attribute__((format(printf, 2, 3))) void rac_finding_remedy(
	struct rac_finding *finding, const char *format, ...);

/* The checks, in the order in which they are shown. `library` is the shim's path, "" where not found. */
void rac_doctor_settings(struct rac_findings *f, struct rac_settings *settings);
void rac_doctor_library(struct rac_findings *f, char *library, size_t capacity);
void rac_doctor_preload(struct rac_findings *f, const char *library);
void rac_doctor_driver(struct rac_findings *f, const struct rac_settings *settings);
void rac_doctor_places(struct rac_findings *f);
void rac_doctor_symbols(struct rac_findings *f);
void rac_doctor_program(struct rac_findings *f, const char *command, const char *library);

#endif

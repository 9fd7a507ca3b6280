/*
 * rac_status.h - the one set of results that functions of librac_core return; it holds no data.
 */
#ifndef RAC_STATUS_H
#define RAC_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Status, name in messages, meaning. */
#define RAC_STATUS_LIST(X)                                                              \
	X(OK, "ok", "done")                                                             \
	X(OOM, "out of memory", "the request would pass the limit")                     \
	X(INVALID, "invalid argument", "an argument is outside its documented range")   \
	X(OVERFLOW, "overflow", "the result does not fit 64 bits")                      \
	X(UNKNOWN, "unknown", "nothing is recorded under that address, name or number") \
	X(FULL, "full", "the memory handed in is used up and could not grow")

enum rac_status {
#define X(id, name, meaning) RAC_##id,
	RAC_STATUS_LIST(X)
#undef X
};

/* The name of a status for messages; "unknown status" for a value outside the enum. Static storage. */
const char *rac_status_name(enum rac_status status);

#ifdef __cplusplus
}
#endif
#endif

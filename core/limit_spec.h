/*
 * limit_spec.h - the cap as a user wrote it: parses RAC_LIMIT and the variables of other systems
 * that stand in for it, and says what they mean for one device. It reads no environment and
 * enforces nothing.
 *
 *	limit  := entry { ("," | ";") entry }
 *	entry  := [ device "=" ] amount
 *	device := ordinal | UUID or the beginning of one ("GPU-...", "MIG-...") | "*"
 *
 * Amounts are those of size_text.h. "*" and no device at all mean the same: each device that has no
 * entry of its own. Two entries for one device are an error, also if they agree. White space around
 * tokens is fine.
 *
 * A spec lives in the caller's memory, holds no pointer, and may be read by any number of threads
 * while nobody adds to it. Units are bytes.
 */
#ifndef RAC_LIMIT_SPEC_H
#define RAC_LIMIT_SPEC_H

#include "rac_track.h"
#include "size_text.h"
#include "text.h"

#define RAC_LIMIT_ENTRIES_MAX 192
#define RAC_LIMIT_SOURCE_MAX  40

/*
 * Where a cap can come from, first come first served; without RAC_LIMIT the rest count, device by
 * device. Identifier, variable. What each accepts:
 *	RAC_LIMIT				the grammar above
 *	CUDA_DEVICE_MEMORY_LIMIT_<ordinal>	a size (HAMi)
 *	CUDA_DEVICE_MEMORY_LIMIT		a size, for every device
 *	CUDA_MPS_PINNED_DEVICE_MEM_LIMIT	"0=8G,1=512M": a device and a size in every entry
 *	NVIDIA_GPU_MEMORY_LIMIT			a whole number of MiB, for every device
 * In all but RAC_LIMIT a size of 0 says nothing, and the next source is asked.
 */
#define RAC_LIMIT_SOURCE_LIST(X)                    \
	X(RAC, "RAC_LIMIT")                         \
	X(HAMI_DEVICE, "CUDA_DEVICE_MEMORY_LIMIT_") \
	X(HAMI, "CUDA_DEVICE_MEMORY_LIMIT")         \
	X(MPS, "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT")  \
	X(NVIDIA, "NVIDIA_GPU_MEMORY_LIMIT")

enum rac_limit_source {
#define X(id, variable) RAC_LIMIT_FROM_##id,
	RAC_LIMIT_SOURCE_LIST(X)
#undef X
		RAC_LIMIT_SOURCES
};

enum rac_limit_target {
	RAC_LIMIT_FOR_REST,    /* every device without an entry of its own */
	RAC_LIMIT_FOR_ORDINAL, /* the program's own CUDA ordinal */
	RAC_LIMIT_FOR_UUID,    /* devices whose UUID begins with `uuid`, in any case */
};

struct rac_limit_entry {
	enum rac_limit_source source;
	enum rac_limit_target target;
	uint32_t ordinal;
	char uuid[RAC_UUID_TEXT_MAX];
	struct rac_amount amount;
};

struct rac_limit_spec {
	uint32_t count;
	struct rac_limit_entry entries[RAC_LIMIT_ENTRIES_MAX];
};

struct rac_limit_answer {
	uint64_t bytes;                    /* RAC_NO_LIMIT: no cap */
	char source[RAC_LIMIT_SOURCE_MAX]; /* the variable that decided, "" where none did */
};

/* An empty spec: no cap anywhere. */
void rac_limit_init(struct rac_limit_spec *spec);

/* Whether a variable of this name is a source. Sets *ordinal for CUDA_DEVICE_MEMORY_LIMIT_<n>. */
bool rac_limit_source_find(
	const char *name, size_t length, enum rac_limit_source *source, uint32_t *ordinal);

/*
 * Adds what the variable's value says. `ordinal` counts for RAC_LIMIT_FROM_HAMI_DEVICE only.
 * RAC_INVALID, RAC_OVERFLOW: not well-formed. RAC_FULL: too many entries. The spec is then as it
 * was before, and *why has the whole message, without a newline.
 */
enum rac_status rac_limit_add(struct rac_limit_spec *spec, enum rac_limit_source source,
	uint32_t ordinal, const char *value, size_t length, struct rac_text *why);

/*
 * The cap of one device. `uuid` may be NULL where it is not known, `total_bytes` 0 likewise.
 * RAC_UNKNOWN: the cap depends on just that, so there is no answer, and *why says which. Then no
 * allocation may pass.
 */
enum rac_status rac_limit_resolve(const struct rac_limit_spec *spec, uint32_t ordinal,
	const char *uuid, uint64_t total_bytes, struct rac_limit_answer *out, struct rac_text *why);

/*
 * Whether the entries fit the devices that the program sees, uuids[0] to uuids[count - 1] by
 * ordinal; NULL for a UUID that is not known. RAC_INVALID, with the message in *why:
 *	- a UUID prefix fits no device, or several;
 *	- two entries of one variable mean the same device;
 *	- an ordinal is not there, and a device that is there has no cap from anywhere. (With all
 *	  devices capped, an entry too many is harmless: one setting may serve several machines.)
 */
enum rac_status rac_limit_check(const struct rac_limit_spec *spec, const char *const uuids[],
	uint32_t count, struct rac_text *why);

#endif

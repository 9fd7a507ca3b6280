/*
 * model_config.h - access to the keys of a config.json, shared by the readers of the families; the
 * first key that is missing or wrong ends the reading.
 */
#ifndef RAC_MODEL_CONFIG_H
#define RAC_MODEL_CONFIG_H

#include "json.h"
#include "model_source.h"

struct rac_config {
	const struct rac_node *json;
	const char *name;
	struct rac_model_source *out;
	struct rac_complaint *c;
	bool failed;
};

/* The first of the keys, separated by '|', that is there and not null. */
const struct rac_node *rac_config_find(const struct rac_config *config, const char *keys);

/* A whole number; its absence is a complaint, or stands for `fallback`. */
uint64_t rac_config_need(struct rac_config *config, const char *keys);
uint64_t rac_config_want(struct rac_config *config, const char *keys, uint64_t fallback);
bool rac_config_flag(struct rac_config *config, const char *key, bool fallback);

/* Complains of a key and fails. */
void rac_config_refuse(struct rac_config *config, const char *key, const char *what);

/* What config.json files of one model_type have in common. */
struct rac_family {
	const char *model_type;
	unsigned has; /* RAC_FAMILY_... */
	uint64_t layer_norms;
	void (*read)(struct rac_config *config); /* what is special; comes after the common keys */
};

#define RAC_FAMILY_GATED        1u
#define RAC_FAMILY_TIED         2u /* unless the file says otherwise */
#define RAC_FAMILY_NORM_BIAS    4u
#define RAC_FAMILY_QKV_BIAS     8u
#define RAC_FAMILY_OUTPUT_BIAS  16u
#define RAC_FAMILY_FFN_BIAS     32u
#define RAC_FAMILY_HEAD_BIAS    64u
#define RAC_FAMILY_QK_NORM      128u
#define RAC_FAMILY_QK_NORM_FULL 256u
#define RAC_FAMILY_SHARED_GATE  512u

/* NULL: the type is not known. */
const struct rac_family *rac_family_find(const char *model_type);

/* The known types, separated by ", ". */
void rac_family_names(char *out, size_t capacity);

#endif

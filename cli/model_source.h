/*
 * model_source.h - what a file says about a model: its shape, its weights, or both. The readers
 * behind it trust nothing in the file; they say what is missing and guess nothing.
 */
#ifndef RAC_MODEL_SOURCE_H
#define RAC_MODEL_SOURCE_H

#include "complaint.h"
#include "rac_model.h"

#define RAC_MODEL_NOTES    8
#define RAC_MODEL_NOTE_MAX 200
#define RAC_MODEL_NAME_MAX 64

/* Borrows nothing from the file or its path. */
struct rac_model_source {
	char kind[RAC_MODEL_NAME_MAX]; /* "config.json of llama", for people */

	bool has_model; /* the shape is known; else only weights are */
	struct rac_model model;
	uint64_t max_context; /* 0: not said */
	bool inference_only;  /* the shape is good for a KV cache, not for counting parameters */

	bool has_dtype; /* of the weights as they are stored */
	enum rac_dtype dtype;

	uint64_t weight_bytes;      /* 0: not known, or from the shape only */
	uint64_t weight_parameters; /* likewise; an index may lack it */
	uint64_t tensors;

	/* What the estimate leaves out or takes for granted. */
	char notes[RAC_MODEL_NOTES][RAC_MODEL_NOTE_MAX];
	unsigned note_count;
};

/*
 * Reads a Hugging Face config.json or model.safetensors.index.json, the header of a .safetensors
 * file, or a GGUF file; which one it is shows from its first bytes, not its name. A directory means
 * its config.json. False: *c says why. No more than 64 MiB (a safetensors header: 100 MB) are kept
 * in memory, whatever lengths the file claims.
 */
bool rac_model_read(const char *path, struct rac_model_source *out, struct rac_complaint *c);

/* Adds a note; those that no longer have room are dropped. */
__attribute__((format(printf, 2, 3))) void rac_model_note(
	struct rac_model_source *source, const char *format, ...);

/*
 * The readers, for bytes in memory; `name` is what messages call the document. A GGUF file comes as
 * a stream, because nothing says how long its header is; its tensors are not read.
 */
struct rac_node;
bool rac_model_read_config(const struct rac_node *config, const char *name,
	struct rac_model_source *out, struct rac_complaint *c);
bool rac_model_read_index(const struct rac_node *index, const char *name,
	struct rac_model_source *out, struct rac_complaint *c);
bool rac_model_read_safetensors(const struct rac_node *header, const char *name,
	struct rac_model_source *out, struct rac_complaint *c);

/* A document in memory of either kind: a config or an index. */
bool rac_model_read_json(const char *bytes, size_t n, const char *name,
	struct rac_model_source *out, struct rac_complaint *c);

/* The n bytes behind the length of a safetensors header. */
bool rac_model_read_safetensors_bytes(const char *bytes, size_t n, const char *name,
	struct rac_model_source *out, struct rac_complaint *c);

/* Bytes that can be read once, from front to back; the caller owns it. */
struct rac_stream {
	/* Copies n bytes to `to`, or skips them when that is NULL; false: they are not there. */
	bool (*read)(void *context, void *to, uint64_t n);
	void *context;
	uint64_t left; /* bytes that are still to come */
};
bool rac_model_read_gguf(struct rac_stream *stream, const char *name, struct rac_model_source *out,
	struct rac_complaint *c);

#endif

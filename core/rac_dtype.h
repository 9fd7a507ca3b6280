/*
 * rac_dtype.h - the data types of tensors: their names, their true sizes and what is computed in
 * them. One table (dtype.def) is the source of the enum, the names, the parser and the sizes.
 *
 * A size is given as bits for a block of elements, because many types are smaller than a byte or
 * share a scale among a block. Bytes come from the whole: bits are added up first and rounded up to
 * a byte once. Types whose blocks never cross a row (ggml's, MX, NVFP4) pad each row, which is the
 * last dimension, to whole blocks; the others pad the tensor.
 *
 * Everything here is read-only and may be called by any number of threads.
 */
#ifndef RAC_DTYPE_H
#define RAC_DTYPE_H

#include "rac_status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rac_dtype {
#define RAC_DTYPE(id, ...) RAC_DTYPE_##id,
#include "dtype.def"
#undef RAC_DTYPE
	RAC_DTYPE_COUNT
};

enum rac_dtype_class {
	RAC_DTYPE_CLASS_FLOAT,
	RAC_DTYPE_CLASS_INTEGER,
	RAC_DTYPE_CLASS_BOOLEAN,
	RAC_DTYPE_CLASS_COMPLEX,
	RAC_DTYPE_CLASS_BLOCK, /* quantised values that share a scale */
};

/* What is padded to whole blocks. */
enum rac_dtype_padding {
	RAC_DTYPE_PADS_TENSOR,
	RAC_DTYPE_PADS_ROW,
};

struct rac_dtype_info {
	const char *name;
	const char *aliases; /* separated by spaces */
	uint32_t block_elements;
	uint32_t block_bits;
	enum rac_dtype_class kind;
	enum rac_dtype_padding padding;
	bool half;                  /* 16-bit float */
	bool trains;                /* weights are commonly trained in it: f16, bf16, f32 */
	enum rac_dtype accumulator; /* sums are kept in it */
	int gguf;                   /* type number in GGUF files, -1: none */
};

/* The row of a type; NULL for a value outside the enum. Static storage. */
const struct rac_dtype_info *rac_dtype_info(enum rac_dtype dtype);

/* The name of a type for messages; "unknown dtype" for a value outside the enum. Static storage. */
const char *rac_dtype_name(enum rac_dtype dtype);

/* Finds a type by name or alias, in any case. RAC_UNKNOWN: there is none; *out is left alone and
 * rac_dtype_names says which there are. */
enum rac_status rac_dtype_parse(const char *text, enum rac_dtype *out);

/* As rac_dtype_parse, by the type's number in a GGUF file. */
enum rac_status rac_dtype_from_gguf(uint32_t number, enum rac_dtype *out);

/*
 * Writes the names of all types, separated by ", ", and a NUL into `capacity` bytes; what does not
 * fit is cut off. Returns the length of the whole list without the NUL.
 */
size_t rac_dtype_names(char *out, size_t capacity);

/*
 * Bytes of `rows` rows of `columns` elements each, padded as the type demands; 0 when either is 0.
 * RAC_OVERFLOW: the result does not fit 64 bits; *bytes is then UINT64_MAX. RAC_INVALID: no such
 * type; *bytes is left alone.
 */
enum rac_status rac_dtype_bytes(
	enum rac_dtype dtype, uint64_t rows, uint64_t columns, uint64_t *bytes);

#ifdef __cplusplus
}
#endif
#endif

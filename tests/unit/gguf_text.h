/*
 * gguf_text.h - writes GGUF headers down piece by piece, right or wrong, and reads them from memory.
 */
#ifndef GGUF_TEXT_H
#define GGUF_TEXT_H

#include "model_text.h"

/* A GGUF file as it grows. */
struct gguf {
	unsigned char bytes[4096];
	size_t n;
};

static inline void put(struct gguf *g, uint64_t value, size_t bytes)
{
	cr_assert_leq(g->n + bytes, sizeof(g->bytes));
	for (size_t i = 0; i < bytes; i++)
		g->bytes[g->n++] = (unsigned char)(value >> 8 * i);
}

static inline void put_text(struct gguf *g, const char *text)
{
	put(g, strlen(text), 8);
	for (; *text != '\0'; text++)
		put(g, (unsigned char)*text, 1);
}

static inline void put_header(struct gguf *g, uint64_t tensors, uint64_t pairs)
{
	g->n = 0;
	put(g, 0x46554747, 4);
	put(g, 3, 4);
	put(g, tensors, 8);
	put(g, pairs, 8);
}

static inline void put_u32(struct gguf *g, const char *key, uint32_t value)
{
	put_text(g, key);
	put(g, 4, 4);
	put(g, value, 4);
}

static inline void put_tensor(struct gguf *g, uint64_t columns, uint64_t rows, uint32_t type)
{
	put_text(g, "blk.0.weight");
	put(g, 2, 4);
	put(g, columns, 8);
	put(g, rows, 8);
	put(g, type, 4);
	put(g, 0, 8);
}

struct memory {
	const unsigned char *at;
};

static inline bool read_memory(void *context, void *to, uint64_t n)
{
	struct memory *m = context;

	if (to != NULL)
		memcpy(to, m->at, n);
	m->at += n;
	return true;
}

static inline bool read_gguf(
	const struct gguf *g, struct rac_model_source *out, struct rac_complaint *c)
{
	struct memory memory = {g->bytes};
	struct rac_stream stream = {read_memory, &memory, g->n};

	memset(out, 0, sizeof(*out));
	c->text[0] = '\0';
	return rac_model_read_gguf(&stream, "a.gguf", out, c);
}

static inline void put_llama(struct gguf *g, uint64_t pairs)
{
	put_header(g, 2, 9 + pairs);
	put_text(g, "general.architecture");
	put(g, 8, 4);
	put_text(g, "llama");
	put_u32(g, "llama.block_count", 2);
	put_u32(g, "llama.embedding_length", 256);
	put_u32(g, "llama.feed_forward_length", 512);
	put_u32(g, "llama.attention.head_count", 4);
	put_u32(g, "llama.attention.head_count_kv", 2);
	put_u32(g, "llama.context_length", 4096);
	/* Skipped: strings in an array, whose number is that of the vocabulary; and a float. */
	put_text(g, "tokenizer.ggml.tokens");
	put(g, 9, 4);
	put(g, 8, 4);
	put(g, 3, 8);
	put_text(g, "a");
	put_text(g, "");
	put_text(g, "longer");
	put_text(g, "llama.rope.freq_base");
	put(g, 6, 4);
	put(g, 0, 4);
}

#endif

/*
 * fuzz_gguf.c - any bytes as a GGUF file. Built and run as fuzz_config.c says.
 */
#include "fuzz_model.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	const uint8_t *at;
	uint64_t left;
};

static bool read_memory(void *context, void *to, uint64_t n)
{
	struct memory *m = context;

	REQUIRE(n <= m->left);
	if (to != NULL)
		memcpy(to, m->at, n);
	m->at += n;
	m->left -= n;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rac_model_source source;
	struct memory memory = {data, size};
	struct rac_stream stream = {read_memory, &memory, size};
	struct rac_complaint c = {""};

	memset(&source, 0, sizeof(source));
	check_source(rac_model_read_gguf(&stream, "fuzz", &source, &c), &source, &c);
	return 0;
}

/*
 * fuzz_safetensors.c - any bytes as a .safetensors file, length and all: through a file, so that
 * what the length claims meets the true size. Built and run as fuzz_config.c says.
 */
#include "fuzz_model.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rac_model_source source;
	static int descriptor = -1;
	struct rac_complaint c = {""};
	char path[64];

	if (descriptor < 0)
		descriptor = memfd_create("fuzz", 0);
	REQUIRE(descriptor >= 0 && ftruncate(descriptor, 0) == 0);
	REQUIRE(pwrite(descriptor, data, size, 0) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	check_source(rac_model_read(path, &source, &c), &source, &c);

	/* The header alone, which mutations of the length would seldom reach. */
	memset(&source, 0, sizeof(source));
	c.text[0] = '\0';
	check_source(
		rac_model_read_safetensors_bytes((const char *)data, size, "fuzz", &source, &c),
		&source, &c);
	return 0;
}

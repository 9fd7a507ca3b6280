/*
 * fuzz_config.c - any bytes as a config.json or a safetensors index. For libFuzzer:
 *
 *	clang -g -O1 -fsanitize=fuzzer,address,undefined -DRAC_HAVE_JSON -D_GNU_SOURCE -Icore -Icli \
 *		tests/fuzz/fuzz_config.c cli/model_{config,families,file,gguf,safetensors}.c \
 *		cli/json.c cli/complaint.c core/dtype.c core/estimate_*.c core/text.c core/size_text.c \
 *		core/fault.c -ljson-c -o build/fuzz_config
 *	build/fuzz_config -max_total_time=600 CORPUS tests/data/models
 */
#include "fuzz_model.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rac_model_source source;
	struct rac_complaint c = {""};

	memset(&source, 0, sizeof(source));
	check_source(
		rac_model_read_json((const char *)data, size, "fuzz", &source, &c), &source, &c);
	return 0;
}

/*
 * python_probe.c - a library that tests load into an interpreter: it takes stacks as the shim does, and
 * hands them over as text, to be compared with what Python says of itself.
 */
#include "python_frames.h"
#include "stack_merge.h"
#include "unwind_stack.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define MODULES 512
#define TEXT    65536
#define FRAMES  128

#define EXPORT __attribute__((visibility("default")))

static struct rac_unwind *unwinder;
static struct rac_python *python;

struct stack {
	uint64_t native[FRAMES];
	uintptr_t places[FRAMES];
	struct rac_python_frame frames[FRAMES];
	struct rac_python_interpreter *in;
	unsigned native_count, count;
};

static void *map(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

__attribute__((constructor)) static void start(void)
{
	size_t bytes = rac_module_table_bytes(MODULES, TEXT);
	struct rac_code_modules *modules =
		rac_code_modules_init(map(rac_code_modules_bytes(MODULES)),
			rac_module_table_init(map(bytes), bytes, MODULES, TEXT));

	unwinder = rac_unwind_init(map(sizeof(*unwinder)), modules, true);
	python = rac_python_init(map(rac_python_bytes(MODULES)), modules);
}

static void take(struct stack *s)
{
	enum rac_unwind_end end;

	s->native_count = rac_unwind(unwinder, s->native, s->places, FRAMES, &end);
	s->count = rac_python_walk(python, s->native, s->native_count, s->frames, FRAMES, &s->in);
}

static size_t print_python(const struct stack *s, unsigned i, char *to, size_t most)
{
	const struct rac_python_frame *f = &s->frames[i];
	char name[1024], file[1024];
	size_t name_bytes = rac_python_text(s->in, f, RAC_PYTHON_FUNCTION, name, sizeof(name));
	size_t file_bytes = rac_python_text(s->in, f, RAC_PYTHON_FILE, file, sizeof(file));

	return (size_t)snprintf(to, most, "%.*s\t%u\t%.*s\t%016lx\n", (int)file_bytes, file,
		rac_python_line(s->in, f), (int)name_bytes, name, (unsigned long)f->key);
}

/* Lines of file, line, function and key, innermost first. */
EXPORT size_t probe_python(char *to, size_t most);
size_t probe_python(char *to, size_t most)
{
	struct stack s;
	size_t used = 0;

	take(&s);
	to[0] = '\0';
	for (unsigned i = 0; i < s.count && used < most; i++)
		used += print_python(&s, i, to + used, most - used);
	return s.count;
}

/* The same among native frames: a line of those is "native" and the function's name. */
EXPORT size_t probe_merged(char *to, size_t most);
size_t probe_merged(char *to, size_t most)
{
	struct stack s;
	uint16_t merged[2 * FRAMES];
	struct rac_frame_set carriers;
	size_t used = 0;
	unsigned count;

	take(&s);
	rac_stack_find_carriers(s.native, s.places, s.native_count, s.frames, s.count,
		s.in != NULL ? s.in->module : RAC_MODULE_UNKNOWN, &carriers);
	count = rac_stack_merge(
		s.places, s.native_count, &carriers, s.frames, s.count, merged, 2 * FRAMES);
	for (unsigned i = 0; i < count && used < most; i++) {
		Dl_info info = {0};

		if ((merged[i] & RAC_MERGED_PYTHON) != 0) {
			used += print_python(
				&s, merged[i] & ~RAC_MERGED_PYTHON, to + used, most - used);
			continue;
		}
		dladdr((void *)(rac_pc_address(s.native[merged[i]]) - 1), &info);
		used += (size_t)snprintf(to + used, most - used, "native\t%s\n",
			info.dli_sname != NULL ? info.dli_sname : "?");
	}
	return count;
}

/* Whether the interpreter is one that is not known. */
EXPORT int probe_unknown(void);
int probe_unknown(void)
{
	uint32_t version;

	return rac_python_is_unknown(python, &version);
}

/* Takes a stack with offsets that are wrong, as in an interpreter that is laid out in another way. */
EXPORT unsigned probe_spoilt(unsigned seed);
unsigned probe_spoilt(unsigned seed)
{
	struct stack s;
	struct rac_python_interpreter *in = &python->interpreters[0], good = *in;
	uint16_t *first = &in->layout.thread_frame, *last = &in->layout.bytes_start;
	uint64_t random = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;

	for (unsigned n = 1 + seed % 3; n > 0; n--) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		first[(random >> 33) % (uint64_t)(last - first + 1)] =
			(uint16_t)((random >> 50) % 40 * 8);
	}
	rac_store_relaxed(&in->proven, 0);
	rac_store_relaxed(&in->code_type, 0);
	rac_store_relaxed(&in->text_type, 0);
	rac_store_relaxed(&in->bytes_type, 0);
	take(&s);
	for (unsigned i = 0; i < s.count; i++) {
		char text[256];

		print_python(&s, i, text, sizeof(text));
	}
	*in = good;
	return s.count;
}

/* Nanoseconds of the processor for one stack: native frames alone, and with Python's. */
EXPORT double probe_time(int with_python);
double probe_time(int with_python)
{
	struct timespec begin, end;
	struct stack s;
	enum rac_unwind_end why;
	int times = 5000;

	take(&s);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	for (int i = 0; i < times; i++) {
		if (with_python != 0)
			take(&s);
		else
			rac_unwind(unwinder, s.native, s.places, FRAMES, &why);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
		times;
}

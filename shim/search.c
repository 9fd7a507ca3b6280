/*
 * search.c - see search.h; the list of what to look for is search_targets.c's.
 */
#include "search.h"

#include "code.h"
#include "maps.h"
#include "process_info.h"
#include "record_memory.h"
#include "references.h"
#include "report_modules.h"
#include "safe_read.h"
#include "search_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECONDS_MOST 10
#define CHUNK_BYTES  (64u << 10)
#define FRAMES       64

struct range {
	uintptr_t start, end;
};

struct search {
	struct rac_search_targets targets;
	uint64_t deadline_ns, searched_bytes;
	/* Of the stack that we are on, what lies below is not looked at; where it is UINTPTR_MAX, nothing of it. */
	uintptr_t stack_from;
	uintptr_t here;      /* somewhere on that stack */
	uintptr_t skip_word; /* 0: none */
	bool is_late;
	unsigned own_count;
	struct range own[RAC_RECORD_SEGMENTS + 4];
	struct rac_mapping mapping;
	char path[RAC_MAPS_PATH_MAX];
	int pages; /* /proc/self/pagemap, which says what was ever touched; -1: not to be had */
	uint64_t touched[CHUNK_BYTES / RAC_SAFE_PAGE];
	uint64_t chunk[CHUNK_BYTES / sizeof(uint64_t)];
};

static void add_own(struct search *s, const void *start, uint64_t bytes)
{
	if (s->own_count < sizeof(s->own) / sizeof(s->own[0]))
		s->own[s->own_count++] = (struct range){(uintptr_t)start, (uintptr_t)start + bytes};
}

/* What holds addresses because we wrote them there. Tables in a file are shared memory, which is not searched. */
static void list_own(struct rac_state *state, struct search *s)
{
	const struct rac_record_header *header = state->record.header;

	add_own(s, s, sizeof(*s));
	add_own(s, state, sizeof(*state));
	add_own(s, s->targets.list, s->targets.room * sizeof(*s->targets.list));
	if (state->record_file.head != NULL)
		return;
	for (unsigned i = 0; i < RAC_RECORD_SEGMENTS; i++) {
		const struct rac_record_segment *segment = &header->segments[i];
		/* Acquire: the rest of it was written before. */
		uint32_t kind = rac_load_acquire(&segment->kind);

		if (kind != 0 && kind != RAC_RECORD_CLAIMED)
			add_own(s,
				(const char *)header + (intptr_t)rac_load_relaxed(&segment->offset),
				rac_load_relaxed(&segment->bytes));
	}
}

static void look_at(struct search *s, uintptr_t at, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(uint64_t); i++)
		if (at + i * sizeof(uint64_t) != s->skip_word)
			rac_search_word(&s->targets, s->chunk[i]);
	s->searched_bytes += bytes;
}

/* What was never touched holds nothing, and reading would give it pages. Swapped memory was touched. */
static bool was_touched(struct search *s, uintptr_t from, size_t bytes)
{
	const uint64_t there = UINT64_C(3) << 62; /* present, swapped */
	size_t count = (from % RAC_SAFE_PAGE + bytes + RAC_SAFE_PAGE - 1) / RAC_SAFE_PAGE;
	size_t n = (count < CHUNK_BYTES / RAC_SAFE_PAGE ? count : CHUNK_BYTES / RAC_SAFE_PAGE) *
		sizeof(uint64_t);

	if (s->pages < 0 || sysconf(_SC_PAGESIZE) != RAC_SAFE_PAGE ||
		syscall(SYS_pread64, s->pages, s->touched, n,
			from / RAC_SAFE_PAGE * sizeof(uint64_t)) != (long)n)
		return true;
	for (size_t i = 0; i < n / sizeof(uint64_t); i++)
		if ((s->touched[i] & there) != 0)
			return true;
	/* A piece that does not begin with a page may reach into one more. */
	return n / sizeof(uint64_t) < count;
}

/* Pages that cannot be read are passed over. */
static void search_range(struct search *s, uintptr_t from, uintptr_t to)
{
	while (from < to && !s->is_late) {
		size_t n = to - from < CHUNK_BYTES ? to - from : CHUNK_BYTES;

		if (!was_touched(s, from, n)) {
			from += n;
			continue;
		}
		if (rac_safe_read(s->chunk, from, n)) {
			look_at(s, from, n);
		} else {
			for (size_t page = 0; page < n; page += RAC_SAFE_PAGE)
				if (rac_safe_read(s->chunk, from + page, RAC_SAFE_PAGE))
					look_at(s, from + page, RAC_SAFE_PAGE);
		}
		from += n;
		s->is_late = rac_monotonic_ns() > s->deadline_ns;
	}
}

/* CUDA's libraries, and this one, keep the addresses that they handed out last. */
static bool is_cuda(const struct rac_mapping *mapping, char path[RAC_MAPS_PATH_MAX])
{
	if (mapping->path_bytes == 0 || mapping->path_bytes >= RAC_MAPS_PATH_MAX)
		return false;
	memcpy(path, mapping->path, mapping->path_bytes);
	path[mapping->path_bytes] = '\0';
	return rac_module_is_cuda(path);
}

/* Cuts our own parts out. */
static bool search_mapping(void *context, const struct rac_mapping *mapping)
{
	struct search *s = context;
	uintptr_t start = mapping->start, end = mapping->end;

	if (is_cuda(mapping, s->path))
		return true;
	if (start <= s->here && s->here < end)
		start = s->stack_from < end ? s->stack_from & ~(uintptr_t)7 : end;
	while (start < end && !s->is_late) {
		uintptr_t until = end, next = end;

		for (unsigned i = 0; i < s->own_count; i++) {
			const struct range *own = &s->own[i];

			if (own->end <= start || own->start >= until)
				continue;
			until = own->start > start ? own->start : start;
			next = own->end;
		}
		search_range(s, start, until);
		start = next;
	}
	return !s->is_late;
}

/*
 * Where the stack of what still runs begins: behind our frames and, where the C library called us, behind its. If
 * main returned, nothing of the program is left there, and what was in its frame is not taken for a reference.
 */
static uintptr_t find_running(struct rac_state *state)
{
	struct rac_code *code = rac_code_of(state);
	uint64_t native[FRAMES];
	uintptr_t stack[FRAMES];
	enum rac_unwind_end end;
	unsigned count = 0, i = 0;

	if (code != NULL && code->unwind != NULL)
		count = rac_unwind(code->unwind, native, stack, FRAMES, &end);
	uint16_t libc = count > 0 ? rac_code_modules_find(code->modules, (uintptr_t)&sysconf)
				  : RAC_MODULE_UNKNOWN;

	while (libc != RAC_MODULE_UNKNOWN && i < count && rac_pc_module(native[i]) == libc)
		i++;
	return i > 0 ? stack[i - 1] : (uintptr_t)__builtin_frame_address(0);
}

static enum rac_search_state run(struct rac_state *state, struct search *s)
{
	list_own(state, s);
	s->here = (uintptr_t)__builtin_frame_address(0);
	s->deadline_ns = rac_monotonic_ns() + SECONDS_MOST * UINT64_C(1000000000);
	s->pages = (int)syscall(
		SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool is_listed = rac_maps_each_private(&s->mapping, search_mapping, s);

	if (s->pages >= 0)
		syscall(SYS_close, s->pages);
	if (!is_listed || (s->searched_bytes == 0 && !s->is_late))
		return RAC_SEARCH_UNREADABLE;
	return s->is_late ? RAC_SEARCH_TOO_LONG : RAC_SEARCH_DONE;
}

void rac_search_driver(struct rac_state *state, uint64_t address, uint64_t bytes, const void *out)
{
	struct rac_search_target one = {.start = address, .end = address + bytes};
	uint32_t none = 0;
	struct search *s;

	/* Relaxed: whoever comes second has nothing to do. */
	if (!atomic_compare_exchange_strong_explicit(
		    &state->search_begun, &none, 1, memory_order_relaxed, memory_order_relaxed))
		return;
	s = rac_record_memory_private(sizeof(*s));
	if (s == NULL)
		return;
	int saved = errno;

	s->targets = (struct rac_search_targets){
		.list = &one, .count = 1, .low = address, .high = one.end};
	s->skip_word = (uintptr_t)out;
	/* It is in our own frames, and perhaps where a runtime below the program has it. */
	s->stack_from = UINTPTR_MAX;
	if (run(state, s) == RAC_SEARCH_DONE)
		rac_store_relaxed(&state->driver_copies, one.exact + 1u);
	errno = saved;
	munmap(s, sizeof(*s));
}

static struct rac_references *make_table(struct rac_state *state, uint32_t sites)
{
	const struct rac_memory memory = rac_record_memory(state);
	struct rac_references *table;
	uint32_t slot;

	state->references_bytes =
		sizeof(*table) + (size_t)sites * sizeof(struct rac_site_references);
	table = memory.map(
		memory.context, RAC_SEGMENT_REFERENCES, 0, state->references_bytes, &slot);
	if (table != NULL)
		table->count = sites;
	return table;
}

static enum rac_search_state search(struct rac_state *state, struct rac_references *table)
{
	struct search *s = rac_record_memory_private(sizeof(*s));
	enum rac_search_state result = RAC_SEARCH_NO_MEMORY;

	if (s == NULL)
		return result;
	result = rac_search_list(state, &s->targets);
	if (result == RAC_SEARCH_DONE) {
		s->stack_from = find_running(state);
		result = run(state, s);
	}
	/* Relaxed: who counted them did so long ago. */
	uint32_t copies = rac_load_relaxed(&state->driver_copies);

	if (copies == 0 && s->targets.count > 0)
		result = RAC_SEARCH_NO_COPIES;
	table->driver_copies = copies > 0 ? copies - 1 : 0;
	if (result == RAC_SEARCH_DONE)
		rac_search_tell(&s->targets, table);
	table->searched_bytes = s->searched_bytes;
	rac_search_unlist(&s->targets);
	munmap(s, sizeof(*s));
	return result;
}

void rac_search(struct rac_state *state)
{
	if (!state->settings.references || state->settings.stacks == 0)
		return;
	/* An exec that failed has searched already; the record keeps one table. */
	if (state->references == NULL)
		state->references = make_table(state, rac_sites_bound(&state->sites));
	if (state->references == NULL)
		return;
	/* Release: who sees the state sees what was found. */
	rac_store_release(&state->references->state, search(state, state->references));
}

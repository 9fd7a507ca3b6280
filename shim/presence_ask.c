/*
 * presence_ask.c - answers the loader when it binds a reference to one of our exports; how it comes to ask
 * is in presence.c.
 *
 * Who asks it does not say. While this thread opens an object it is that one, or one that came with it,
 * and these see what the program was started with, what was opened for all, and what they need
 * themselves. At any other time it is a call that is bound as it is made: it leads to the real function
 * if there is one anywhere, and else to our wrapper, which says that there is none.
 */
#include "definer.h"
#include "driver.h"
#include "elf_references.h"
#include "libc_real.h"
#include "presence.h"
#include "presence_parts.h"
#include "reach.h"
#include <dlfcn.h>

/* What this thread is opening. */
static __thread struct {
	bool under_way;
	size_t loaded_before;
	unsigned long long unloaded_before;
} opening __attribute__((tls_model("initial-exec")));

/* Functions that each of the libraries has and that we do not stand in for. */
static const char *const others[] = {
	[RAC_HOOK_OF_DRIVER] = "cuDriverGetVersion",
	[RAC_HOOK_OF_RUNTIME] = "cudaRuntimeGetVersion",
	[RAC_HOOK_OF_NVML] = "nvmlSystemGetDriverVersion",
};

#define LIBRARIES (sizeof(others) / sizeof(others[0]))

static atomic_bool opened_globally;      /* something was opened for all: it may be CUDA */
static atomic_bool is_global[LIBRARIES]; /* it is in the scope of all */

/* Takes the loader's lock, so: only where the loader is about to take it anyway. */
static bool look_in_scope_of_all(enum rac_hook_library library)
{
	void *found = rac_libc_dlsym(RTLD_NEXT, others[library]);

	if (found == NULL)
		rac_libc_dlerror(); /* our failed look-up is not the program's */
	return found != NULL;
}

static void look_again(enum rac_hook_library library)
{
	/* Relaxed, here and below: a thread that misses what another opens meanwhile would miss it
	 * without us, too. */
	if (!atomic_load_explicit(&is_global[library], memory_order_relaxed) &&
		look_in_scope_of_all(library))
		atomic_store_explicit(&is_global[library], true, memory_order_relaxed);
}

void rac_presence_note_opening(bool global)
{
	if (atomic_load_explicit(&opened_globally, memory_order_relaxed)) {
		look_again(RAC_HOOK_OF_DRIVER);
		look_again(RAC_HOOK_OF_RUNTIME);
		look_again(RAC_HOOK_OF_NVML);
	}
	if (global)
		atomic_store_explicit(&opened_globally, true, memory_order_relaxed);
	rac_object_counts(&opening.loaded_before, &opening.unloaded_before);
	opening.under_way = true;
}

void rac_presence_note_opened(void)
{
	opening.under_way = false;
}

enum where { ANYWHERE, AT_START, IN_REACH };

struct search {
	const char *name;
	uint32_t hash;
	enum where where;
	const struct rac_reach *reach;
	bool any_object; /* not the real library alone */
	bool past_ourselves;
	uintptr_t function;
};

static bool visit_object(void *context, const struct rac_object *object)
{
	struct search *search = context;
	uint32_t symbol;

	if (!search->past_ourselves) {
		search->past_ourselves = rac_object_is_ours(object);
		return true;
	}
	if (search->where != ANYWHERE && !rac_definer_is_at_start(object) &&
		!(search->where == IN_REACH && rac_reach_holds(search->reach, object)))
		return true;
	if (!search->any_object && !rac_presence_is_of(object, rac_presence_library(search->name)))
		return true;
	search->function = rac_object_function_hashed(object, search->name, search->hash, &symbol);
	return search->function == 0;
}

static uintptr_t find_within(
	const char *name, enum where where, const struct rac_reach *reach, bool any_object)
{
	struct search search = {.name = name,
		.hash = rac_symbol_hash(name),
		.where = where,
		.reach = reach,
		.any_object = any_object};

	rac_object_each(visit_object, &search);
	return search.function;
}

static uintptr_t find(const char *name, enum where where)
{
	return find_within(name, where, NULL, false);
}

bool rac_presence_is_at_start(const char *name)
{
	return find(name, AT_START) != 0;
}

bool rac_presence_is_global(enum rac_hook hook)
{
	return rac_presence_is_at_start(rac_hook_name(hook)) ||
		look_in_scope_of_all(rac_hook_library(hook));
}

struct request {
	const char *name;
	enum rac_asking asking;
};

static bool note_request(void *context, const struct rac_object *object)
{
	struct request *request = context;

	if (object->position < opening.loaded_before)
		return true;
	enum rac_asking asking = rac_object_asks(object, request->name);

	if (asking > request->asking)
		request->asking = asking;
	return request->asking != RAC_ASKS;
}

/* Whether what is being opened asks for it, and would do without. */
static bool may_stay_empty(const char *name)
{
	struct request request = {.name = name};

	rac_object_each(note_request, &request);
	return request.asking == RAC_ASKS_WEAKLY;
}

static void *decide_within(const char *name, void *wrapper, const struct rac_reach *reach)
{
	if (find_within(name, IN_REACH, reach, false) != 0 ||
		atomic_load_explicit(&is_global[rac_presence_library(name)], memory_order_relaxed))
		return wrapper;
	/* A library may have functions of its own by these names. */
	uintptr_t own = find_within(name, IN_REACH, reach, true);

	if (own != 0)
		return (void *)own;
	return may_stay_empty(name) ? NULL : wrapper;
}

/* An object asks many times. What it reaches is kept for the thread that asked last; not per thread, whose
 * stack may be small. */
static struct {
	atomic_flag busy;
	const void *thread;
	size_t loaded_before;
	unsigned long long unloaded_before;
	struct rac_reach reach;
} kept = {.busy = ATOMIC_FLAG_INIT};

static void *decide_while_opening(const char *name, void *wrapper)
{
	struct rac_reach reach;

	if (atomic_flag_test_and_set_explicit(&kept.busy, memory_order_acquire)) {
		rac_reach_from(&reach, opening.loaded_before);
		return decide_within(name, wrapper, &reach);
	}
	if (kept.thread != &opening || kept.loaded_before != opening.loaded_before ||
		kept.unloaded_before != opening.unloaded_before) {
		rac_reach_from(&kept.reach, opening.loaded_before);
		kept.thread = &opening;
		kept.loaded_before = opening.loaded_before;
		kept.unloaded_before = opening.unloaded_before;
	}
	void *answer = decide_within(name, wrapper, &kept.reach);

	atomic_flag_clear_explicit(&kept.busy, memory_order_release);
	return answer;
}

static void *decide_at_call(const char *name, void *wrapper)
{
	uintptr_t own = find(name, ANYWHERE) == 0 ? rac_definer_find(NULL, name) : 0;

	return own != 0 ? (void *)own : wrapper;
}

void *rac_presence_decide(const char *name, void *wrapper)
{
	size_t loaded;
	unsigned long long unloaded;

	if (!opening.under_way)
		return decide_at_call(name, wrapper);
	rac_object_counts(&loaded, &unloaded);
	/* Where another thread unloads, places are not what they were. */
	return unloaded == opening.unloaded_before ? decide_while_opening(name, wrapper)
						   : decide_at_call(name, wrapper);
}

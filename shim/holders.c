/*
 * holders.c - see holders.h.
 */
#include "holders.h"

#include "code.h"
#include "group_share.h"
#include "report_modules.h"
#include "site.h"
#include "stack.h"
#include "thread.h"
#include <string.h>
#include <sys/mman.h>

#define SHOWN      3
#define SITES_MOST 4096 /* looked at: what is refused is waiting */
#define HOLDERS    192  /* of which the first are told apart */
#define NAME_MOST  64

/* Sites of one call and one module. */
struct holder {
	uint32_t api;
	uint16_t module;
	uint64_t bytes;
};

/* Mapped for the moment, since our caller's stack may be small. */
struct room {
	struct rac_state *state;
	uint32_t device;
	uint32_t looked_at;
	uint32_t count;
	struct holder holders[HOLDERS];
};

/* The last part of the module's path, cut; "" where it is not known. */
static void name_of(struct rac_state *state, uint16_t number, char name[NAME_MOST])
{
	struct rac_module module;
	struct rac_text t;

	rac_text_init(&t, name, NAME_MOST);
	if (!rac_module_read(rac_code_table(state), rac_code_table_bytes(), number, &module))
		return;
	const char *slash = memrchr(module.path, '/', module.path_bytes);
	const char *file = slash != NULL ? slash + 1 : module.path;

	rac_text_foreign(&t, file, (size_t)(module.path + module.path_bytes - file), NAME_MOST);
}

/* As in reports: the innermost that is not CUDA's own, else the innermost that is known. */
static uint16_t owner_of(struct rac_state *state, uint64_t stack)
{
	const uint64_t *words;
	size_t frames = rac_stack_frames(&state->arena, stack, &words);
	uint16_t innermost = RAC_MODULE_UNKNOWN;

	for (size_t i = 0; i < frames; i++) {
		char name[NAME_MOST];
		struct rac_frame f;

		rac_stack_frame(words, i, &f);
		if (f.language != RAC_LANGUAGE_NATIVE || f.module == RAC_MODULE_UNKNOWN)
			continue;
		name_of(state, f.module, name);
		if (name[0] != '\0' && !rac_module_is_cuda(name))
			return f.module;
		if (innermost == RAC_MODULE_UNKNOWN)
			innermost = f.module;
	}
	return innermost;
}

static void add(struct room *room, uint32_t api, uint16_t module, uint64_t bytes)
{
	uint32_t i = 0;

	while (i < room->count &&
		(room->holders[i].api != api || room->holders[i].module != module))
		i++;
	if (i == HOLDERS)
		return;
	if (i == room->count)
		room->holders[room->count++] = (struct holder){api, module, 0};
	room->holders[i].bytes += bytes;
}

static bool look_at(void *context, uint32_t id, const struct rac_site *site)
{
	struct room *room = context;
	struct rac_site_about about;
	struct rac_site_snapshot s;

	(void)id;
	if (rac_site_about(site, &about) && about.device == room->device &&
		about.kind != RAC_KIND_BORROWED && rac_site_read(site, 0, &s) && s.live_bytes > 0)
		add(room, about.api, owner_of(room->state, about.stack), s.live_bytes);
	return ++room->looked_at < SITES_MOST;
}

/* Of a group the others' holders are not known. */
static const char *held_words(const struct rac_state *state)
{
	return rac_group_is_asked_for(state) ? "; held by this process: " : "; held: ";
}

static void say_largest(struct rac_text *t, struct room *room)
{
	for (int shown = 0; shown < SHOWN; shown++) {
		struct holder *largest = &room->holders[0];
		char name[NAME_MOST];

		for (uint32_t i = 1; i < room->count; i++)
			if (room->holders[i].bytes > largest->bytes)
				largest = &room->holders[i];
		if (room->count == 0 || largest->bytes == 0)
			return;
		rac_text_string(t, shown == 0 ? held_words(room->state) : ", ");
		rac_text_size(t, largest->bytes);
		rac_text_string(t, " by ");
		const char *api = rac_stack_text(&room->state->arena, largest->api);

		rac_text_string(t, api != NULL ? api : "a call");
		name_of(room->state, largest->module, name);
		if (name[0] != '\0') {
			rac_text_string(t, " of ");
			rac_text_string(t, name);
		}
		largest->bytes = 0;
	}
}

static void say_kinds(struct rac_text *t, const struct rac_state *state, uint32_t device)
{
	struct rac_device_snapshot s;
	bool first = true;

	rac_tracker_snapshot(state->tracker, device, &s);
	for (int kind = 0; kind < RAC_KIND_COUNT; kind++) {
		if (s.kinds[kind].live_bytes == 0)
			continue;
		rac_text_string(t, first ? "; held by kind: " : ", ");
		rac_text_string(t, rac_kind_name((enum rac_kind)kind));
		rac_text_string(t, " ");
		rac_text_size(t, s.kinds[kind].live_bytes);
		first = false;
	}
}

void rac_holders_say(struct rac_text *t, struct rac_state *state, uint32_t device)
{
	struct room *room = MAP_FAILED;

	if (state->settings.stacks != 0)
		room = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED) {
		say_kinds(t, state, device);
		return;
	}
	room->state = state;
	room->device = device;
	rac_sites_each(&state->sites, look_at, room);
	say_largest(t, room);
	munmap(room, sizeof(*room));
}

void rac_holders_say_caller(struct rac_text *t, struct rac_state *state)
{
	const void *address =
		rac_thread.label != RAC_HOOK_NONE ? rac_thread.label_caller : rac_thread.caller;
	struct rac_code_modules *modules = rac_code_modules_of(state);
	char name[NAME_MOST];

	if (modules == NULL || address == NULL)
		return;
	/* Of a return address the instruction before it counts. */
	name_of(state, rac_code_modules_find(modules, (uintptr_t)address - 1), name);
	if (name[0] == '\0' || rac_module_is_cuda(name))
		return;
	rac_text_string(t, " by ");
	rac_text_string(t, name);
}

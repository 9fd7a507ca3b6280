/*
 * python_frames.c - see python_frames.h: finds the interpreter that a stack goes through, and walks its
 * frames.
 */
#include "python_frames.h"

#include "python_read.h"
#include "report_frames.h"
#include <string.h>

/* In `looked_at`: what a module is. From LOOKED_INTERPRETER on, which interpreter. */
enum { LOOKED_NEVER, LOOKED_OTHER, LOOKED_INTERPRETER };

/* Who owns a frame, from 3.11 on. */
enum { OWNER_GENERATOR = 1, OWNER_INTERPRETER = 3 };

#define PATH_SHOWN 256

/* Beyond that a chain of frames is none. */
#define FRAMES_SANE 65536

/* A reference to an object may have marks in its lowest bits. */
#define OBJECT_MARKS ((uintptr_t)7)

size_t rac_python_bytes(uint32_t modules)
{
	return sizeof(struct rac_python) + ((size_t)modules + 1) * sizeof(rac_atomic_u32);
}

struct rac_python *rac_python_init(void *memory, struct rac_code_modules *modules)
{
	struct rac_python *p = memory;

	p->modules = modules;
	p->capacity = modules->table->capacity;
	return p;
}

/* By its file's name: a program may have an interpreter and code of its own in one module. */
static bool holds_nothing_else(const struct rac_python *p, uint16_t number)
{
	const struct rac_module_table *table = p->modules->table;
	struct rac_module module;
	char path[PATH_SHOWN];

	if (!rac_module_read(table, rac_module_table_bytes(table->capacity, table->text_bytes),
		    number, &module))
		return false;
	/* The end of a path has the name. */
	uint32_t bytes = module.path_bytes < sizeof(path) ? module.path_bytes : sizeof(path) - 1;

	memcpy(path, module.path + module.path_bytes - bytes, bytes);
	path[bytes] = '\0';
	return rac_frame_is_interpreter(
		&(struct rac_report_frame){.module = path, .language = "native"});
}

/* Several threads may look at one module: each notes what it found, and the last note stays. */
__attribute__((noinline)) static uint32_t look_at(struct rac_python *p, uint16_t module)
{
	struct rac_python_layout layout;
	struct rac_image image;
	uint32_t version, what = LOOKED_OTHER;

	if (!rac_code_modules_known(p->modules, module, &image))
		return LOOKED_NEVER;
	enum rac_python_found found = rac_python_layout(&image, &layout, &version);

	if (found != RAC_PYTHON_NONE) {
		/* Relaxed: counts; what is written goes with the note below. */
		uint32_t i = rac_fetch_add_relaxed(&p->used, 1);

		if (i < RAC_PYTHON_INTERPRETERS) {
			struct rac_python_interpreter *in = &p->interpreters[i];

			in->layout = layout;
			in->version = version;
			in->known = found == RAC_PYTHON_KNOWN;
			in->module = holds_nothing_else(p, module) ? module : RAC_MODULE_UNKNOWN;
			what = LOOKED_INTERPRETER + i;
		}
	}
	/* Release: who sees the note sees the interpreter. */
	rac_store_release(&p->looked_at[module], what);
	return what;
}

static struct rac_python_interpreter *find_interpreter(
	struct rac_python *p, const uint64_t *native, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint16_t module = rac_pc_module(native[i]);

		if (module == RAC_MODULE_UNKNOWN || module >= p->capacity)
			continue;
		/* Acquire: the interpreter that goes with the note. */
		uint32_t what = rac_load_acquire(&p->looked_at[module]);

		if (__builtin_expect(what == LOOKED_NEVER, 0))
			what = look_at(p, module);
		if (what >= LOOKED_INTERPRETER)
			return &p->interpreters[what - LOOKED_INTERPRETER];
	}
	return NULL;
}

static bool is_ending(struct rac_python_interpreter *in)
{
	const struct rac_python_layout *l = &in->layout;

	return l->finalizing != 0 ? rac_python_pointer(in, l->finalizing) != 0
				  : l->is_finalizing() != 0;
}

static uintptr_t thread_state(const struct rac_python_layout *l)
{
	void *state = l->current != NULL ? l->current() : NULL;

	/* A thread that gave the lock back has no current state, but still its first. */
	return (uintptr_t)(state != NULL ? state : l->first());
}

/* What was hashed last, by the lowest bits of its address. Objects stay where they are as long as a frame
 * holds them, so within one walk an address stands for its content. */
#define REMEMBERED 16

struct memory {
	uintptr_t object[REMEMBERED];
	uint64_t hash[REMEMBERED];
};

struct walk {
	struct rac_python_interpreter *in;
	const struct rac_python_layout *layout;
	struct rac_python_frame *out;
	unsigned count, most;
	unsigned entered; /* frames whose entry is known */
	bool odd;         /* something is not what it should be */
	struct memory codes, files;
};

static unsigned place_of(uintptr_t object)
{
	return (unsigned)(object >> 4 ^ object >> 8) % REMEMBERED;
}

static uint64_t file_hash(struct walk *w, uintptr_t file)
{
	unsigned i = place_of(file);

	if (w->files.object[i] != file) {
		w->files.hash[i] = rac_python_text_hash(w->in, file);
		w->files.object[i] = file;
	}
	return w->files.hash[i];
}

static uint64_t code_hash(struct walk *w, uintptr_t code)
{
	const struct rac_python_layout *l = w->layout;
	unsigned i = place_of(code);
	uint32_t line = 0;

	if (w->codes.object[i] == code)
		return w->codes.hash[i];
	uint64_t file = file_hash(w, rac_python_pointer(w->in, code + l->code_file));
	uint64_t name = rac_python_text_hash(w->in, rac_python_pointer(w->in, code + l->code_name));
	uint64_t lines =
		rac_python_bytes_hash(w->in, rac_python_pointer(w->in, code + l->code_lines));

	rac_python_read(w->in, &line, code + l->code_line, sizeof(line));
	w->odd = w->odd || file == 0 || name == 0 || lines == 0;
	w->codes.object[i] = code;
	w->codes.hash[i] = (file ^ name << 1) * UINT64_C(0x9e3779b97f4a7c15) +
		(lines ^ line) * UINT64_C(0xd6e8feb86659fd93);
	return w->codes.hash[i];
}

/* Made of content alone: another function may have these addresses tomorrow. */
static uint64_t key_of(struct walk *w, uintptr_t code, int64_t instruction)
{
	uint64_t hash = code_hash(w, code);

	hash = (hash ^ hash >> 32 ^ (uint64_t)instruction) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* Whoever is beyond `most` is not told. */
static void take(struct walk *w, uintptr_t code, int64_t instruction)
{
	if (w->count == w->most)
		return;
	w->out[w->count++] = (struct rac_python_frame){
		.key = key_of(w, code, instruction),
		.code = code,
		.instruction = instruction,
	};
}

/* The frames since the last entry were entered here. */
static void enter(struct walk *w, uintptr_t entry)
{
	if (w->count > w->entered)
		w->out[w->count - 1].entry = entry;
	w->entered = w->count;
}

static uintptr_t code_of(struct walk *w, uintptr_t frame)
{
	uintptr_t code = rac_python_pointer(w->in, frame + w->layout->frame_code) & ~OBJECT_MARKS;

	return rac_python_is(w->in, code, "code", &w->in->code_type) ? code : 0;
}

/* 3.10: one frame for each call of the interpreter's function. */
static void walk_objects(struct walk *w, uintptr_t state)
{
	const struct rac_python_layout *l = w->layout;
	uintptr_t frame = rac_python_pointer(w->in, state + l->thread_frame);
	uintptr_t call = rac_python_pointer(w->in, state + l->thread_cframe);

	for (unsigned i = 0; frame != 0 && i < FRAMES_SANE && w->count < w->most; i++) {
		uintptr_t code = code_of(w, frame);
		int32_t instruction = -1;

		if (code == 0) {
			w->odd = true;
			return;
		}
		rac_python_read(
			w->in, &instruction, frame + l->frame_instruction, sizeof(instruction));
		take(w, code, (int64_t)instruction * 2);
		enter(w, call);
		call = call != 0 ? rac_python_pointer(w->in, call + l->cframe_previous) : 0;
		frame = rac_python_pointer(w->in, frame + l->frame_previous);
	}
}

/* A function whose arguments are still being put into place is not running yet. */
static bool has_begun(struct walk *w, uintptr_t code, uintptr_t at, unsigned owner)
{
	const struct rac_python_layout *l = w->layout;
	int32_t first = 0;

	/* Index of an instruction, two words before the first one. */
	rac_python_read(w->in, &first, code + l->code_bytes - 16, sizeof(first));
	return owner == OWNER_GENERATOR ||
		at >= code + l->code_bytes + (uintptr_t)(intptr_t)first * 2;
}

/* Takes a frame that is not the interpreter's own. False: it is none. */
static bool take_frame(struct walk *w, uintptr_t frame, unsigned owner)
{
	const struct rac_python_layout *l = w->layout;
	uintptr_t code = code_of(w, frame), at;

	if (code == 0) {
		w->odd = true;
		return false;
	}
	at = rac_python_pointer(w->in, frame + l->frame_instruction);
	if (has_begun(w, code, at, owner))
		take(w, code, (int64_t)(at - code - l->code_bytes));
	return true;
}

/* From 3.11 on: one call of the interpreter's function may run many frames. Where there are more than are asked
 * for, those beyond are passed over up to where that function was entered. */
static void walk_frames(struct walk *w, uintptr_t frame, uintptr_t call)
{
	const struct rac_python_layout *l = w->layout;

	for (unsigned i = 0; frame != 0 && i < FRAMES_SANE; i++) {
		unsigned char owner = 0, is_entry = 0;
		bool is_full = w->count == w->most;

		if (is_full && w->entered == w->count)
			return;
		rac_python_read(w->in, &owner, frame + l->frame_owner, 1);
		if (owner >= OWNER_INTERPRETER)
			enter(w, frame); /* it lies on the native stack */
		else if (!is_full && !take_frame(w, frame, owner))
			return;
		if (l->frame_is_entry != 0) {
			rac_python_read(w->in, &is_entry, frame + l->frame_is_entry, 1);
			if (is_entry != 0) {
				enter(w, call);
				call = rac_python_pointer(w->in, call + l->cframe_previous);
			}
		}
		frame = rac_python_pointer(w->in, frame + l->frame_previous);
	}
}

static void walk_thread(struct walk *w, uintptr_t state)
{
	const struct rac_python_layout *l = w->layout;

	if (l->minor == 10) {
		walk_objects(w, state);
	} else if (l->thread_cframe != 0) {
		uintptr_t call = rac_python_pointer(w->in, state + l->thread_cframe);

		walk_frames(w, rac_python_pointer(w->in, call + l->cframe_frame), call);
	} else {
		walk_frames(w, rac_python_pointer(w->in, state + l->thread_frame), 0);
	}
}

unsigned rac_python_walk(struct rac_python *p, const uint64_t *native, unsigned native_count,
	struct rac_python_frame *out, unsigned most, struct rac_python_interpreter **in)
{
	struct rac_python_interpreter *found = find_interpreter(p, native, native_count);
	uintptr_t state;

	*in = found;
	if (found == NULL || !found->known || is_ending(found))
		return 0;
	state = thread_state(&found->layout);
	if (state == 0)
		return 0;
	struct walk w = {.in = found, .layout = &found->layout, .out = out, .most = most};

	walk_thread(&w, state);
	if (rac_load_relaxed(&found->proven) == 0) {
		if (w.odd)
			return 0;
		/* Two, so that the way from one to the next is proven, too. Relaxed: whoever sees it late
		 * only takes longer. */
		if (w.count > 1)
			rac_store_relaxed(&found->proven, 1);
	}
	return w.count;
}

bool rac_python_is_unknown(struct rac_python *p, uint32_t *version)
{
	for (uint32_t i = 0; i < p->capacity; i++) {
		/* Acquire: as in find_interpreter. */
		uint32_t what = rac_load_acquire(&p->looked_at[i]);

		if (what < LOOKED_INTERPRETER || p->interpreters[what - LOOKED_INTERPRETER].known)
			continue;
		*version = p->interpreters[what - LOOKED_INTERPRETER].version;
		return true;
	}
	return false;
}

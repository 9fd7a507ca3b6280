/*
 * presence.c - see presence.h. Holds the symbol table that the loader looks at; what it is told is in
 * presence_ask.c, what is put right at load in presence_load.c.
 *
 * We come before the libraries of the program and so are found first. Where there is no CUDA, a weak
 * reference would lead to us, and a library's own function of that name would not be reached.
 *
 * An exported IFUNC could decide that when a reference is bound. But objects that are relocated before
 * us would run it in an object that is not relocated itself, of which the loader complains on stderr.
 * So in the file our symbols are plain functions, and at load we put right the references that were
 * bound to us in vain. Before anything is opened later the loader gets another symbol table to look
 * at, in which each function that is not there is an IFUNC: it runs when the object that asks and all
 * that it needs are mapped, so it knows whether the real function is there.
 *
 * glibc reads the address of our symbol table from our dynamic section at each look-up, so that one
 * store switches tables, and a look-up under way stays with the one it began with. A loader that keeps
 * the address (musl's does) goes on with the first table.
 *
 * For a look-up by dlsym that must fail the symbol is hidden (its visibility is one byte, which look-ups
 * honour), so that the real one words the error. The thread that hides holds the table, as does a thread
 * in dlopen. When a second one comes, all is marked as shown for good: an object that it brings must not
 * miss us.
 */
#include "presence.h"

#include "ask.h"
#include "definer.h"
#include "presence_parts.h"
#include "thread.h"
#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#define SYMBOLS (RAC_ASK_STUBS + 128) /* what we ask of others is in the table, too */
#define SEVERAL UINTPTR_MAX
#define SHOWN   0x40 /* in st_other: beyond the visibility, and beyond what aarch64 uses */

_Static_assert(RAC_HOOK_COUNT + 32 <= RAC_ASK_STUBS, "ask_*.S has too few functions");

extern const char rac_ask_stubs[] __attribute__((visibility("hidden")));
void *rac_presence_ask(unsigned number);

_Atomic uintptr_t rac_presence_holder;

/* Ours as the file has it, and which of its symbols we export. */
static struct rac_object ours;
static uint32_t first_export, end_of_exports;

static ElfW(Sym) table[SYMBOLS];
static atomic_bool is_shown;      /* the loader looks at the table */
static _Atomic(uint8_t *) hidden; /* the visibility that the holder changed */

static const char *name_of(uint32_t symbol)
{
	return ours.strings + ours.symbols[symbol].st_name;
}

static void find_exports(void)
{
	const uint32_t *hashes = ours.gnu_hash;
	uint32_t bucket_count = hashes[0], first = hashes[1];
	const uint32_t *buckets = hashes + 4 + hashes[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
	const uint32_t *chains = buckets + bucket_count;
	uint32_t last = first;

	for (uint32_t i = 0; i < bucket_count; i++)
		if (buckets[i] > last)
			last = buckets[i];
	while ((chains[last - first] & 1) == 0)
		last++;
	first_export = first;
	end_of_exports = last + 1;
}

static void make_ask(uint32_t symbol)
{
	table[symbol].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC);
	table[symbol].st_value =
		(uintptr_t)rac_ask_stubs + 16 * (symbol - first_export) - ours.base;
	table[symbol].st_size = 0; /* so that no address is taken for the function's */
}

/* What the program was started with is there for everybody, and need not be asked for. */
static bool keep_provided(void *context, const struct rac_object *object)
{
	(void)context;
	if (!rac_definer_is_at_start(object) || rac_object_is_ours(object) ||
		(rac_object_function(object, "cudaMalloc") == 0 &&
			!rac_presence_is_of(object, RAC_HOOK_OF_DRIVER) &&
			!rac_presence_is_of(object, RAC_HOOK_OF_NVML)))
		return true;
	for (uint32_t i = first_export; i < end_of_exports; i++) {
		const char *name = name_of(i);

		if (rac_presence_is_hook(name) &&
			rac_presence_is_of(object, rac_presence_library(name)) &&
			rac_object_function(object, name) != 0)
			table[i] = ours.symbols[i];
	}
	return true;
}

static bool fill(void)
{
	rac_object_ourselves(&ours);
	if (ours.gnu_hash == NULL)
		return false;
	find_exports();
	if (end_of_exports > SYMBOLS || end_of_exports - first_export > RAC_ASK_STUBS)
		return false;
	memcpy(table, ours.symbols, end_of_exports * sizeof(*table));
	for (uint32_t i = first_export; i < end_of_exports; i++)
		if (rac_presence_is_hook(name_of(i)))
			make_ask(i);
	rac_object_each(keep_provided, NULL);
	return true;
}

/* The dynamic section was made read-only once we were relocated: from now on it can be written to. */
static void show(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	for (const ElfW(Dyn) *d = ours.dynamic; d->d_tag != DT_NULL; d++) {
		uintptr_t pointer = (uintptr_t)&d->d_un.d_ptr;

		if (d->d_tag != DT_SYMTAB || d->d_un.d_ptr < ours.base ||
			mprotect((void *)(pointer / page * page), page, PROT_READ | PROT_WRITE) !=
				0)
			continue;
		/* Release, twice: who is led to the table, or looks at it, finds it filled. */
		__atomic_store_n((ElfW(Addr) *)pointer, (ElfW(Addr))table, __ATOMIC_RELEASE);
		atomic_store_explicit(&is_shown, true, memory_order_release);
	}
}

void rac_presence_answer(void)
{
	static atomic_flag begun = ATOMIC_FLAG_INIT;

	/* Who comes meanwhile sees the file's table: too much rather than too little. */
	if (!atomic_load_explicit(&is_shown, memory_order_acquire) &&
		!atomic_flag_test_and_set(&begun) && fill())
		show();
}

/* Called by ask_*.S. */
void *rac_presence_ask(unsigned number)
{
	uint32_t symbol = first_export + number;

	return rac_presence_decide(
		name_of(symbol), (void *)(ours.base + ours.symbols[symbol].st_value));
}

static uintptr_t this_thread(void)
{
	return (uintptr_t)&rac_thread;
}

/* Sequentially consistent, as are the marks: of a thread that hides and one that opens, one sees the
 * other. */
static bool hold(void)
{
	uintptr_t holder = 0, self = this_thread();

	return atomic_compare_exchange_strong_explicit(&rac_presence_holder, &holder, self,
		       memory_order_seq_cst, memory_order_seq_cst) ||
		holder == self;
}

static bool change_visibility(uint8_t *visibility, uint8_t from, uint8_t to)
{
	return __atomic_compare_exchange_n(
		visibility, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void show_hidden(void)
{
	/* Relaxed: the holder's own. */
	uint8_t *visibility = atomic_exchange_explicit(&hidden, NULL, memory_order_relaxed);

	if (visibility != NULL)
		change_visibility(visibility, STV_HIDDEN, STV_DEFAULT);
}

static void show_for_good(void)
{
	if (!atomic_load_explicit(&is_shown, memory_order_acquire))
		return;
	for (uint32_t i = first_export; i < end_of_exports; i++)
		if (rac_presence_is_hook(name_of(i)))
			__atomic_store_n(&table[i].st_other, SHOWN, __ATOMIC_SEQ_CST);
}

void rac_presence_opening(bool global)
{
	rac_presence_answer();
	rac_presence_note_opening(global);
	if (hold())
		show_hidden();
	else if (atomic_exchange_explicit(&rac_presence_holder, SEVERAL, memory_order_seq_cst) !=
		SEVERAL)
		show_for_good();
}

bool rac_presence_hide(enum rac_hook hook)
{
	const char *name = rac_hook_name(hook);
	uint32_t symbol;

	if (!atomic_load_explicit(&is_shown, memory_order_acquire) || !hold() ||
		rac_object_function_hashed(&ours, name, rac_symbol_hash(name), &symbol) == 0 ||
		!change_visibility(&table[symbol].st_other, STV_DEFAULT, STV_HIDDEN))
		return false;
	atomic_store_explicit(&hidden, &table[symbol].st_other, memory_order_relaxed);
	return true;
}

void rac_presence_release(void)
{
	uintptr_t self = this_thread();

	rac_presence_note_opened();
	if (atomic_load_explicit(&rac_presence_holder, memory_order_relaxed) != self)
		return;
	show_hidden();
	/* Fails when a second thread came meanwhile. */
	atomic_compare_exchange_strong_explicit(
		&rac_presence_holder, &self, 0, memory_order_seq_cst, memory_order_relaxed);
}

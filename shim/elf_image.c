/*
 * elf_image.c - see elf_image.h. Every read goes through rac_safe_read, every length is checked.
 */
#include "elf_image.h"

#include "safe_read.h"
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#define HEADERS_MAX   64
#define HEADERS_ONCE  8
#define NOTES_MAX     16
#define CHAIN_MAX     4096
#define IDENTITY_HEAD 1024
#define IDENTITY_EH   256

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#define OUR_MACHINE EM_NONE /* no image is recognised */
#endif

static uint64_t mix(uint64_t hash, const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint64_t word;

		memcpy(&word, bytes + i, 8);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash;
}

/*
 * The beginning of the file holds its headers and, where there is one, its build-id; the unwind table
 * begins with the distances of its functions, which tell builds without an id apart. False: gone.
 */
static bool take_fingerprint(const struct rac_image *image, uint64_t *out)
{
	unsigned char bytes[IDENTITY_HEAD];
	size_t head = image->end - image->header < sizeof(bytes) ? image->end - image->header
								 : sizeof(bytes);
	size_t eh =
		image->eh_frame_hdr_bytes < IDENTITY_EH ? image->eh_frame_hdr_bytes : IDENTITY_EH;

	if (!rac_safe_read(bytes, image->header, head))
		return false;
	uint64_t hash = mix(image->end - image->start, bytes, head);

	if (!rac_safe_read(bytes, image->eh_frame_hdr, eh))
		return false;
	hash = mix(hash, bytes, eh);
	*out = hash != 0 ? hash : 1;
	return true;
}

static uintptr_t align_up(uintptr_t value, uintptr_t alignment)
{
	return alignment == 8 ? (value + 7) & ~(uintptr_t)7 : (value + 3) & ~(uintptr_t)3;
}

static void read_build_id(struct rac_image *image, uintptr_t at, uintptr_t end, uintptr_t alignment)
{
	for (unsigned i = 0; i < NOTES_MAX && image->build_id_bytes == 0; i++) {
		struct {
			ElfW(Nhdr) header;
			char name[4];
		} note;

		if (end - at < sizeof(note) || !rac_safe_read(&note, at, sizeof(note)))
			return;
		uintptr_t text = at + sizeof(note.header);
		uintptr_t bytes = align_up(text + note.header.n_namesz, alignment);
		uint32_t n = note.header.n_descsz;

		if (bytes > end || n > end - bytes)
			return;
		at = align_up(bytes + n, alignment);
		if (note.header.n_type != NT_GNU_BUILD_ID || note.header.n_namesz != 4 ||
			memcmp(note.name, "GNU", 4) != 0)
			continue;
		if (n > sizeof(image->build_id))
			n = sizeof(image->build_id);
		if (rac_safe_read(image->build_id, bytes, n))
			image->build_id_bytes = n;
		if (at >= end)
			return;
	}
}

static void widen(uintptr_t *start, uintptr_t *end, uintptr_t from, uintptr_t to)
{
	if (*end == 0 || from < *start)
		*start = from;
	if (to > *end)
		*end = to;
}

static void take_header(struct rac_image *image, const ElfW(Phdr) * p)
{
	uintptr_t start = image->base + p->p_vaddr;

	switch (p->p_type) {
	case PT_LOAD:
		widen(&image->start, &image->end, start, start + p->p_memsz);
		if ((p->p_flags & PF_X) != 0)
			widen(&image->code_start, &image->code_end, start, start + p->p_memsz);
		break;
	case PT_GNU_EH_FRAME:
		image->eh_frame_hdr = start;
		image->eh_frame_hdr_bytes = p->p_memsz;
		break;
	case PT_DYNAMIC:
		image->dynamic = start;
		image->dynamic_bytes = p->p_memsz;
		break;
	case PT_NOTE:
		read_build_id(image, start, start + p->p_memsz, p->p_align);
		break;
	default:
		break;
	}
}

struct headers {
	uintptr_t at;
	unsigned count;
};

/* Shows each program header to `take` until it has seen all. False: one of them cannot be read. */
static bool each_header(const struct headers *headers, struct rac_image *image,
	void (*take)(struct rac_image *image, const ElfW(Phdr) * p))
{
	ElfW(Phdr) some[HEADERS_ONCE];

	for (unsigned i = 0; i < headers->count; i++) {
		unsigned left = headers->count - i;

		if (i % HEADERS_ONCE == 0 &&
			!rac_safe_read(some, headers->at + i * sizeof(some[0]),
				(left < HEADERS_ONCE ? left : HEADERS_ONCE) * sizeof(some[0])))
			return false;
		take(image, &some[i % HEADERS_ONCE]);
	}
	return true;
}

/* The one that starts with the file's first byte; not one that the file has nothing of. */
static bool is_first(const ElfW(Phdr) * p)
{
	return p->p_type == PT_LOAD && p->p_offset == 0 && p->p_filesz > 0;
}

static void take_base_of_load(struct rac_image *image, const ElfW(Phdr) * p)
{
	if (is_first(p))
		image->base = image->header - p->p_vaddr;
}

static void take_base_of_headers(struct rac_image *image, const ElfW(Phdr) * p)
{
	if (p->p_type == PT_PHDR)
		image->base = image->header - p->p_vaddr;
}

static void take_start_of_file(struct rac_image *image, const ElfW(Phdr) * p)
{
	if (is_first(p))
		image->start = image->base + p->p_vaddr;
}

static bool finish(struct rac_image *image, const struct headers *headers)
{
	if (!each_header(headers, image, take_header) || image->code_end <= image->code_start ||
		image->header < image->start || image->header >= image->end)
		return false;
	/* What a header says lies outside of what is loaded is not there. */
	if (image->eh_frame_hdr < image->start || image->eh_frame_hdr >= image->end ||
		image->eh_frame_hdr_bytes > image->end - image->eh_frame_hdr)
		image->eh_frame_hdr = image->eh_frame_hdr_bytes = 0;
	return take_fingerprint(image, &image->fingerprint);
}

bool rac_image_read(struct rac_image *out, uintptr_t header)
{
	ElfW(Ehdr) e;

	*out = (struct rac_image){.header = header, .base = header};
	if (!rac_safe_read(&e, header, sizeof(e)) || memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
		e.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
		e.e_machine != OUR_MACHINE || e.e_phentsize != sizeof(ElfW(Phdr)))
		return false;
	struct headers headers = {header + e.e_phoff, e.e_phnum};

	return headers.count <= HEADERS_MAX && each_header(&headers, out, take_base_of_load) &&
		finish(out, &headers);
}

bool rac_image_read_program(struct rac_image *out)
{
	struct headers headers = {(uintptr_t)getauxval(AT_PHDR), (unsigned)getauxval(AT_PHNUM)};
	/* A program without PT_PHDR lies where it was linked to: base 0. */
	struct rac_image image = {.header = headers.at};

	return headers.at != 0 && headers.count <= HEADERS_MAX &&
		each_header(&headers, &image, take_base_of_headers) &&
		each_header(&headers, &image, take_start_of_file) &&
		rac_image_read(out, image.start);
}

bool rac_image_is_there(const struct rac_image *image)
{
	uint64_t now;

	return take_fingerprint(image, &now) && now == image->fingerprint;
}

/* glibc relocates the pointers of a dynamic section in place, others do not. */
static uintptr_t absolute(const struct rac_image *image, ElfW(Addr) pointer)
{
	return pointer < image->base ? image->base + pointer : pointer;
}

struct symbols {
	uintptr_t table, strings, hash;
};

static bool find_symbols(const struct rac_image *image, struct symbols *out)
{
	*out = (struct symbols){0};
	for (size_t at = 0; at + sizeof(ElfW(Dyn)) <= image->dynamic_bytes;
		at += sizeof(ElfW(Dyn))) {
		ElfW(Dyn) d;

		if (!rac_safe_read(&d, image->dynamic + at, sizeof(d)) || d.d_tag == DT_NULL)
			break;
		if (d.d_tag == DT_SYMTAB)
			out->table = absolute(image, d.d_un.d_ptr);
		else if (d.d_tag == DT_STRTAB)
			out->strings = absolute(image, d.d_un.d_ptr);
		else if (d.d_tag == DT_GNU_HASH)
			out->hash = absolute(image, d.d_un.d_ptr);
	}
	return out->table != 0 && out->strings != 0 && out->hash != 0;
}

static bool has_name(const struct symbols *symbols, const ElfW(Sym) * symbol, const char *name)
{
	char text[64];
	size_t n = strlen(name) + 1;

	return symbol->st_shndx != SHN_UNDEF && n <= sizeof(text) &&
		rac_safe_read(text, symbols->strings + symbol->st_name, n) &&
		memcmp(text, name, n) == 0;
}

uintptr_t rac_image_symbol(const struct rac_image *image, const char *name, size_t *bytes)
{
	struct {
		uint32_t buckets, first, bloom_words, shift;
	} head;
	struct symbols symbols;
	uint32_t hash = 5381, i = 0, chain;

	for (const char *c = name; *c != '\0'; c++)
		hash = hash * 33 + (unsigned char)*c;
	if (!find_symbols(image, &symbols) || !rac_safe_read(&head, symbols.hash, sizeof(head)) ||
		head.buckets == 0)
		return 0;
	uintptr_t buckets =
		symbols.hash + sizeof(head) + (uintptr_t)head.bloom_words * sizeof(ElfW(Addr));
	uintptr_t chains = buckets + (uintptr_t)head.buckets * sizeof(uint32_t);

	if (!rac_safe_read(&i, buckets + hash % head.buckets * sizeof(i), sizeof(i)) ||
		i < head.first)
		return 0;
	uint32_t first = i;

	do {
		ElfW(Sym) symbol;

		if (!rac_safe_read(
			    &chain, chains + (uintptr_t)(i - head.first) * 4, sizeof(chain)) ||
			!rac_safe_read(&symbol, symbols.table + (uintptr_t)i * sizeof(symbol),
				sizeof(symbol)))
			return 0;
		if ((chain | 1) == (hash | 1) && has_name(&symbols, &symbol, name)) {
			if (bytes != NULL)
				*bytes = symbol.st_size;
			return image->base + symbol.st_value;
		}
		i++;
	} while ((chain & 1) == 0 && i - first < CHAIN_MAX);
	return 0;
}

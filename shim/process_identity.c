/*
 * process_identity.c - see process_identity.h.
 *
 * open, read and close of the C library are cancellation points, so here are the system calls.
 */
#include "process_identity.h"

#include "process_info.h"
#include "process_stat.h"
#include "text.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t number_at(const char *at)
{
	uint64_t value = 0;

	for (; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	return value;
}

/* "pid:[4026531836]" */
static uint64_t pid_namespace(void)
{
	char name[32];
	ssize_t n = readlink("/proc/self/ns/pid", name, sizeof(name) - 1);

	name[n > 0 ? n : 0] = '\0';
	const char *bracket = strchr(name, '[');

	return bracket != NULL ? number_at(bracket + 1) : 0;
}

static void read_boot_id(char out[RAC_RECORD_BOOT_ID_MAX])
{
	rac_process_read("/proc/sys/kernel/random/boot_id", out, RAC_RECORD_BOOT_ID_MAX);
	out[strcspn(out, "\n")] = '\0';
}

/* Where there is no randomness yet two records of one pid still differ by the time. */
static void make_nonce(uint64_t nonce[2])
{
	if (syscall(SYS_getrandom, nonce, 2 * sizeof(nonce[0]), GRND_NONBLOCK) ==
		2 * sizeof(nonce[0]))
		return;
	nonce[0] = rac_monotonic_ns();
	nonce[1] = (uint64_t)getpid();
}

/* What follows the header is read, too. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static void keep_build_id(struct rac_record_header *out, const char *at, const char *end)
{
	while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *note = (const void *)at;
		const char *name = at + sizeof(*note), *id = name + (note->n_namesz + 3) / 4 * 4;

		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == sizeof(ELF_NOTE_GNU) &&
			memcmp(name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) == 0 &&
			note->n_descsz <= sizeof(out->build_id)) {
			memcpy(out->build_id, id, note->n_descsz);
			out->build_id_bytes = note->n_descsz;
			return;
		}
		at = id + (note->n_descsz + 3) / 4 * 4;
	}
}

static void read_build_id(struct rac_record_header *out)
{
	const ElfW(Ehdr) *header = (const void *)__ehdr_start;
	const ElfW(Phdr) *parts = (const void *)(__ehdr_start + header->e_phoff);

	for (unsigned i = 0; i < header->e_phnum; i++)
		if (parts[i].p_type == PT_NOTE)
			keep_build_id(out, __ehdr_start + parts[i].p_vaddr,
				__ehdr_start + parts[i].p_vaddr + parts[i].p_memsz);
}

void rac_process_identify(struct rac_record_header *out)
{
	int saved = errno;

	out->process.uid = geteuid();
	out->process.start_ticks = rac_process_start_ticks(0);
	out->process.pid_namespace = pid_namespace();
	read_boot_id(out->process.boot_id);
	make_nonce(out->nonce);
	read_build_id(out);
	errno = saved;
}

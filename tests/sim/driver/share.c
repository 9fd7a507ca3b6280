/*
 * Memory that processes share: where the bytes of a range can be mapped from, and mapping those of another
 * process. Works between processes with the same SIMCUDA_SHARED, whose memory lies in files.
 */
#include "sim.h"

#include "board.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

bool sim_share_of(const struct sim_range *range, struct sim_share *share)
{
	share->pid = getpid();
	share->device = range->device < 0 ? -1 : sim_config()->physical[range->device];
	share->size = range->size;
	share->offset = 0;
	share->file = range->host ? sim_space_file(range->host, &share->offset) : -1;
	return share->file >= 0;
}

char *sim_share_map(const struct sim_share *share)
{
	const uint64_t page = 4096;
	uint64_t skip = share->offset % page;
	char path[64], *host;
	int file;

	snprintf(path, sizeof(path), "/proc/%lld/fd/%d", (long long)share->pid, share->file);
	file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return NULL;
	host = mmap(NULL, share->size + skip, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
		file, (off_t)(share->offset - skip));
	close(file);
	return host == MAP_FAILED ? NULL : host + skip;
}

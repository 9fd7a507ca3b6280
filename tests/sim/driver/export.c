/*
 * Handing VMM objects to others as file descriptors. What is handed out is one end of a socket pair: the
 * driver keeps the other and sees by it when every copy of the descriptor, in any process, is closed. The
 * inode of the end tells which object an import means.
 */
#include "sim.h"

#include "board.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct sim_export {
	struct sim_export *next;
	int end;
	uint64_t inode;
};

static uint64_t inode_of(int file)
{
	struct stat status;

	return fstat(file, &status) ? 0 : status.st_ino;
}

/* Whether a descriptor is still open somewhere; forgets those that are not. */
bool sim_exported(struct sim_vmm *object)
{
	struct sim_export **link = &object->exports;

	while (*link) {
		struct sim_export *export = *link;
		struct pollfd poll_end = {.fd = export->end, .events = POLLIN};

		if (poll(&poll_end, 1, 0) > 0 && poll_end.revents & (POLLHUP | POLLNVAL)) {
			*link = export->next;
			sim_board_withdraw(export->inode);
			close(export->end);
			free(export);
		} else {
			link = &export->next;
		}
	}
	return object->exports != NULL;
}

static void publish(const struct sim_vmm *object, uint64_t inode)
{
	struct board_export entry = {.inode = inode,
		.pid = getpid(),
		.device = object->device < 0 ? -1 : sim_config()->physical[object->device],
		.size = object->size};

	entry.file = sim_space_file(object->host, &entry.offset);
	sim_board_publish(&entry);
}

/* Lock held. */
static CUresult hand_out(struct sim_vmm *object, int *out)
{
	struct sim_export *export = malloc(sizeof(*export));
	int ends[2];

	if (!export || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		free(export);
		return CUDA_ERROR_OPERATING_SYSTEM;
	}
	export->end = ends[0];
	export->inode = inode_of(ends[1]);
	export->next = object->exports;
	object->exports = export;
	publish(object, export->inode);
	*out = ends[1];
	return CUDA_SUCCESS;
}

CUresult cuMemExportToShareableHandle(void *shareable, CUmemGenericAllocationHandle handle,
	CUmemAllocationHandleType type, unsigned long long flags)
{
	struct sim_vmm *object;
	CUresult status = CUDA_ERROR_INVALID_VALUE;

	SIM_ENTER(cuMemExportToShareableHandle);
	if (!shareable || flags)
		return CUDA_ERROR_INVALID_VALUE;
	if (type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
		return CUDA_ERROR_NOT_SUPPORTED;
	sim_lock();
	object = sim_vmm_find(handle);
	if (object && object->properties.requestedHandleTypes & type)
		status = hand_out(object, shareable);
	sim_unlock();
	return status;
}

struct search {
	uint64_t inode;
	struct sim_vmm *found;
};

static void compare(struct sim_object *object, void *argument)
{
	struct sim_vmm *candidate = (struct sim_vmm *)object;
	struct search *search = argument;

	for (struct sim_export *export = candidate->exports; export; export = export->next) {
		if (export->inode == search->inode)
			search->found = candidate;
	}
}

/* Another handle to an object of this process; the object lives on while the import does. Lock held. */
static CUresult import_own(struct sim_vmm *source, struct sim_vmm **out)
{
	CUresult status = sim_vmm_new(source->size, source->device, out);

	if (status != CUDA_SUCCESS)
		return status;
	(*out)->source = source;
	(*out)->host = source->host;
	(*out)->properties = source->properties;
	source->imports++;
	return CUDA_SUCCESS;
}

static int own_ordinal(int physical)
{
	for (int i = 0; i < sim_config()->devices; i++) {
		if (sim_config()->physical[i] == physical)
			return i;
	}
	return -1;
}

/* Lock held. */
static CUresult import_other(uint64_t inode, struct sim_vmm **out)
{
	struct board_export entry;
	struct sim_share share;
	char *host;
	CUresult status;

	if (!sim_board_find(inode, &entry))
		return CUDA_ERROR_INVALID_VALUE;
	share = (struct sim_share){entry.pid, entry.file, entry.device, entry.offset, entry.size};
	host = sim_share_map(&share);
	if (!host)
		return CUDA_ERROR_INVALID_VALUE;
	status = sim_vmm_new(entry.size, own_ordinal(entry.device), out);
	if (status != CUDA_SUCCESS) {
		munmap(host, entry.size);
		return status;
	}
	(*out)->host = host;
	(*out)->mapped = true;
	(*out)->properties = (CUmemAllocationProp){.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
		.location = {CU_MEM_LOCATION_TYPE_DEVICE, (*out)->device}};
	return CUDA_SUCCESS;
}

CUresult cuMemImportFromShareableHandle(
	CUmemGenericAllocationHandle *handle, void *shareable, CUmemAllocationHandleType type)
{
	struct search search = {0};
	struct sim_vmm *object;
	CUresult status;

	SIM_REENTER(cuMemImportFromShareableHandle, (handle, shareable, type));
	SIM_ENTER(cuMemImportFromShareableHandle);
	if (!handle)
		return CUDA_ERROR_INVALID_VALUE;
	if (type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
		return CUDA_ERROR_NOT_SUPPORTED;
	search.inode = inode_of((int)(intptr_t)shareable);
	if (!search.inode)
		return CUDA_ERROR_INVALID_VALUE;
	sim_lock();
	sim_object_walk(SIM_VMM, compare, &search);
	status = search.found ? import_own(search.found, &object)
			      : import_other(search.inode, &object);
	if (status == CUDA_SUCCESS)
		*handle = (CUmemGenericAllocationHandle)(uintptr_t)object;
	sim_unlock();
	return status;
}

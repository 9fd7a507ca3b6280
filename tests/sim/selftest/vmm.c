/* Virtual memory: references, many maps at once, contents, sharing, multicast. */
#include "selftest.h"

#include <string.h>
#include <unistd.h>

static const CUmemAllocationProp on_device = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
	.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
	.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};
static const CUmemAccessDesc read_write = {
	{CU_MEM_LOCATION_TYPE_DEVICE, 0}, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};

static CUmemGenericAllocationHandle create(uint64_t bytes)
{
	CUmemGenericAllocationHandle handle;

	OK(cuMemCreate(&handle, bytes, &on_device, 0));
	return handle;
}

static CUdeviceptr reserve(uint64_t bytes)
{
	CUdeviceptr address;

	OK(cuMemAddressReserve(&address, bytes, 0, 0, 0));
	return address;
}

TEST(creation_needs_cuInit_but_no_context)
{
	CUmemGenericAllocationHandle handle;

	CHECK_EQUAL(CUDA_ERROR_NOT_INITIALIZED, cuMemCreate(&handle, 2 * MIB, &on_device, 0));
	OK(cuInit(0));
	OK(cuMemCreate(&handle, 2 * MIB, &on_device, 0));
	CHECK_EQUAL(2 * MIB, simcuda_kind_bytes(0, SIMCUDA_VMM));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemCreate(&handle, 2 * MIB + 4096, &on_device, 0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemCreate(&handle, 0, &on_device, 0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemCreate(NULL, 2 * MIB, &on_device, 0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemCreate(&handle, 2 * MIB, NULL, 0));
}

TEST(released_memory_stays_while_it_is_mapped)
{
	CUmemGenericAllocationHandle handle;
	CUdeviceptr address;

	OK(cuInit(0));
	handle = create(4 * MIB);
	address = reserve(4 * MIB);
	OK(cuMemMap(address, 4 * MIB, 0, handle, 0));
	OK(cuMemRelease(handle));
	CHECK_EQUAL(4 * MIB, simcuda_live_bytes(0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemRelease(handle));
	OK(cuMemUnmap(address, 4 * MIB));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	OK(cuMemAddressFree(address, 4 * MIB));
}

TEST(one_unmap_ends_many_maps)
{
	CUdeviceptr pool;

	OK(cuInit(0));
	pool = reserve(32 * MIB);
	for (unsigned int i = 0; i < 8; i++) {
		CUmemGenericAllocationHandle handle = create(4 * MIB);

		OK(cuMemMap(pool + i * 4 * MIB, 4 * MIB, 0, handle, 0));
		OK(cuMemRelease(handle));
	}
	CHECK_EQUAL(32 * MIB, simcuda_live_bytes(0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemUnmap(pool + 2 * MIB, 4 * MIB));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemAddressFree(pool, 32 * MIB));
	OK(cuMemUnmap(pool, 16 * MIB));
	CHECK_EQUAL(16 * MIB, simcuda_live_bytes(0));
	OK(cuMemUnmap(pool + 16 * MIB, 16 * MIB));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

TEST(a_mapping_gives_its_handle_back)
{
	CUmemGenericAllocationHandle handle, again;
	CUdeviceptr address;

	OK(cuInit(0));
	handle = create(2 * MIB);
	address = reserve(2 * MIB);
	OK(cuMemMap(address, 2 * MIB, 0, handle, 0));
	OK(cuMemRelease(handle));
	OK(cuMemRetainAllocationHandle(&again, (void *)(size_t)(address + 100)));
	CHECK_EQUAL(handle, again);
	OK(cuMemUnmap(address, 2 * MIB));
	CHECK_EQUAL(2 * MIB, simcuda_live_bytes(0));
	OK(cuMemRelease(again));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
}

TEST(mapped_memory_is_real_and_shared_by_its_mappings)
{
	CUmemGenericAllocationHandle handle;
	CUdeviceptr first, second;
	char back;

	begin();
	handle = create(4 * MIB);
	first = reserve(8 * MIB);
	second = first + 4 * MIB;
	OK(cuMemMap(first, 4 * MIB, 0, handle, 0));
	OK(cuMemMap(second, 2 * MIB, 2 * MIB, handle, 0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemsetD8(first, 1, 100));
	OK(cuMemSetAccess(first, 6 * MIB, &read_write, 1));
	/* A fill across the border of two mappings. */
	OK(cuMemsetD8(first, 5, 6 * MIB));
	OK(cuMemsetD8(first + 3 * MIB, 77, 1));
	OK(cuMemcpyDtoH(&back, second + MIB, 1));
	CHECK_EQUAL(77, back);
}

TEST(a_context_does_not_take_vmm_memory_with_it)
{
	CUcontext ctx = begin();

	create(2 * MIB);
	OK(cuCtxDestroy(ctx));
	CHECK_EQUAL(2 * MIB, simcuda_live_bytes(0));
}

TEST(host_located_objects_are_pinned_memory)
{
	CUmemAllocationProp host = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {CU_MEM_LOCATION_TYPE_HOST_NUMA, 0}};
	CUmemGenericAllocationHandle handle;

	OK(cuInit(0));
	OK(cuMemCreate(&handle, 2 * MIB, &host, 0));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(2 * MIB, simcuda_pinned_bytes());
	OK(cuMemRelease(handle));
	CHECK_EQUAL(0, simcuda_pinned_bytes());
}

TEST(an_open_descriptor_keeps_memory_on_the_device)
{
	CUmemGenericAllocationHandle handle;
	int file;

	OK(cuInit(0));
	handle = create(2 * MIB);
	OK(cuMemExportToShareableHandle(
		&file, handle, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
	OK(cuMemRelease(handle));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(2 * MIB, simcuda_physical_bytes(0));
	CHECK_EQUAL(2 * MIB, simcuda_kind_bytes(0, SIMCUDA_LINGERING));
	close(file);
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
}

TEST(an_import_in_the_same_process_is_not_counted_twice)
{
	CUmemGenericAllocationHandle handle, import;
	CUmemAllocationProp properties;
	int file;

	OK(cuInit(0));
	handle = create(2 * MIB);
	OK(cuMemExportToShareableHandle(
		&file, handle, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
	OK(cuMemImportFromShareableHandle(
		&import, (void *)(intptr_t)file, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR));
	close(file);
	CHECK(import != handle);
	OK(cuMemGetAllocationPropertiesFromHandle(&properties, import));
	CHECK_EQUAL(CU_MEM_LOCATION_TYPE_DEVICE, properties.location.type);
	CHECK_EQUAL(2 * MIB, simcuda_live_bytes(0));
	OK(cuMemRelease(handle));
	CHECK_EQUAL(2 * MIB, simcuda_physical_bytes(0));
	OK(cuMemRelease(import));
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
}

TEST_WITH(multicast_objects_hold_nothing_themselves, "SIMCUDA_DEVICES=2")
{
	CUmulticastObjectProp properties = {.numDevices = 2, .size = 2 * MIB};
	CUmemGenericAllocationHandle multicast, memory;
	CUdeviceptr address;

	begin();
	OK(cuMulticastCreate(&multicast, &properties));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	memory = create(2 * MIB);
	CHECK_EQUAL(
		CUDA_ERROR_ILLEGAL_STATE, cuMulticastBindMem(multicast, 0, memory, 0, 2 * MIB, 0));
	OK(cuMulticastAddDevice(multicast, 0));
	OK(cuMulticastAddDevice(multicast, 1));
	OK(cuMulticastBindMem(multicast, 0, memory, 0, 2 * MIB, 0));
	address = reserve(2 * MIB);
	OK(cuMemMap(address, 2 * MIB, 0, multicast, 0));
	OK(cuMemRelease(memory));
	CHECK_EQUAL(2 * MIB, simcuda_physical_bytes(0));
	OK(cuMemUnmap(address, 2 * MIB));
	OK(cuMulticastUnbind(multicast, 0, 0, 2 * MIB));
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
	OK(cuMemRelease(multicast));
}

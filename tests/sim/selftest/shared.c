/* Several processes on the same devices, what a killed one held, sharing of memory, the management library. */
#include "selftest.h"

#define NVML_NO_UNVERSIONED_FUNC_DEFS
#include <nvml.h>

#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A board of the test's own; must be called before anything of CUDA. */
static void own_board(void)
{
	char path[] = "/tmp/simcuda-selftest-XXXXXX";
	int file = mkstemp(path);

	CHECK(file >= 0);
	close(file);
	setenv("SIMCUDA_SHARED", path, 1);
}

static void drop_board(void)
{
	unlink(getenv("SIMCUDA_SHARED"));
}

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/* A second process that runs with pipes both ways. */
struct other {
	pid_t pid;
	int in, out;
};

static struct other start(void (*run)(int in, int out))
{
	struct other other;
	int to[2], from[2];

	CHECK(pipe(to) == 0 && pipe(from) == 0);
	fflush(NULL);
	other.pid = fork();
	if (other.pid == 0) {
		run(to[0], from[1]);
		_exit(0);
	}
	other.in = from[0];
	other.out = to[1];
	return other;
}

static void send_bytes(int file, const void *data, size_t size)
{
	CHECK(write(file, data, size) == (ssize_t)size);
}

static void receive_bytes(int file, void *data, size_t size)
{
	CHECK(read(file, data, size) == (ssize_t)size);
}

static void end_other(const struct other *other)
{
	int status;

	CHECK(waitpid(other->pid, &status, 0) == other->pid);
	CHECK_EQUAL(0, status);
}

static void hold_600(int in, int out)
{
	CUdeviceptr a;

	begin();
	OK(cuMemAlloc(&a, 600 * MIB));
	send_bytes(out, "x", 1);
	receive_bytes(in, &(char){0}, 1);
	exit(0);
}

TEST_WITH(processes_share_the_capacity, "SIMCUDA_MEMORY=1G")
{
	struct other other;
	CUdeviceptr a;
	size_t left, total;

	own_board();
	other = start(hold_600);
	receive_bytes(other.in, &(char){0}, 1);
	begin();
	CHECK_EQUAL(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&a, 500 * MIB));
	OK(cuMemGetInfo(&left, &total));
	CHECK_EQUAL(424 * MIB, left);
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
	CHECK_EQUAL(600 * MIB, simcuda_device_bytes(0));
	OK(cuMemAlloc(&a, 400 * MIB));
	CHECK_EQUAL(1000 * MIB, simcuda_device_peak(0));
	OK(cuMemFree(a));
	send_bytes(other.out, "x", 1);
	end_other(&other);
	CHECK_EQUAL(1000 * MIB, simcuda_device_peak(0));
	OK(cuMemAlloc(&a, GIB));
	drop_board();
}

TEST_WITH(memory_of_a_killed_process_comes_back_a_little_later,
	"SIMCUDA_MEMORY=1G SIMCUDA_REAP_MS=300")
{
	struct other other;
	CUdeviceptr a;
	int status, tries = 0;

	own_board();
	other = start(hold_600);
	receive_bytes(other.in, &(char){0}, 1);
	begin();
	kill(other.pid, SIGKILL);
	CHECK(waitpid(other.pid, &status, 0) == other.pid);
	CHECK_EQUAL(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&a, 500 * MIB));
	CHECK_EQUAL(600 * MIB, simcuda_device_bytes(0));
	while (cuMemAlloc(&a, 500 * MIB) && tries++ < 400)
		nap();
	CHECK(tries > 1 && tries < 400);
	CHECK_EQUAL(500 * MIB, simcuda_device_bytes(0));
	CHECK_EQUAL(600 * MIB, simcuda_device_peak(0));
	drop_board();
}

static void read_ipc(int in, int out)
{
	CUipcMemHandle handle;
	CUdeviceptr a, b;
	char back;

	begin();
	receive_bytes(in, &handle, sizeof(handle));
	OK(cuIpcOpenMemHandle(&a, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
	OK(cuIpcOpenMemHandle(&b, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
	CHECK_EQUAL(a, b);
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemFree(a));
	OK(cuMemcpyDtoH(&back, a + 999, 1));
	CHECK_EQUAL(44, back);
	OK(cuMemsetD8(a, 45, 1000));
	OK(cuIpcCloseMemHandle(a));
	OK(cuIpcCloseMemHandle(a));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuIpcCloseMemHandle(a));
	send_bytes(out, "x", 1);
	exit(0);
}

TEST(ipc_reaches_the_same_bytes)
{
	struct other other;
	CUipcMemHandle handle;
	CUdeviceptr a, ignored;
	char back;

	own_board();
	other = start(read_ipc);
	begin();
	OK(cuMemAlloc(&ignored, 100));
	OK(cuMemAlloc(&a, 1000));
	OK(cuMemsetD8(a, 44, 1000));
	OK(cuIpcGetMemHandle(&handle, a));
	CHECK_EQUAL(CUDA_ERROR_INVALID_CONTEXT,
		cuIpcOpenMemHandle(&ignored, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
	send_bytes(other.out, &handle, sizeof(handle));
	receive_bytes(other.in, &(char){0}, 1);
	end_other(&other);
	OK(cuMemcpyDtoH(&back, a, 1));
	CHECK_EQUAL(45, back);
	CHECK_EQUAL(1000 + 100, simcuda_live_bytes(0));
	drop_board();
}

static void *load(const char *name)
{
	static void *library;
	char path[4096];
	Dl_info driver;

	/* Beside the driver; by name alone a sanitizer's dlopen would not use our run path. */
	if (!library) {
		CHECK(dladdr((const void *)(uintptr_t)simcuda_device_count, &driver));
		CHECK(snprintf(path, sizeof(path), "%.*s/libnvidia-ml.so.1",
			      (int)(strrchr(driver.dli_fname, '/') - driver.dli_fname),
			      driver.dli_fname) < (int)sizeof(path));
		library = dlopen(path, RTLD_NOW);
	}
	CHECK(library);
	return dlsym(library, name);
}

TEST_WITH(the_management_library_sees_all_processes,
	"SIMCUDA_DEVICES=2 SIMCUDA_MEMORY=1G,2G CUDA_VISIBLE_DEVICES=1")
{
	struct other other;
	nvmlReturn_t (*init)(void), (*at)(unsigned int, nvmlDevice_t *),
		(*memory)(nvmlDevice_t, nvmlMemory_t *),
		(*processes)(nvmlDevice_t, unsigned int *, nvmlProcessInfo_t *);
	nvmlDevice_t device;
	nvmlMemory_t info;
	nvmlProcessInfo_t list[4];
	unsigned int count = 0;

	own_board();
	other = start(hold_600);
	receive_bytes(other.in, &(char){0}, 1);
	*(void **)&init = load("nvmlInit_v2");
	*(void **)&at = load("nvmlDeviceGetHandleByIndex_v2");
	*(void **)&memory = load("nvmlDeviceGetMemoryInfo");
	*(void **)&processes = load("nvmlDeviceGetComputeRunningProcesses_v3");
	CHECK_EQUAL(NVML_ERROR_UNINITIALIZED, at(0, &device));
	CHECK_EQUAL(NVML_SUCCESS, init());
	CHECK_EQUAL(NVML_SUCCESS, at(1, &device));
	CHECK_EQUAL(NVML_SUCCESS, memory(device, &info));
	CHECK_EQUAL(2 * GIB, info.total);
	CHECK_EQUAL(600 * MIB, info.used);
	CHECK_EQUAL(NVML_ERROR_INSUFFICIENT_SIZE, processes(device, &count, NULL));
	CHECK_EQUAL(1, count);
	CHECK_EQUAL(NVML_SUCCESS, processes(device, &count, list));
	CHECK_EQUAL(other.pid, list[0].pid);
	CHECK_EQUAL(600 * MIB, list[0].usedGpuMemory);
	send_bytes(other.out, "x", 1);
	end_other(&other);
	CHECK_EQUAL(NVML_SUCCESS, memory(device, &info));
	CHECK_EQUAL(0, info.used);
	drop_board();
}

TEST_WITH(green_contexts_are_the_primary_one, "SIMCUDA_CONTEXT_BYTES=64M")
{
	CUdevResource resource;
	CUdevResourceDesc descriptor;
	CUgreenCtx green;
	CUcontext ctx;
	CUdeviceptr a;

	OK(cuInit(0));
	OK(cuDeviceGetDevResource(0, &resource, CU_DEV_RESOURCE_TYPE_SM));
	OK(cuDevResourceGenerateDesc(&descriptor, &resource, 1));
	OK(cuGreenCtxCreate(&green, descriptor, 0, CU_GREEN_CTX_DEFAULT_STREAM));
	CHECK_EQUAL(64 * MIB, simcuda_physical_bytes(0));
	OK(cuCtxFromGreenCtx(&ctx, green));
	OK(cuCtxSetCurrent(ctx));
	OK(cuMemAlloc(&a, 1000));
	OK(cuGreenCtxDestroy(green));
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
	CHECK_EQUAL(CUDA_ERROR_CONTEXT_IS_DESTROYED, cuMemAlloc(&a, 1));
}

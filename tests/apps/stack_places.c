/*
 * Takes memory where stacks are not what they mostly are: in threads, on stacks of a signal's, of a
 * coroutine's and as small as they may be, beneath code that was made at run time. Which function takes it is
 * in each name.
 *
 *	stack_places PLACE...
 */
#include "check.h"

#include <cuda.h>
#include <cuda_runtime.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define CALL __attribute__((noinline)) static void

static volatile unsigned calls; /* no call here is a jump */

CALL take(size_t bytes)
{
	void *memory;

	OK(cudaMalloc(&memory, bytes));
	calls++;
}

CALL in_thread(void)
{
	take(1000);
	calls++;
}

static void *run_thread(void *argument)
{
	(void)argument;
	in_thread();
	calls++;
	return NULL;
}

static void thread(size_t stack_bytes)
{
	pthread_attr_t attributes;
	pthread_t thread;

	OK(pthread_attr_init(&attributes));
	if (stack_bytes > 0)
		OK(pthread_attr_setstacksize(&attributes, stack_bytes));
	OK(pthread_create(&thread, &attributes, run_thread, NULL));
	OK(pthread_join(thread, NULL));
}

static void in_handler(int number)
{
	(void)number;
	take(2000);
	calls++;
}

CALL interrupted(void)
{
	raise(SIGUSR1);
	calls++;
}

static void signal_stack(void)
{
	struct sigaction action = {.sa_handler = in_handler, .sa_flags = SA_ONSTACK};
	size_t bytes = 16 << 10;
	stack_t stack = {.ss_sp = malloc(bytes), .ss_size = bytes};

	OK(sigaltstack(&stack, NULL));
	OK(sigaction(SIGUSR1, &action, NULL));
	interrupted();
}

/* musl has none. */
#ifdef __GLIBC__
static ucontext_t back, there;
static char coroutine_stack[64 << 10];

static void in_coroutine(void)
{
	take(3000);
	calls++;
}

static void coroutine(void)
{
	OK(getcontext(&there));
	there.uc_stack.ss_sp = coroutine_stack;
	there.uc_stack.ss_size = sizeof(coroutine_stack);
	there.uc_link = &back;
	makecontext(&there, in_coroutine, 0);
	OK(swapcontext(&back, &there));
}
#else
static void coroutine(void)
{
	EXPECT(!"coroutines in this C library");
}
#endif

/* A function without unwind tables that calls what it is given, with the arguments that follow. */
typedef CUresult code(
	CUresult (*function)(CUdeviceptr *, size_t), CUdeviceptr *address, size_t bytes);

static code *make_code(void)
{
#if defined(__x86_64__)
	/* sub rsp,8; mov rax,rdi; mov rdi,rsi; mov rsi,rdx; call rax; add rsp,8; ret */
	static const unsigned char bytes[] = {0x48, 0x83, 0xec, 0x08, 0x48, 0x89, 0xf8, 0x48, 0x89,
		0xf7, 0x48, 0x89, 0xd6, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x08, 0xc3};
#else
	/* stp x29,x30,[sp,-16]!; mov x9,x0; mov x0,x1; mov x1,x2; blr x9; ldp x29,x30,[sp],16; ret */
	static const unsigned bytes[] = {
		0xa9bf7bfd, 0xaa0003e9, 0xaa0103e0, 0xaa0203e1, 0xd63f0120, 0xa8c17bfd, 0xd65f03c0};
#endif
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(page != MAP_FAILED);
	memcpy(page, bytes, sizeof(bytes));
	OK(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	__builtin___clear_cache((char *)page, (char *)page + sizeof(bytes));
	return (__extension__(code *) page);
}

__attribute__((noinline)) static CUresult beneath_code(CUdeviceptr *address, size_t bytes)
{
	*address = 0;
	take(bytes);
	calls++;
	return CUDA_SUCCESS;
}

/* Code that calls us, and code that calls CUDA itself. */
static void generated(CUresult (*function)(CUdeviceptr *, size_t), size_t bytes)
{
	CUdeviceptr address;

	OK(make_code()(function, &address, bytes));
	calls++;
}

/* The stack is that of the memory, not of its mapping. */
CALL create(CUmemGenericAllocationHandle *handle)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};

	OK(cuMemCreate(handle, 2 << 20, &prop, 0));
	calls++;
}

CALL map(void)
{
	CUmemGenericAllocationHandle handle;
	CUdeviceptr address;

	create(&handle);
	OK(cuMemAddressReserve(&address, 2 << 20, 0, 0, 0));
	OK(cuMemMap(address, 2 << 20, 0, handle, 0));
	OK(cuMemRelease(handle));
	calls++;
}

CALL in_child(void)
{
	take(7000);
	calls++;
}

static void child(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		in_child();
		exit(0);
	}
	OK(waitpid(pid, &status, 0) != pid || status != 0);
}

CALL before_the_end(void)
{
	take(8000);
	raise(SIGKILL);
	calls++;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "thread") == 0)
			thread(0);
		else if (strcmp(argv[i], "small") == 0)
			thread(32 << 10);
		else if (strcmp(argv[i], "signal") == 0)
			signal_stack();
		else if (strcmp(argv[i], "coroutine") == 0)
			coroutine();
		else if (strcmp(argv[i], "generated") == 0)
			generated(beneath_code, 4000);
		else if (strcmp(argv[i], "generated-alone") == 0)
			generated(cuMemAlloc, 5000);
		else if (strcmp(argv[i], "context") == 0)
			OK(cudaFree(NULL));
		else if (strcmp(argv[i], "vmm") == 0)
			map();
		else if (strcmp(argv[i], "fork") == 0)
			child();
		else if (strcmp(argv[i], "kill") == 0)
			before_the_end();
		else
			FAIL("there is no place %s", argv[i]);
	}
	return 0;
}

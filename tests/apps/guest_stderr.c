/*
 * Uses CUDA, does to its stderr what its argument says, and ends with status 7. What must not be hit is
 * a signal of ours. Usage: guest_stderr keep|close|replace FILE|full|broken|nonblock
 *
 *	full	a pipe that takes nothing more, and does not block	broken	a pipe that nobody reads
 */
#include "check.h"

#include <cuda.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The write end of a pipe becomes stderr before CUDA is used; its read end is given back. */
static int pipe_stderr(void)
{
	int ends[2];

	EXPECT(pipe(ends) == 0 && dup2(ends[1], 2) == 2);
	close(ends[1]);
	return ends[0];
}

static void use_cuda(void)
{
	CUdeviceptr memory;
	CUcontext ctx;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&ctx, 0));
	OK(cuCtxSetCurrent(ctx));
	OK(cuMemAlloc(&memory, 4096));
	EXPECT(cuMemAlloc(&memory, (size_t)1 << 40) != 0);
}

static void fill(void)
{
	char page[4096];

	memset(page, 'x', sizeof(page));
	EXPECT(fcntl(2, F_SETFL, O_NONBLOCK) == 0);
	while (write(2, page, sizeof(page)) > 0)
		;
	while (write(2, page, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "keep";
	int end;

	if (strcmp(what, "full") == 0) {
		pipe_stderr();
		fill();
	} else if (strcmp(what, "broken") == 0) {
		close(pipe_stderr());
	} else if (strcmp(what, "nonblock") == 0) {
		fcntl(2, F_SETFL, O_NONBLOCK);
	}
	use_cuda();
	if (strcmp(what, "close") == 0) {
		close(2);
	} else if (strcmp(what, "replace") == 0) {
		end = open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0600);
		EXPECT(end >= 0 && dup2(end, 2) == 2);
		EXPECT(write(2, "mine\n", 5) == 5);
	}
	printf("guest_stderr: still here\n");
	return 7;
}

/*
 * A member of a group that does what it is told, word by word; CUDA is used from the first word on that
 * needs it:
 *
 *	take:SIZE pool:SIZE managed:SIZE	asks for memory and says whether it got it
 *	give			frees what it got last
 *	show			what cuMemGetInfo says, in MiB
 *	device:N		goes on with another device
 *	say:TEXT		prints it
 *	run:COMMAND		has the shell run it
 *	wait			waits for a line on stdin
 *	graph:SIZE		launches a graph that allocates as much
 *	files			how many descriptors are open
 *	fork			goes on in a child, and waits for it; not after CUDA was used
 *	leave			goes on in a child whose parent ends at once
 *	exec			goes on as `sleep` without CUDA
 *	die			is killed
 */
#include "check.h"

#include <cuda.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 64

static CUdeviceptr taken[MOST];
static int count;
static bool uses_cuda;

static void use_device(int device)
{
	CUcontext context;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, device));
	OK(cuCtxSetCurrent(context));
	uses_cuda = true;
}

static void need_cuda(void)
{
	if (!uses_cuda)
		use_device(0);
}

static void took(const char *word, int result)
{
	printf("%s %s\n", word,
		result == CUDA_SUCCESS                       ? "granted"
			: result == CUDA_ERROR_OUT_OF_MEMORY ? "refused"
							     : "failed");
	count += result == CUDA_SUCCESS;
}

static int launch(size_t bytes)
{
	CUDA_MEM_ALLOC_NODE_PARAMS params = {.bytesize = bytes};
	CUgraph graph;
	CUgraphNode node;
	CUgraphExec exec;

	need_cuda();
	params.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
	params.poolProps.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
	OK(cuGraphCreate(&graph, 0));
	OK(cuGraphAddMemAllocNode(&node, graph, NULL, 0, &params));
	OK(cuGraphInstantiate(&exec, graph, 0));
	return (int)cuGraphLaunch(exec, NULL);
}

static void show(void)
{
	size_t free_bytes, total_bytes;

	need_cuda();
	OK(cuMemGetInfo(&free_bytes, &total_bytes));
	printf("free %zu of %zu\n", free_bytes >> 20, total_bytes >> 20);
}

static int open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int files = 0;

	EXPECT(folder != NULL);
	while (readdir(folder) != NULL)
		files++;
	closedir(folder);
	return files - 3; /* ".", ".." and the folder itself */
}

static void go_on_in_child(bool parent_waits)
{
	pid_t pid = fork();

	EXPECT(pid >= 0);
	if (pid == 0)
		return;
	if (parent_waits)
		waitpid(pid, NULL, 0);
	exit(0);
}

static void without_size(const char *word)
{
	char line[16];

	if (strcmp(word, "give") == 0)
		OK(cuMemFree(taken[--count]));
	else if (strcmp(word, "show") == 0)
		show();
	else if (strcmp(word, "wait") == 0)
		EXPECT(fgets(line, sizeof(line), stdin) != NULL);
	else if (strcmp(word, "files") == 0)
		printf("files %d\n", open_files());
	else if (strcmp(word, "fork") == 0)
		go_on_in_child(true);
	else if (strcmp(word, "leave") == 0)
		go_on_in_child(false);
	else if (strcmp(word, "exec") == 0)
		execlp("sleep", "sleep", "60", (char *)NULL);
	else if (strcmp(word, "die") == 0)
		raise(SIGKILL);
	else
		FAIL("unknown word %s", word);
}

static void with_size(const char *word, size_t bytes)
{
	EXPECT(count < MOST);
	need_cuda();
	if (strncmp(word, "take:", 5) == 0)
		took(word, (int)cuMemAlloc(&taken[count], bytes));
	else if (strncmp(word, "managed:", 8) == 0)
		took(word, (int)cuMemAllocManaged(&taken[count], bytes, CU_MEM_ATTACH_GLOBAL));
	else if (strncmp(word, "pool:", 5) == 0)
		took(word, (int)cuMemAllocAsync(&taken[count], bytes, NULL));
	else if (strncmp(word, "graph:", 6) == 0)
		printf("%s %s\n", word, launch(bytes) == CUDA_SUCCESS ? "granted" : "refused");
	else
		FAIL("unknown word %s", word);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		const char *colon = strchr(argv[i], ':');

		if (colon == NULL)
			without_size(argv[i]);
		else if (strncmp(argv[i], "device:", 7) == 0)
			use_device(atoi(colon + 1));
		else if (strncmp(argv[i], "say:", 4) == 0)
			printf("%s\n", colon + 1);
		else if (strncmp(argv[i], "run:", 4) == 0)
			OK(system(colon + 1));
		else
			with_size(argv[i], parse_size(colon + 1));
	}
	return 0;
}

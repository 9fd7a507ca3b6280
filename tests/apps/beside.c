/*
 * Uses the runtime, where a saver is preloaded (beside_saver.c) through it: takes pieces until they do not fit
 * any more, has them saved and restored, and frees all but one. Usage: beside [PIECE [MOST]]
 */
#include "check.h"

#include <cuda_runtime.h>
#include <dlfcn.h>

int main(int argc, char **argv)
{
	size_t bytes = argument(argc, argv, 1, "64M");
	int most = (int)argument(argc, argv, 2, "24"), count = 0;
	void *pieces[64], *managed;
	void (*pause_all)(void);
	int (*resume_all)(void);
	size_t free_bytes, total;

	EXPECT(most <= 64);
	*(void **)&pause_all = dlsym(RTLD_DEFAULT, "saver_pause");
	*(void **)&resume_all = dlsym(RTLD_DEFAULT, "saver_resume");
	OK(cudaMallocManaged(&managed, 1 << 20, cudaMemAttachGlobal));
	while (count < most && cudaMalloc(&pieces[count], bytes) == cudaSuccess)
		count++;
	EXPECT(count > 0);
	(void)cudaGetLastError();
	OK(cudaMemGetInfo(&free_bytes, &total));
	printf("%d pieces, %zu MiB free\n", count, free_bytes >> 20);
	if (pause_all) {
		pause_all();
		OK(cudaMemGetInfo(&free_bytes, &total));
		printf("paused: %zu MiB free\n", free_bytes >> 20);
		printf("resumed: %d missing\n", resume_all());
	}
	OK(cudaMemset(pieces[0], 7, bytes));
	for (int i = 1; i < count; i++)
		OK(cudaFree(pieces[i]));
	OK(cudaFree(managed));
	OK(cudaFree(NULL));
	return 0;
}

/*
 * Two devices: allocations on each, copies between them, a free while the other is current, threads that
 * each use their own. Needs two devices. Usage: two_gpus [bytes on the first [bytes on the second]]
 */
#include "check.h"

#include <cuda_runtime.h>
#include <pthread.h>

static size_t wanted[2];

static void *work(void *argument)
{
	int device = *(int *)argument, now;
	char *memory, back = 0;

	OK(cudaSetDevice(device));
	for (int round = 0; round < 100; round++) {
		OK(cudaMalloc((void **)&memory, wanted[device] / 2));
		OK(cudaMemset(memory, device + 1, wanted[device] / 2));
		OK(cudaMemcpy(&back, memory, 1, cudaMemcpyDeviceToHost));
		EXPECT(back == device + 1);
		OK(cudaFree(memory));
	}
	OK(cudaGetDevice(&now));
	EXPECT(now == device);
	return NULL;
}

int main(int argc, char **argv)
{
	int count, devices[2] = {0, 1};
	pthread_t threads[2];
	char *first, *second, back = 0;

	wanted[0] = argument(argc, argv, 1, "8M");
	wanted[1] = argument(argc, argv, 2, "4M");
	OK(cudaGetDeviceCount(&count));
	if (count < 2)
		FAIL("two devices are needed, there are %d", count);
	OK(cudaSetDevice(0));
	OK(cudaMalloc((void **)&first, wanted[0]));
	OK(cudaSetDevice(1));
	OK(cudaMalloc((void **)&second, wanted[1]));
	OK(cudaMemset(first, 77, wanted[1] < wanted[0] ? wanted[1] : wanted[0]));
	OK(cudaMemcpyPeer(second, 1, first, 0, wanted[1] < wanted[0] ? wanted[1] : wanted[0]));
	OK(cudaMemcpy(&back, second, 1, cudaMemcpyDeviceToHost));
	EXPECT(back == 77);
	/* Memory is freed on the device it belongs to, whichever is current. */
	OK(cudaFree(first));
	OK(cudaFree(second));
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, work, &devices[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("two_gpus: fine\n");
	return 0;
}

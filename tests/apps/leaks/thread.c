/* Threads leak, and are gone before the end. */
#include "zoo.h"

#include <pthread.h>

static void *work(void *unused)
{
	for (int i = 0; i < 4; i++)
		OK(cudaFree(take(1)));
	take(1);
	return unused;
}

int main(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		OK(pthread_create(&threads[i], NULL, work, NULL));
	for (int i = 0; i < 4; i++)
		OK(pthread_join(threads[i], NULL));
	return 0;
}

/* Pitched memory that stays, beside an array that does not. */
#include "zoo.h"

int main(void)
{
	size_t pitch;
	void *memory;

	OK(cudaMallocPitch(&memory, &pitch, 1024, 1024));
	return pitch < 1024;
}

/* A program that has nothing to do with CUDA; it must not notice anything. */
#include <stdio.h>

int main(void)
{
	printf("nocuda: fine\n");
	return 0;
}

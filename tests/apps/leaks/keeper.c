/* A library that keeps what it takes; its file's name says what it is. */
#include "zoo.h"

void *keep(size_t mib);
void *keep(size_t mib)
{
	return take(mib);
}

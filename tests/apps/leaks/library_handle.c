/* The workspace of a library whose handle nobody destroys. */
#include <stddef.h>

void *keep(size_t mib);

int main(void)
{
	return keep(16) == NULL;
}

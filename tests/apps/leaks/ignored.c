/* Kept on purpose, and said so. */
#include "zoo.h"

#include <rac.h>
#include <stdint.h>

int main(void)
{
	void *memory = take(1);

	rac_ignore((uint64_t)(uintptr_t)memory);
	return 0;
}

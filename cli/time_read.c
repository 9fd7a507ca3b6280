/*
 * time_read.c - see time_read.h.
 */
#include "time_read.h"

#include "checked.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_DIGITS     9

bool rac_time_read(const char *text, uint64_t *unix_ns)
{
	struct tm parts = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);

	if (end == NULL || *end != '\0')
		return false;
	time_t seconds = timegm(&parts);

	return seconds >= 0 && rac_checked_mul((uint64_t)seconds, NS_PER_SECOND, unix_ns);
}

/* "12.345": digits, and perhaps a point and more of them. */
static bool read_plain(const char *digits, uint64_t *ns)
{
	uint64_t seconds = 0, fraction = 0;
	size_t whole = strspn(digits, "0123456789"), places = 0;

	for (size_t i = 0; i < whole; i++)
		if (!rac_checked_mul(seconds, 10, &seconds) ||
			!rac_checked_add(seconds, (uint64_t)(digits[i] - '0'), &seconds))
			return false;
	if (digits[whole] == '.')
		for (digits += whole + 1, whole = 0; *digits >= '0' && *digits <= '9'; digits++)
			if (places < NS_DIGITS) {
				fraction = fraction * 10 + (uint64_t)(*digits - '0');
				places++;
			}
	if (digits[whole] != '\0')
		return false;
	for (; places < NS_DIGITS; places++)
		fraction *= 10;
	return rac_checked_mul(seconds, NS_PER_SECOND, ns) && rac_checked_add(*ns, fraction, ns);
}

bool rac_seconds_read(const char *digits, uint64_t *ns)
{
	if (strpbrk(digits, "eE") == NULL)
		return read_plain(digits, ns);
	double seconds = strtod(digits, NULL);

	/* Also false for NaN. */
	if (!(seconds >= 0 && seconds < 18446744073.0))
		return false;
	*ns = (uint64_t)(seconds * (double)NS_PER_SECOND);
	return true;
}

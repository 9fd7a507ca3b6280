/*
 * time_text.c - prints points in time and durations; it asks no clock and no time zone.
 */
#include "time_text.h"

#define NS_PER_SECOND UINT64_C(1000000000)

struct date {
	unsigned year, month, day;
};

/*
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: with years that
 * begin in March the leap day is the last of its year, and the lengths of the months before it
 * follow 153 days per 5 months. 719468 days lie between 0000-03-01 and 1970-01-01.
 */
static struct date date_of(uint64_t days_since_1970)
{
	uint64_t days = days_since_1970 + 719468;
	uint64_t era = days / 146097;
	unsigned day_of_era = (unsigned)(days % 146097);
	unsigned year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned month_from_march = (5 * day_of_year + 2) / 153;
	struct date date;

	date.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	date.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	date.year = (unsigned)(era * 400) + year_of_era + (date.month <= 2);
	return date;
}

static char *put_digits(char *to, uint64_t value, unsigned digits)
{
	for (unsigned i = digits; i > 0; i--) {
		to[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	return to + digits;
}

static unsigned digits_of(uint64_t value)
{
	unsigned digits = 1;

	while (value >= 10) {
		value /= 10;
		digits++;
	}
	return digits;
}

size_t rac_time_text(char out[RAC_TIME_TEXT_MAX], uint64_t unix_ns)
{
	uint64_t seconds = unix_ns / NS_PER_SECOND;
	unsigned of_day = (unsigned)(seconds % 86400);
	struct date date = date_of(seconds / 86400);
	char *to = put_digits(out, date.year, 4);

	*to++ = '-';
	to = put_digits(to, date.month, 2);
	*to++ = '-';
	to = put_digits(to, date.day, 2);
	*to++ = 'T';
	to = put_digits(to, of_day / 3600, 2);
	*to++ = ':';
	to = put_digits(to, of_day / 60 % 60, 2);
	*to++ = ':';
	to = put_digits(to, of_day % 60, 2);
	*to++ = 'Z';
	*to = '\0';
	return (size_t)(to - out);
}

size_t rac_seconds_text(char out[RAC_SECONDS_TEXT_MAX], uint64_t ns, unsigned decimals)
{
	uint64_t whole = ns / NS_PER_SECOND, fraction = ns % NS_PER_SECOND;
	unsigned kept = decimals < 1 ? 1 : decimals > 9 ? 9 : decimals;
	char *to = put_digits(out, whole, digits_of(whole));

	for (unsigned i = kept; i < 9; i++)
		fraction /= 10;
	while (kept > 1 && fraction % 10 == 0) {
		fraction /= 10;
		kept--;
	}
	*to++ = '.';
	to = put_digits(to, fraction, kept);
	*to = '\0';
	return (size_t)(to - out);
}

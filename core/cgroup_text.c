/*
 * cgroup_text.c - see cgroup_text.h.
 */
#include "cgroup_text.h"

#include "checked.h"
#include <string.h>

struct span {
	const char *at, *end;
};

static bool is_done(const struct span *s)
{
	return s->at == s->end;
}

/* Takes off the front what comes before the separator, and the separator. */
static struct span cut(struct span *s, char separator)
{
	const char *found = is_done(s) ? NULL : memchr(s->at, separator, (size_t)(s->end - s->at));
	struct span part = {s->at, found != NULL ? found : s->end};

	s->at = found != NULL ? found + 1 : s->end;
	return part;
}

bool rac_cgroup_path(const char *text, size_t length, const char **path, size_t *path_length)
{
	struct span lines = {text, text + length};

	while (!is_done(&lines)) {
		struct span line = cut(&lines, '\n');

		if (line.end - line.at < 4 || memcmp(line.at, "0::/", 4) != 0)
			continue;
		*path = line.at + 3;
		*path_length = (size_t)(line.end - *path);
		/* "/../x": beside the root of our namespace. */
		return *path_length < 3 || memcmp(*path, "/..", 3) != 0;
	}
	return false;
}

static bool parse_hex(struct span s, unsigned long *out)
{
	*out = 0;
	if (is_done(&s) || s.end - s.at > 8)
		return false;
	for (; !is_done(&s); s.at++) {
		char c = *s.at;
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			digit = (unsigned)((c | 32) - 'a' + 10);
		else
			return false;
		*out = *out << 4 | digit;
	}
	return true;
}

/* domain:bus:device.function */
static bool parse_pci(struct span s, unsigned long out[4])
{
	struct span domain = cut(&s, ':'), bus = cut(&s, ':'), device = cut(&s, '.');

	return parse_hex(domain, &out[0]) && parse_hex(bus, &out[1]) &&
		parse_hex(device, &out[2]) && parse_hex(s, &out[3]);
}

static bool is_region_of(struct span region, const unsigned long pci[4])
{
	while (!is_done(&region)) {
		unsigned long found[4];

		if (parse_pci(cut(&region, '/'), found) && memcmp(found, pci, sizeof(found)) == 0)
			return true;
	}
	return false;
}

/* False for "max", and for what is no number. */
static bool parse_bytes(struct span s, uint64_t *out)
{
	*out = 0;
	if (is_done(&s))
		return false;
	for (; !is_done(&s); s.at++)
		if (*s.at < '0' || *s.at > '9' || !rac_checked_mul(*out, 10, out) ||
			!rac_checked_add(*out, (uint64_t)(*s.at - '0'), out))
			return false;
	return true;
}

bool rac_dmem_limit(const char *text, size_t length, const char *pci, uint64_t *bytes)
{
	struct span lines = {text, text + length};
	unsigned long wanted[4];
	bool found = false;
	uint64_t limit;

	if (!parse_pci((struct span){pci, pci + strlen(pci)}, wanted))
		return false;
	while (!is_done(&lines)) {
		struct span line = cut(&lines, '\n');
		struct span region = cut(&line, ' ');

		if (!is_region_of(region, wanted) || !parse_bytes(line, &limit))
			continue;
		*bytes = found && *bytes < limit ? *bytes : limit;
		found = true;
	}
	return found;
}

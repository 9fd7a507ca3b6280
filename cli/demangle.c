/*
 * demangle.c - see demangle.h.
 */
#include "demangle.h"

#include <stdlib.h>
#include <string.h>

#ifdef RAC_HAVE_DEMANGLER
#include <libiberty/demangle.h>
#endif

/* Longer ones are left alone. Names in large C++ programs have some thousand bytes. */
#define SYMBOL_MOST 16384

/* Where what the compiler appended to the name of a copy begins, else its end. */
static size_t plain_length(const char *symbol)
{
	static const char *const appended[] = {
		".constprop.", ".part.", ".isra.", ".cold", ".lto_priv.", ".llvm.", ".localalias"};
	size_t length = strlen(symbol);

	for (size_t i = 0; i < sizeof(appended) / sizeof(appended[0]); i++) {
		const char *at = strstr(symbol + (symbol[0] != '\0'), appended[i]);

		if (at != NULL && (size_t)(at - symbol) < length)
			length = (size_t)(at - symbol);
	}
	return length;
}

#ifdef RAC_HAVE_DEMANGLER

bool rac_demangles(void)
{
	return true;
}

static char *demangle(const char *symbol)
{
	return cplus_demangle(symbol, DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI);
}

#else

bool rac_demangles(void)
{
	return false;
}

static char *demangle(const char *symbol)
{
	(void)symbol;
	return NULL;
}

#endif

const char *rac_demangle(struct rac_pool *pool, const char *symbol)
{
	size_t length = plain_length(symbol);
	char *plain = length < SYMBOL_MOST ? strndup(symbol, length) : NULL;
	char *name = plain != NULL ? demangle(plain) : NULL;
	const char *result = plain != NULL ? plain : symbol;

	result = rac_pool_text(pool, name != NULL ? name : result);
	free(name);
	free(plain);
	return result;
}

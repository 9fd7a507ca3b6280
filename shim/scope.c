/*
 * scope.c - see scope.h.
 *
 * The texts of all scopes lie in the arena once each. A table in the state finds them: each word has 34 bits of the
 * hash and 30 of the place, so that one compare-and-swap puts both there.
 */
#include "scope.h"

#include "stack.h"
#include "state.h"
#include <string.h>

#define PLACE_BITS 30
#define PLACE_MASK ((UINT64_C(1) << PLACE_BITS) - 1)

/* FNV-1a; never 0. */
static uint64_t hash_of(const char *text, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return h | (UINT64_C(1) << 63);
}

static void set_text(struct rac_named_scope *scope, size_t bytes)
{
	scope->bytes = (uint16_t)bytes;
	scope->text[bytes] = '\0';
	scope->hash = bytes > 0 ? hash_of(scope->text, bytes) : 0;
}

void rac_scope_enter(struct rac_named_scope *scope, const char *name)
{
	size_t n = strnlen(name, RAC_SCOPE_TEXT_MAX), at = scope->bytes;
	unsigned depth = scope->depth++;

	if (depth >= RAC_SCOPE_DEPTH)
		return;
	scope->ends[depth] = scope->bytes;
	if (n == 0 || at + (at > 0) + n >= RAC_SCOPE_TEXT_MAX)
		return;
	if (at > 0)
		scope->text[at++] = '/';
	memcpy(scope->text + at, name, n);
	set_text(scope, at + n);
}

void rac_scope_leave(struct rac_named_scope *scope)
{
	if (scope->depth == 0)
		return;
	scope->depth--;
	if (scope->depth < RAC_SCOPE_DEPTH)
		set_text(scope, scope->ends[scope->depth]);
}

uint32_t rac_scope_place(struct rac_state *state, const struct rac_named_scope *scope)
{
	uint64_t tag = scope->hash << PLACE_BITS;
	uint32_t place = 0;

	for (unsigned probe = 0; probe < RAC_STATE_SCOPES; probe++) {
		uint64_t at = (scope->hash >> 32 ^ scope->hash) + probe;
		rac_atomic_u64 *word = &state->scopes[at & (RAC_STATE_SCOPES - 1)];
		/* Acquire and release: who finds the place finds the text. */
		uint64_t seen = rac_load_acquire(word);

		if (seen == 0) {
			if (place == 0)
				place = rac_stack_put_text(
					&state->arena, scope->text, scope->bytes);
			if (place == 0 || place > PLACE_MASK)
				return 0;
			if (rac_cas_strong_acq_rel(word, &seen, tag | place))
				return place;
		}
		if ((seen & ~PLACE_MASK) == tag)
			return (uint32_t)(seen & PLACE_MASK);
	}
	return 0;
}

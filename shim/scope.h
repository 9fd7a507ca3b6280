/*
 * scope.h - names that a thread of the program gives to what it does: memory that it asks for meanwhile is counted
 * apart. What the program calls is api.c's.
 */
#ifndef RAC_SCOPE_H
#define RAC_SCOPE_H

#include <stdint.h>

#define RAC_SCOPE_TEXT_MAX \
	256 /* bytes of the names of all scopes that a thread is in, NUL included */
#define RAC_SCOPE_DEPTH 16

struct rac_state;

/* Of one thread. All zeros: it is in none. */
struct rac_named_scope {
	uint64_t hash;  /* of the text; 0: it is in none */
	unsigned depth; /* scopes entered, those included for which there was no room */
	uint16_t bytes; /* of the text */
	uint16_t ends[RAC_SCOPE_DEPTH]; /* of the text before each scope */
	char text[RAC_SCOPE_TEXT_MAX];  /* "outer/inner" */
};

/* Enter and leave one. Of what there is no room for the scope around it stands. */
void rac_scope_enter(struct rac_named_scope *scope, const char *name);
void rac_scope_leave(struct rac_named_scope *scope);

/* Where the names of the scopes lie in the record; 0: there is no room for more. */
uint32_t rac_scope_place(struct rac_state *state, const struct rac_named_scope *scope);

#endif

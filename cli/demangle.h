/*
 * demangle.h - the names of functions as their authors wrote them; the one place that knows which library
 * does that.
 *
 * The library is libiberty, of GCC and binutils: it knows C++ and both manglings of Rust, is kept with the
 * compilers that make the names, and bounds its own recursion. Without it (see cli/build.mk) names stay
 * as linkers know them.
 */
#ifndef RAC_DEMANGLE_H
#define RAC_DEMANGLE_H

#include "pool.h"

/* Whether there is a library. */
bool rac_demangles(void);

/*
 * The name behind a linker's symbol, in the pool; what compilers append to copies of a function
 * (".constprop.0", ".cold") and Rust's hash are left out. A name that is not mangled is itself.
 */
const char *rac_demangle(struct rac_pool *pool, const char *symbol);

#endif

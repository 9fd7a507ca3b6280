/*
 * shapes.cc - functions of every shape that C++ has, each of which says where it is.
 */
#include "probe.h"
#include <string>
#include <vector>

#define INLINE inline __attribute__((always_inline))
#define OUTLINE __attribute__((noinline))

namespace shop {

template <typename T> struct Cache {
	std::vector<T> kept;
	OUTLINE void grow(unsigned long by)
	{
		kept.resize(kept.size() + by);
		probe("template"); /* template */
		__asm__ volatile("");
	}
	INLINE void inlined()
	{
		probe("inlined"); /* inlined */
		__asm__ volatile("");
	}
};

INLINE void middle(Cache<int> &cache)
{
	cache.inlined(); /* middle */
}

OUTLINE void serve(Cache<int> &cache)
{
	middle(cache); /* serve */
	__asm__ volatile("");
}

} /* namespace shop */

namespace {

OUTLINE void hidden(const std::string &text)
{
	probe(text.c_str()); /* hidden */
	__asm__ volatile("");
}

} /* namespace */

extern "C" OUTLINE void plain(void)
{
	probe("plain"); /* plain */
	__asm__ volatile("");
}

int main()
{
	shop::Cache<int> cache;
	auto lambda = [](int n) OUTLINE {
		probe("lambda"); /* lambda */
		__asm__ volatile("");
		return n;
	};

	cache.grow(3);
	shop::serve(cache);
	hidden("hidden");
	plain();
	probe("main"); /* main */
	return lambda(0);
}

/*
 * embedded.c - puts the files of embedded.h into the command; the assembler finds them in cli/.
 */
#include "embedded.h"

#define EMBED(symbol, file)                                  \
	__asm__(".section .rodata\n"                         \
		".global " #symbol "\n"                      \
		".type " #symbol ", @object\n" #symbol ":\n" \
		".incbin \"" file "\"\n"                     \
		".byte 0\n"                                  \
		".size " #symbol ", . - " #symbol "\n"       \
		".previous")

EMBED(rac_embedded_completion, "completion.bash");
EMBED(rac_embedded_fish, "completion.fish");
EMBED(rac_embedded_page, "report.html");

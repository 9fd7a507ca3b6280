/*
 * ask.h - how many functions there are in ask_*.S, one for each symbol that we export; read by the
 * assembler, too.
 */
#define RAC_ASK_STUBS 256

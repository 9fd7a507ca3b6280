/*
 * pickle.c - see pickle.h and Python's Lib/pickletools.py, which describes each operation.
 */
#include "pickle.h"

#include <string.h>

#define PORTION 1000

enum operation {
	OP_PROTO = 0x80,
	OP_STOP = '.',
	OP_EMPTY_DICT = '}',
	OP_EMPTY_LIST = ']',
	OP_MARK = '(',
	OP_SETITEMS = 'u',
	OP_APPENDS = 'e',
	OP_BINUNICODE = 'X',
	OP_BININT1 = 'K',
	OP_LONG1 = 0x8a,
	OP_NEWTRUE = 0x88,
	OP_NEWFALSE = 0x89,
	OP_TUPLE2 = 0x86,
	OP_LONG_BINPUT = 'r',
	OP_LONG_BINGET = 'j',
};

static void put(struct rac_emit *e, unsigned value)
{
	const char byte = (char)value;

	rac_emit_bytes(e, &byte, 1);
}

static void put_little_endian(struct rac_emit *e, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		put(e, (unsigned)(value >> (8 * i)) & 0xff);
}

void rac_pickle_begin(struct rac_emit *e)
{
	put(e, OP_PROTO);
	put(e, 2);
}

void rac_pickle_end(struct rac_emit *e)
{
	put(e, OP_STOP);
}

void rac_pickle_dict_begin(struct rac_emit *e)
{
	put(e, OP_EMPTY_DICT);
	put(e, OP_MARK);
}

void rac_pickle_dict_end(struct rac_emit *e)
{
	put(e, OP_SETITEMS);
}

void rac_pickle_list_begin(struct rac_emit *e)
{
	put(e, OP_EMPTY_LIST);
	put(e, OP_MARK);
}

void rac_pickle_list_item(struct rac_emit *e, size_t before)
{
	if (before == 0 || before % PORTION != 0)
		return;
	put(e, OP_APPENDS);
	put(e, OP_MARK);
}

void rac_pickle_list_end(struct rac_emit *e)
{
	put(e, OP_APPENDS);
}

void rac_pickle_string(struct rac_emit *e, const char *string)
{
	put(e, OP_BINUNICODE);
	put_little_endian(e, strlen(string), 4);
	rac_emit_string(e, string);
}

void rac_pickle_u64(struct rac_emit *e, uint64_t value)
{
	if (value < 256) {
		put(e, OP_BININT1);
		put(e, (unsigned)value);
		return;
	}
	put(e, OP_LONG1);
	put(e, 8);
	put_little_endian(e, value < INT64_MAX ? value : INT64_MAX, 8);
}

void rac_pickle_bool(struct rac_emit *e, bool value)
{
	put(e, value ? OP_NEWTRUE : OP_NEWFALSE);
}

void rac_pickle_pair_of_zeros(struct rac_emit *e)
{
	rac_pickle_u64(e, 0);
	rac_pickle_u64(e, 0);
	put(e, OP_TUPLE2);
}

void rac_pickle_keep(struct rac_emit *e, uint32_t place)
{
	put(e, OP_LONG_BINPUT);
	put_little_endian(e, place, 4);
}

void rac_pickle_again(struct rac_emit *e, uint32_t place)
{
	put(e, OP_LONG_BINGET);
	put_little_endian(e, place, 4);
}

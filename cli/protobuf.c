/*
 * protobuf.c - see protobuf.h and protobuf.dev/programming-guides/encoding.
 */
#include "protobuf.h"

#include <stdlib.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_LENGTH = 2 };

static void add(struct rac_proto *p, const void *bytes, size_t n)
{
	if (p->failed)
		return;
	if (n > p->room - p->used) {
		size_t room = p->room * 2 + n + 64;
		char *more = realloc(p->bytes, room);

		p->failed = more == NULL;
		if (p->failed)
			return;
		p->bytes = more;
		p->room = room;
	}
	if (n > 0)
		memcpy(p->bytes + p->used, bytes, n);
	p->used += n;
}

void rac_proto_clear(struct rac_proto *p)
{
	p->used = 0;
}

void rac_proto_free(struct rac_proto *p)
{
	free(p->bytes);
	*p = (struct rac_proto){.failed = p->failed};
}

void rac_proto_varint(struct rac_proto *p, uint64_t value)
{
	unsigned char bytes[10];
	size_t n = 0;

	do {
		bytes[n] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
		n++;
	} while (value > 0);
	add(p, bytes, n);
}

static void tag(struct rac_proto *p, unsigned field, unsigned wire)
{
	rac_proto_varint(p, (uint64_t)field << 3 | wire);
}

void rac_proto_u64_even_0(struct rac_proto *p, unsigned field, uint64_t value)
{
	tag(p, field, WIRE_VARINT);
	rac_proto_varint(p, value);
}

void rac_proto_u64(struct rac_proto *p, unsigned field, uint64_t value)
{
	if (value != 0)
		rac_proto_u64_even_0(p, field, value);
}

void rac_proto_bytes(struct rac_proto *p, unsigned field, const char *bytes, size_t n)
{
	tag(p, field, WIRE_LENGTH);
	rac_proto_varint(p, n);
	add(p, bytes, n);
}

void rac_proto_string(struct rac_proto *p, unsigned field, const char *string)
{
	rac_proto_bytes(p, field, string, strlen(string));
}

void rac_proto_message(struct rac_proto *p, unsigned field, const struct rac_proto *message)
{
	p->failed = p->failed || message->failed;
	rac_proto_bytes(p, field, message->bytes, message->used);
}

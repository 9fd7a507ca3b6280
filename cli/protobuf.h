/*
 * protobuf.h - the wire form of protocol buffers: what a message is made of, not which messages there
 * are. Two formats need some dozen fields of it between them, which is less than the code that a
 * generator would add, and needs no generator to build.
 *
 * A message is built in memory, then put into the one around it or written.
 */
#ifndef RAC_PROTOBUF_H
#define RAC_PROTOBUF_H

#include "report.h"

/* Start with {0}. Once memory was lacking, nothing more is added. */
struct rac_proto {
	char *bytes;
	size_t used, room;
	bool failed;
};

void rac_proto_clear(struct rac_proto *p); /* keeps the memory for the next message */
void rac_proto_free(struct rac_proto *p);

/* A bare varint, as in packed fields. */
void rac_proto_varint(struct rac_proto *p, uint64_t value);

void rac_proto_u64(struct rac_proto *p, unsigned field, uint64_t value); /* 0 is left out */
void rac_proto_u64_even_0(struct rac_proto *p, unsigned field, uint64_t value);
void rac_proto_bytes(struct rac_proto *p, unsigned field, const char *bytes, size_t n);
void rac_proto_string(struct rac_proto *p, unsigned field, const char *string);
void rac_proto_message(struct rac_proto *p, unsigned field, const struct rac_proto *message);

#endif

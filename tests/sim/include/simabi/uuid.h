/* The one structure that the driver's and the runtime's headers share. */
#ifndef SIMABI_UUID_H
#define SIMABI_UUID_H

typedef struct CUuuid_st {
	char bytes[16];
} CUuuid;

#endif

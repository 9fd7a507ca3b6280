/*
 * embedded.h - files of this folder that the command carries, each ended by NUL.
 */
#ifndef RAC_EMBEDDED_H
#define RAC_EMBEDDED_H

extern const char rac_embedded_completion[];
extern const char rac_embedded_fish[];
extern const char rac_embedded_page[];

#endif

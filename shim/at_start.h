/*
 * at_start.h - keeps together what runs and what is written in every program, at load and at exit, CUDA
 * or not.
 *
 * Such a program pays for the pages that we touch, not for the instructions: code goes to the beginning
 * of our text, which the kernel maps with the headers that the loader reads, and variables go beside
 * those that the loader relocates, on a page that is there anyway. For the same reason such code reads no
 * constants but those in its instructions: no tables, no switch that becomes one.
 */
#ifndef RAC_AT_START_H
#define RAC_AT_START_H

#define RAC_AT_START_CODE __attribute__((section(".text.startup")))
#define RAC_AT_START_DATA __attribute__((section(".data.startup")))

#endif

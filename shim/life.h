/*
 * life.h - the exit handlers of this process.
 */
#ifndef RAC_LIFE_H
#define RAC_LIFE_H

/* Registers them, once. Our constructor does; but a library whose constructor runs before it may use CUDA there
 * and end the process. */
void rac_life_register(void);

#endif

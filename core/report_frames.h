/*
 * report_frames.h - which frames of a call stack say where a program allocates, and which are of what merely carries
 * it: CUDA, the C and C++ libraries, an interpreter. What a frame is called is not decided here.
 *
 * Names are there once somebody looked them up; without them a frame is known by its module alone.
 */
#ifndef RAC_REPORT_FRAMES_H
#define RAC_REPORT_FRAMES_H

#include "report.h"

/* A native frame of CPython, of its ctypes, or of libffi, which that calls through. */
bool rac_frame_is_interpreter(const struct rac_report_frame *frame);

/*
 * How many frames of the site tell one stack from another: those up to main, included, or up to what starts programs
 * and threads where main has no name; what calls these is the same for everybody.
 */
size_t rac_site_frames_told(const struct rac_report_site *site);

/*
 * What somebody can go and look at, and what a finding blames: the innermost function with a name that is the
 * program's own, one that CUDA, the C library or an interpreter merely carries. NULL: no such frame has a name.
 */
const struct rac_report_frame *rac_site_place(const struct rac_report_site *site);

#endif

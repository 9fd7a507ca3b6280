/*
 * message.h - how the shim writes to a descriptor of the host's without being noticed.
 */
#ifndef RAC_MESSAGE_H
#define RAC_MESSAGE_H

#include "state.h"
#include <stddef.h>

/*
 * Writes the bytes to descriptor 2 in one piece, if 2 is still the file that it was at the first
 * use of CUDA; otherwise as rac_message_write_all. At most PIPE_BUF (4,096) bytes go unmixed with
 * what others write, and whole or not at all.
 */
void rac_message_stderr(const struct rac_state *state, const char *bytes, size_t n);

/* Notes what descriptor 2 is now. */
void rac_message_note_stderr(struct rac_stderr_identity *out);

/* Whether descriptor 2 is still the file that it was at the first use of CUDA. */
bool rac_message_stderr_is_same(const struct rac_state *state);

/*
 * Writes all bytes. 0, or the error that it ended with; ETIMEDOUT: nobody took anything for a
 * moment. No SIGPIPE and no SIGXFSZ reaches the host, no thread is cancelled here, errno is kept.
 */
int rac_message_write_all(int fd, const char *bytes, size_t n);

#endif

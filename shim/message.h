/*
 * message.h - how the shim writes to a descriptor of the host's without being noticed.
 */
#ifndef RAC_MESSAGE_H
#define RAC_MESSAGE_H

#include "state.h"
#include <stddef.h>

/*
 * Writes the bytes to descriptor 2 in one piece, if 2 is still the file that it was at the first
 * use of CUDA. No SIGPIPE reaches the host, a full pipe is waited for a moment at most, errno is
 * kept. At most PIPE_BUF (4,096) bytes go unmixed with what others write.
 */
void rac_message_stderr(const struct rac_state *state, const char *bytes, size_t n);

/* Notes what descriptor 2 is now. */
void rac_message_note_stderr(struct rac_stderr_identity *out);

/* Writes all bytes to a descriptor of our own. False: it could not. */
bool rac_message_write_all(int fd, const char *bytes, size_t n);

#endif

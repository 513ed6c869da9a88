#ifndef JASK_JPEG_ERRORS_H
#define JASK_JPEG_ERRORS_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

/// libjpeg's errors as a jump back to who called it, silent, with its warnings counted.
typedef struct {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    /// What the jump was for: libjpeg's number of the message.
    int code;
    long warnings;
} jask_jpeg_errors;

struct jpeg_error_mgr *jask_jpeg_errors_set_up(jask_jpeg_errors *errors);

/// Whether the message that made it jump is about memory.
int jask_jpeg_errors_is_memory(const jask_jpeg_errors *errors);

#endif

#include "errors.h"

#include <jerror.h>

static void jump(j_common_ptr library) {
    jask_jpeg_errors *errors = (jask_jpeg_errors *)library->err;
    errors->code = library->err->msg_code;
    longjmp(errors->back, 1);
}

/// Warnings after which samples are missing or made up.
static int means_loss(int code) {
    switch (code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_BOGUS_PROGRESSION:
        return 1;
    default:
        return 0;
    }
}

static void emit(j_common_ptr library, int level) {
    if (level >= 0) return;
    jask_jpeg_errors *errors = (jask_jpeg_errors *)library->err;
    errors->warnings++;
    if (means_loss(library->err->msg_code)) jump(library);
}

static void output(j_common_ptr library) {
    (void)library;
}

struct jpeg_error_mgr *jask_jpeg_errors_set_up(jask_jpeg_errors *errors) {
    jpeg_std_error(&errors->manager);
    errors->manager.error_exit = jump;
    errors->manager.emit_message = emit;
    errors->manager.output_message = output;
    errors->code = 0;
    errors->warnings = 0;
    return &errors->manager;
}

int jask_jpeg_errors_is_memory(const jask_jpeg_errors *errors) {
    return errors->code == JERR_OUT_OF_MEMORY;
}

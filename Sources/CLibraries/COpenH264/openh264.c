#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

#include "jask_openh264.h"

struct jask_openh264_decoder {
    ISVCDecoder *decoder;
};

jask_openh264_decoder *jask_openh264_decoder_new(void) {
    jask_openh264_decoder *made = calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    if (WelsCreateDecoder(&made->decoder) != 0 || made->decoder == NULL) {
        free(made);
        return NULL;
    }
    // Before anything else: it writes to the process's standard error otherwise.
    int level = WELS_LOG_QUIET;
    (*made->decoder)->SetOption(made->decoder, DECODER_OPTION_TRACE_LEVEL, &level);
    int threads = 0;
    (*made->decoder)->SetOption(made->decoder, DECODER_OPTION_NUM_OF_THREADS, &threads);
    SDecodingParam parameters;
    memset(&parameters, 0, sizeof parameters);
    parameters.uiTargetDqLayer = UCHAR_MAX;
    parameters.eEcActiveIdc = ERROR_CON_DISABLE;
    parameters.sVideoProperty.size = sizeof parameters.sVideoProperty;
    parameters.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
    if ((*made->decoder)->Initialize(made->decoder, &parameters) != 0) {
        jask_openh264_decoder_free(made);
        return NULL;
    }
    return made;
}

void jask_openh264_decoder_free(jask_openh264_decoder *decoder) {
    if (decoder == NULL) return;
    (*decoder->decoder)->Uninitialize(decoder->decoder);
    WelsDestroyDecoder(decoder->decoder);
    free(decoder);
}

int jask_openh264_decode(
    jask_openh264_decoder *decoder, const uint8_t *data, size_t size, jask_openh264_picture *picture) {
    memset(picture, 0, sizeof *picture);
    if (size == 0 || size > INT_MAX / 2) return jask_openh264_corrupt;
    unsigned char *planes[3] = {NULL, NULL, NULL};
    SBufferInfo information;
    memset(&information, 0, sizeof information);
    DECODING_STATE state =
        (*decoder->decoder)->DecodeFrameNoDelay(decoder->decoder, data, (int)size, planes, &information);
    if (state & dsOutOfMemory) return jask_openh264_no_memory;
    if (state & ~dsFramePending) return jask_openh264_corrupt;
    if (information.iBufferStatus != 1 || planes[0] == NULL || planes[1] == NULL || planes[2] == NULL) {
        return jask_openh264_ok;
    }
    const SSysMEMBuffer *buffer = &information.UsrData.sSystemBuffer;
    if (buffer->iFormat != videoFormatI420) return jask_openh264_corrupt;
    for (int plane = 0; plane < 3; plane++) {
        picture->planes[plane] = planes[plane];
        picture->strides[plane] = buffer->iStride[plane == 0 ? 0 : 1];
    }
    picture->width = buffer->iWidth;
    picture->height = buffer->iHeight;
    return jask_openh264_ok;
}

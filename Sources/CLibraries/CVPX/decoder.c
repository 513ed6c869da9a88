#include <stdlib.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include "jask_vpx.h"

_Static_assert((int)jask_vpx_ok == (int)VPX_CODEC_OK, "status");
_Static_assert((int)jask_vpx_no_memory == (int)VPX_CODEC_MEM_ERROR, "status");
_Static_assert((int)jask_vpx_unsupported == (int)VPX_CODEC_UNSUP_BITSTREAM, "status");
_Static_assert((int)jask_vpx_corrupt == (int)VPX_CODEC_CORRUPT_FRAME, "status");

struct jask_vpx_decoder {
    vpx_codec_ctx_t context;
};

jask_vpx_decoder *jask_vpx_decoder_new(jask_vpx_codec codec) {
    jask_vpx_decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) return NULL;
    vpx_codec_dec_cfg_t configuration = {.threads = 1};
    vpx_codec_iface_t *interface = codec == JASK_VP9 ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx();
    if (vpx_codec_dec_init(&decoder->context, interface, &configuration, 0) != VPX_CODEC_OK) {
        free(decoder);
        return NULL;
    }
    return decoder;
}

void jask_vpx_decoder_free(jask_vpx_decoder *decoder) {
    if (decoder == NULL) return;
    vpx_codec_destroy(&decoder->context);
    free(decoder);
}

int jask_vpx_decode(jask_vpx_decoder *decoder, const uint8_t *data, size_t size) {
    if (size == 0 || size > UINT32_MAX / 2) return VPX_CODEC_CORRUPT_FRAME;
    vpx_codec_err_t status = vpx_codec_decode(&decoder->context, data, (unsigned int)size, NULL, 0);
    if (status != VPX_CODEC_OK) return (int)status;
    int is_corrupt = 0;
    // It has nothing to say where no frame was meant to be shown yet.
    if (vpx_codec_control(&decoder->context, VP8D_GET_FRAME_CORRUPTED, &is_corrupt) != VPX_CODEC_OK) return VPX_CODEC_OK;
    return is_corrupt ? VPX_CODEC_CORRUPT_FRAME : VPX_CODEC_OK;
}

int jask_vpx_take_picture(jask_vpx_decoder *decoder, jask_vpx_picture *picture) {
    vpx_codec_iter_t position = NULL;
    vpx_image_t *last = NULL;
    for (vpx_image_t *image; (image = vpx_codec_get_frame(&decoder->context, &position)) != NULL;) last = image;
    if (last == NULL) return 0;
    if (last->fmt != VPX_IMG_FMT_I420 || last->bit_depth != 8) return -1;
    for (int plane = 0; plane < 3; plane++) {
        picture->planes[plane] = last->planes[plane];
        picture->strides[plane] = last->stride[plane];
    }
    picture->width = (int)last->d_w;
    picture->height = (int)last->d_h;
    picture->is_full_range = last->range == VPX_CR_FULL_RANGE;
    return 1;
}

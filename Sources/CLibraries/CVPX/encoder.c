#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "jask_vpx.h"

// One place in the pattern of temporal layers, and what a frame there refers to and leaves behind.
typedef struct {
    int layer;
    vpx_enc_frame_flags_t flags;
    int refers_to_base_only, is_non_reference;
} place;

#define NO_OTHER_REFERENCE (VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF)
// Neither pictures nor probabilities: whoever leaves the frame out decodes the next ones all the same.
#define NO_UPDATE (VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY)

// The last frame is the lowest layer's, the golden one that of the layer in the middle. Layers come in libwebrtc's order;
// each period refers to nothing of the one before but its lowest frame, where libwebrtc's goes on over two.
static const place patterns[3][4] = {
    {{0, 0, 0, 0}},
    {
        {0, NO_OTHER_REFERENCE | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF, 0, 0},
        {1, NO_OTHER_REFERENCE | NO_UPDATE, 1, 1},
    },
    {
        {0, NO_OTHER_REFERENCE | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF, 0, 0},
        {2, NO_OTHER_REFERENCE | NO_UPDATE, 1, 1},
        {1, NO_OTHER_REFERENCE | (NO_UPDATE & ~VP8_EFLAG_NO_UPD_GF), 1, 0},
        {2, VP8_EFLAG_NO_REF_ARF | NO_UPDATE, 0, 1},
    },
};
static const int periods[3] = {1, 2, 4};

struct jask_vpx_encoder {
    vpx_codec_ctx_t context;
    vpx_codec_enc_cfg_t configuration;
    // Frames since the last key frame, and the place of the one that was encoded last.
    unsigned int position;
    const place *last;
};

static void fill_layers(vpx_codec_enc_cfg_t *configuration, const jask_vpx_encoding *encoding) {
    // Shares of the rate up to each layer, in percent, and every how many frames one is of it or below: libwebrtc's.
    static const unsigned int shares[3][3] = {{100}, {60, 100}, {40, 60, 100}};
    unsigned int layers = (unsigned int)encoding->temporal_layers, period = (unsigned int)periods[layers - 1];
    configuration->ts_number_layers = layers;
    if (layers == 1) return;
    // A key frame comes where it is asked for, at the beginning of the pattern.
    configuration->kf_mode = VPX_KF_DISABLED;
    configuration->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    configuration->ts_periodicity = period;
    for (unsigned int layer = 0; layer < layers; layer++) {
        configuration->ts_target_bitrate[layer] = (unsigned int)encoding->bitrate * shares[layers - 1][layer] / 100;
        configuration->ts_rate_decimator[layer] = period >> layer;
    }
    for (unsigned int at = 0; at < period; at++) {
        configuration->ts_layer_id[at] = (unsigned int)patterns[layers - 1][at].layer;
    }
}

static void fill(vpx_codec_enc_cfg_t *configuration, const jask_vpx_encoding *encoding) {
    configuration->g_w = (unsigned int)encoding->width;
    configuration->g_h = (unsigned int)encoding->height;
    configuration->g_timebase = (struct vpx_rational){1, 90000};
    configuration->g_threads = 1;
    // No frame waits for a later one.
    configuration->g_lag_in_frames = 0;
    configuration->rc_end_usage = VPX_CBR;
    configuration->rc_target_bitrate = (unsigned int)encoding->bitrate;
    // None is left out to hold the rate.
    configuration->rc_dropframe_thresh = 0;
    configuration->rc_resize_allowed = 0;
    // What libwebrtc takes for cameras.
    configuration->rc_min_quantizer = 2;
    configuration->rc_max_quantizer = 56;
    configuration->rc_undershoot_pct = 100;
    configuration->rc_overshoot_pct = 15;
    configuration->rc_buf_initial_sz = 500;
    configuration->rc_buf_optimal_sz = 600;
    configuration->rc_buf_sz = 1000;
    configuration->kf_mode = VPX_KF_AUTO;
    configuration->kf_max_dist = 3000;
    fill_layers(configuration, encoding);
}

static int is_valid(const jask_vpx_encoding *encoding) {
    return encoding->width >= 1 && encoding->width <= 16383 && encoding->height >= 1 && encoding->height <= 16383
        && encoding->bitrate >= 1 && encoding->frame_rate >= 1 && encoding->speed >= -16 && encoding->speed <= 0
        && encoding->temporal_layers >= 1 && encoding->temporal_layers <= 3;
}

static vpx_codec_err_t set_up(jask_vpx_encoder *encoder, const jask_vpx_encoding *encoding) {
    vpx_codec_ctx_t *context = &encoder->context;
    vpx_codec_err_t status = vpx_codec_control(context, VP8E_SET_CPUUSED, encoding->speed);
    if (status == VPX_CODEC_OK) status = vpx_codec_control(context, VP8E_SET_STATIC_THRESHOLD, 1u);
    if (status == VPX_CODEC_OK) status = vpx_codec_control(context, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
    // A key frame may cost what half of the optimal buffer holds, in percent of a frame's share (libwebrtc's rule).
    unsigned int share = 600u * 5u * (unsigned int)encoding->frame_rate / 100u;
    if (status == VPX_CODEC_OK) {
        status = vpx_codec_control(context, VP8E_SET_MAX_INTRA_BITRATE_PCT, share < 300u ? 300u : share);
    }
    return status;
}

jask_vpx_encoder *jask_vpx_encoder_new(const jask_vpx_encoding *encoding) {
    if (!is_valid(encoding)) return NULL;
    jask_vpx_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return NULL;
    vpx_codec_iface_t *interface = vpx_codec_vp8_cx();
    if (vpx_codec_enc_config_default(interface, &encoder->configuration, 0) != VPX_CODEC_OK) {
        free(encoder);
        return NULL;
    }
    fill(&encoder->configuration, encoding);
    if (vpx_codec_enc_init(&encoder->context, interface, &encoder->configuration, 0) != VPX_CODEC_OK) {
        free(encoder);
        return NULL;
    }
    if (set_up(encoder, encoding) != VPX_CODEC_OK) {
        jask_vpx_encoder_free(encoder);
        return NULL;
    }
    return encoder;
}

void jask_vpx_encoder_free(jask_vpx_encoder *encoder) {
    if (encoder == NULL) return;
    vpx_codec_destroy(&encoder->context);
    free(encoder);
}

int jask_vpx_encoder_change(jask_vpx_encoder *encoder, const jask_vpx_encoding *encoding) {
    if (!is_valid(encoding)) return VPX_CODEC_INVALID_PARAM;
    if ((unsigned int)encoding->width != encoder->configuration.g_w
        || (unsigned int)encoding->height != encoder->configuration.g_h) {
        return VPX_CODEC_INVALID_PARAM;
    }
    fill(&encoder->configuration, encoding);
    vpx_codec_err_t status = vpx_codec_enc_config_set(&encoder->context, &encoder->configuration);
    return (int)(status == VPX_CODEC_OK ? set_up(encoder, encoding) : status);
}

int jask_vpx_encode(
    jask_vpx_encoder *encoder, const jask_vpx_picture *picture, int64_t time, int64_t duration, int is_key_frame) {
    vpx_image_t image;
    unsigned int width = encoder->configuration.g_w, height = encoder->configuration.g_h;
    if ((unsigned int)picture->width != width || (unsigned int)picture->height != height) {
        return VPX_CODEC_INVALID_PARAM;
    }
    // Sizes are set by it; the planes are the caller's.
    if (vpx_img_wrap(&image, VPX_IMG_FMT_I420, width, height, 1, (unsigned char *)picture->planes[0]) == NULL) {
        return VPX_CODEC_INVALID_PARAM;
    }
    for (int plane = 0; plane < 3; plane++) {
        image.planes[plane] = (unsigned char *)picture->planes[plane];
        image.stride[plane] = picture->strides[plane];
    }
    unsigned int layers = encoder->configuration.ts_number_layers;
    if (is_key_frame) encoder->position = 0;
    const place *here = &patterns[layers - 1][encoder->position % (unsigned int)periods[layers - 1]];
    if (layers > 1) {
        vpx_codec_err_t status = vpx_codec_control(&encoder->context, VP8E_SET_TEMPORAL_LAYER_ID, here->layer);
        if (status != VPX_CODEC_OK) return (int)status;
    }
    // A key frame refers to nothing, and whatever comes later refers to it.
    vpx_enc_frame_flags_t flags = is_key_frame ? VPX_EFLAG_FORCE_KF : encoder->position == 0 ? 0 : here->flags;
    vpx_codec_err_t status =
        vpx_codec_encode(&encoder->context, &image, time, (unsigned long)duration, flags, VPX_DL_REALTIME);
    if (status != VPX_CODEC_OK) return (int)status;
    encoder->last = here;
    encoder->position++;
    return VPX_CODEC_OK;
}

int jask_vpx_take_packet(jask_vpx_encoder *encoder, jask_vpx_frame *frame) {
    if (encoder->last == NULL) return 0;
    vpx_codec_iter_t position = NULL;
    for (const vpx_codec_cx_pkt_t *packet; (packet = vpx_codec_get_cx_data(&encoder->context, &position)) != NULL;) {
        if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
        int is_key_frame = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
        *frame = (jask_vpx_frame){
            .data = packet->data.frame.buf,
            .size = packet->data.frame.sz,
            .is_key_frame = is_key_frame,
            .temporal_layer = encoder->last->layer,
            .refers_to_base_only = encoder->last->refers_to_base_only,
            .is_non_reference = !is_key_frame && encoder->last->is_non_reference,
        };
        return 1;
    }
    return 0;
}

#ifndef JASK_VPX_H
#define JASK_VPX_H

#include <stddef.h>
#include <stdint.h>

// libvpx's headers stay inside this target: Swift sees these functions only. Every function that returns int returns
// libvpx's status: 0 is success.

typedef enum { JASK_VP8 = 8, JASK_VP9 = 9 } jask_vpx_codec;

enum jask_vpx_status {
    jask_vpx_ok = 0,
    jask_vpx_no_memory = 2,
    jask_vpx_unsupported = 5,
    jask_vpx_corrupt = 7,
};

/// A picture of 4:2:0 with 8 bits. The planes of a decoded one belong to the decoder, until the next call.
typedef struct {
    const uint8_t *planes[3];
    int strides[3];
    int width, height;
    int is_full_range;
} jask_vpx_picture;

typedef struct jask_vpx_decoder jask_vpx_decoder;

/// A decoder on the caller's thread alone, or NULL when there is no memory.
jask_vpx_decoder *jask_vpx_decoder_new(jask_vpx_codec codec);
void jask_vpx_decoder_free(jask_vpx_decoder *decoder);

/// Decodes one frame, or one superframe of VP9. What the library conceals counts as corrupt.
int jask_vpx_decode(jask_vpx_decoder *decoder, const uint8_t *data, size_t size);

/// The last picture that the call before has made, and 1; 0 where there is none; -1 where it has other samples than
/// 4:2:0 with 8 bits.
int jask_vpx_take_picture(jask_vpx_decoder *decoder, jask_vpx_picture *picture);

/// How a stream is encoded.
typedef struct {
    int width, height;
    /// Kilobits a second.
    int bitrate;
    /// Frames a second: what the rate is spread over.
    int frame_rate;
    /// Effort, -16 (least) to 0. Fixed, so that equal pictures give equal bytes on any machine.
    int speed;
    /// Temporal layers, 1 to 3: each but the last has half the frames of all up to it and the next.
    int temporal_layers;
} jask_vpx_encoding;

typedef struct jask_vpx_encoder jask_vpx_encoder;

/// A VP8 encoder for real time, on the caller's thread alone; NULL where a value is refused, or without memory.
jask_vpx_encoder *jask_vpx_encoder_new(const jask_vpx_encoding *encoding);
void jask_vpx_encoder_free(jask_vpx_encoder *encoder);

/// Another rate or frame rate, from the next picture on; the size must be that of before.
int jask_vpx_encoder_change(jask_vpx_encoder *encoder, const jask_vpx_encoding *encoding);

/// Encodes one picture, which must have the encoder's size. `time` grows by at least one between calls, in ticks of
/// 90 kHz. With temporal layers, the place in their pattern counts from the last key frame.
int jask_vpx_encode(
    jask_vpx_encoder *encoder, const jask_vpx_picture *picture, int64_t time, int64_t duration, int is_key_frame);

/// A frame as it was encoded.
typedef struct {
    /// They belong to the encoder, until the next call.
    const uint8_t *data;
    size_t size;
    int is_key_frame;
    /// From 0.
    int temporal_layer;
    /// Whether it refers to frames of the lowest layer alone.
    int refers_to_base_only;
    /// Whether no later frame refers to it.
    int is_non_reference;
} jask_vpx_frame;

/// What the call before has made. Returns 0 where the picture was dropped.
int jask_vpx_take_packet(jask_vpx_encoder *encoder, jask_vpx_frame *frame);

#endif

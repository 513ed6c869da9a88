#ifndef JASK_COPUS_H
#define JASK_COPUS_H

#include <opus/opus.h>

// libopus sets its options through variadic functions, which Swift cannot call. Each returns a libopus status.
int jask_opus_decoder_reset(OpusDecoder *decoder);
int jask_opus_encoder_set_bitrate(OpusEncoder *encoder, int bits_per_second);
int jask_opus_encoder_set_complexity(OpusEncoder *encoder, int complexity);
int jask_opus_encoder_set_dtx(OpusEncoder *encoder, int enabled);
int jask_opus_encoder_set_inband_fec(OpusEncoder *encoder, int enabled);
int jask_opus_encoder_set_packet_loss_percentage(OpusEncoder *encoder, int percentage);
int jask_opus_encoder_set_voice_signal(OpusEncoder *encoder);

#endif

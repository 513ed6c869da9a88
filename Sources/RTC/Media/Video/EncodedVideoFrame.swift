import NIOCore
import SansIO

/// How a picture is encoded.
public enum VideoCodec: String, Hashable, Sendable, CaseIterable {
    case vp8 = "VP8"
    case vp9 = "VP9"
    case h264 = "H264"
    case jpeg = "JPEG"
}

/// One encoded picture of a track, whole and in the order of decoding: everything it refers to was handed out before it.
public struct EncodedVideoFrame: Sendable {
    public var codec: VideoCodec
    /// Whether decoding can begin with it.
    public var isKeyFrame: Bool
    /// What a decoder takes: a VP8 frame; a VP9 picture with all its spatial layers, as one superframe with its
    /// index; an H.264 access unit in Annex B form, a key frame's with its parameter sets; a JFIF file.
    public var data: ByteBuffer
    /// The sender's timestamp, unwrapped, in 90 kHz ticks.
    public var rtpTimestamp: Int64
    /// Luma samples, where the payload says them: key frames. H.264's are after cropping. Nil elsewhere.
    public var size: VideoSize?
    /// 0 is the base; frames of a higher one may be left out.
    public var temporalLayer: UInt8
    /// Nothing that comes later refers to it, so that it need not be decoded.
    public var isDiscardable: Bool
    /// When its last packet arrived.
    public var arrival: Instant

    public init(
        codec: VideoCodec, isKeyFrame: Bool, data: ByteBuffer, rtpTimestamp: Int64, size: VideoSize? = nil,
        temporalLayer: UInt8 = 0, isDiscardable: Bool = false, arrival: Instant
    ) {
        self.codec = codec
        self.isKeyFrame = isKeyFrame
        self.data = data
        self.rtpTimestamp = rtpTimestamp
        self.size = size
        self.temporalLayer = temporalLayer
        self.isDiscardable = isDiscardable
        self.arrival = arrival
    }
}

/// Luma samples a row, and rows.
public struct VideoSize: Hashable, Sendable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

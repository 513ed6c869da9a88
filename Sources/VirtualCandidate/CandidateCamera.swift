import LiveKit
import Pictures
import RTCVideoCodecs
import RenderedCandidate
import SansIO

/// A virtual candidate's camera: what is seen, and how it is sent.
public struct CandidateCamera: Sendable {
    /// Its time begins when the server has the track.
    public var script: CameraScript
    public var appearance = Appearance()
    /// Of small movements.
    public var seed: UInt64 = 1
    /// Whether it is sent as JPEG (RFC 2435), which the development server forwards and livekit-server does not: the
    /// largest layer alone.
    public var isJPEG = false
    /// How JPEG pictures are encoded, those by data too. RTP carries neither own codes nor progressive files.
    public var jpeg = JPEGEncoding()
    /// Pictures a second, from 1 to 60.
    public var rate = 12
    /// Smallest first; each is encoded by itself.
    public var layers = [
        VideoPublicationOptions.Layer(width: 320, height: 180, bitrate: 180_000),
        VideoPublicationOptions.Layer(width: 640, height: 360, bitrate: 600_000),
    ]

    /// Temporal layers of each of them, 1 to 3: what libwebrtc sends of VP8 in layers.
    public var temporalLayers = 3

    /// Gives the picture of a time since the script's start in a width and height, where it is not to be drawn for each
    /// layer and candidate anew.
    public var drawing: (@Sendable (Duration, Int, Int) throws -> I420Picture)?

    public init(script: CameraScript) { self.script = script }
}

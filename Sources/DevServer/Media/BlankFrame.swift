import NIOCore
import RTCCore

/// A frame of nothing. Receivers that are sent some end on silence or black rather than on what came last.
struct BlankFrame: Equatable {
    let payload: ByteBuffer
    /// From one to the next.
    let interval: Duration
    /// The same on the track's own clock.
    let ticks: UInt32

    /// How long they are sent when a track is muted, and when a subscription ends, as captured.
    static let afterMute = Duration.seconds(1)
    static let atEnd = Duration.milliseconds(200)

    /// Opus's code for silence, padded as the real server does.
    private static let opusSilence: [UInt8] = [0xF8, 0xFF, 0xFE] + Array(repeating: 0, count: 77)
    /// A payload descriptor that begins a frame (RFC 7741 §4.2), then a black key frame of 8x8 pixels.
    private static let vp8Black: [UInt8] = [
        0x10, 0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x08, 0x00, 0x08, 0x00, 0x00, 0x47, 0x08, 0x85, 0x85,
        0x88, 0x85, 0x84, 0x88, 0x02, 0x02, 0x00, 0x0C, 0x0D, 0x60, 0x00, 0xFE, 0xFF, 0xAB, 0x50, 0x80,
    ]

    /// Parameter sets and a key frame of 2x2 pixels in one packet (RFC 6184 §5.7.1), as captured.
    private static let h264Black: [UInt8] = [
        0x18, 0x00, 0x18, 0x67, 0x42, 0xC0, 0x1F, 0x0F, 0xD9, 0x1F, 0x88, 0x88, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04,
        0x00, 0x00, 0x03, 0x00, 0xC8, 0x3C, 0x60, 0xC9, 0x20, 0x00, 0x06, 0x68, 0x87, 0xCB, 0x83, 0xCB, 0x20, 0x00,
        0x0A, 0x65, 0x88, 0x84, 0x0A, 0xF2, 0x62, 0x80, 0x00, 0xA7, 0xBE,
    ]

    /// - Returns: `nil` for a codec of which none is known here.
    init?(for codec: Codec) {
        if codec.isRedundancy, let inner = codec.redundantPayloadTypes.first {
            // The last block's header is its payload type alone (RFC 2198 §3).
            self.init([inner] + Self.opusSilence, interval: .milliseconds(20), ticks: 960)
        } else if codec.isNamed("opus") {
            self.init(Self.opusSilence, interval: .milliseconds(20), ticks: 960)
        } else if codec.isNamed("VP8") {
            self.init(Self.vp8Black, interval: .nanoseconds(33_333_333), ticks: 3000)
        } else if codec.isNamed("H264") {
            self.init(Self.h264Black, interval: .nanoseconds(33_333_333), ticks: 3000)
        } else {
            return nil
        }
    }

    private init(_ payload: [UInt8], interval: Duration, ticks: UInt32) {
        self.payload = ByteBuffer(bytes: payload)
        self.interval = interval
        self.ticks = ticks
    }
}

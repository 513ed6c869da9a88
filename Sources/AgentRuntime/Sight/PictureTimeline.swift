import RTCMedia
import SansIO

/// Says when a camera's pictures were taken, on the local clock, each later than the one before.
struct PictureTimeline: Sendable {
    /// A picture that seems older on arrival than this comes of other timestamps: they begin anew.
    static let longestWay: Duration = .seconds(5)
    /// So that the arithmetic has room, whatever a sender says: 2^44 ticks are six years.
    private static let mask: Int64 = 1 << 44 - 1
    private static let leastGap: Duration = .milliseconds(1)

    private var timeline = MediaTimeline()
    private var last: Instant?

    init() {}

    /// - Parameter rtpTimestamp: the sender's, unwrapped, in 90 kHz ticks.
    mutating func instant(rtpTimestamp: Int64, arrival: Instant) -> Instant {
        let time = MediaTime(nanoseconds: (rtpTimestamp & Self.mask) * 100_000 / 9)
        var instant = timeline.instant(of: time, arrival: arrival)
        if instant > arrival || arrival - instant > Self.longestWay {
            timeline = MediaTimeline()
            instant = timeline.instant(of: time, arrival: arrival)
        }
        if let last, instant <= last { instant = last + Self.leastGap }
        last = instant
        return instant
    }
}

import SansIO

/// A point on a track's timeline, in nanoseconds since the start of the first packet received.
///
/// The timeline is the receiver's: it never goes back and has no holes. See ``EncodedAudioUnit/position``.
public struct MediaTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since the start of the track's first packet.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The instant at which sample number `samples` of a stream of `rate` samples per second begins.
    public init(samples: Int64, rate: Int) {
        nanoseconds = SampleClock.nanoseconds(samples: samples, rate: rate)
    }

    /// The start of the track's first packet.
    public static let zero = MediaTime(nanoseconds: 0)

    /// Seconds since the start of the track's first packet.
    public var inSeconds: Double { Double(nanoseconds) / 1e9 }

    public static func < (left: MediaTime, right: MediaTime) -> Bool { left.nanoseconds < right.nanoseconds }

    public static func + (time: MediaTime, duration: Duration) -> MediaTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return MediaTime(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    public static func - (left: MediaTime, right: MediaTime) -> Duration {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
        return .nanoseconds(overflow ? (left < right ? .min : .max) : difference)
    }
}

import RTCMedia
import SansIO

/// Says when a track's sound was spoken, or its picture was taken, on the local clock, from when it arrived: by the
/// packets, not by the decoder, which a busy machine lets wait.
///
/// Arrival minus media time has a floor: the frames that met no queue. The floor is the anchor, so sound that arrives in
/// a burst after a stall keeps the times at which it was spoken. Windows are counted in media time: a stall does not
/// age what is known, and a path that became slower for good is believed only after a whole window of its sound.
struct MediaTimeline: Sendable {
    /// How much sound a floor is remembered for: at least this, at most twice this.
    static let window: Duration = .seconds(30)

    private var ssrc: UInt32?
    private var offset: Int64 = 0
    private var lowest = Int64.max
    private var previousLowest = Int64.max
    private var windowEnd = MediaTime.zero

    init() {}

    /// When the frame's first sample was spoken.
    mutating func start(of frame: AudioFrame) -> Instant {
        receive(end: frame.start + frame.duration, ssrc: frame.ssrc, arrival: frame.arrival)
        return Instant(nanoseconds: frame.start.nanoseconds &+ offset)
    }

    /// When something of no length was taken.
    mutating func instant(of time: MediaTime, arrival: Instant) -> Instant {
        receive(end: time, ssrc: 0, arrival: arrival)
        return Instant(nanoseconds: time.nanoseconds &+ offset)
    }

    private mutating func receive(end: MediaTime, ssrc new: UInt32, arrival: Instant) {
        let sample = arrival.nanoseconds &- end.nanoseconds
        if ssrc != new {
            // Another source has a timeline of its own.
            ssrc = new
            begin(sample, at: end)
        } else {
            observe(sample, at: end)
        }
    }

    private mutating func begin(_ sample: Int64, at end: MediaTime) {
        offset = sample
        lowest = sample
        previousLowest = .max
        windowEnd = end + Self.window
    }

    private mutating func observe(_ sample: Int64, at end: MediaTime) {
        if end >= windowEnd {
            previousLowest = lowest
            lowest = sample
            windowEnd = end + Self.window
        }
        lowest = min(lowest, sample)
        offset = min(lowest, previousLowest)
    }
}

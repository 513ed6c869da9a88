import SansIO

/// Conversions between time and RTP timestamp units. All wrap rather than trap.
enum MediaTicks {
    /// The instant in units of `clockRate`, modulo 2^32.
    static func at(_ instant: Instant, clockRate: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: count(instant.nanoseconds, rate: Int64(clockRate)))
    }

    /// A duration in units of 1/65536 s, as RTCP delays are; 0 for negative ones, saturating.
    static func compactNTP(_ duration: Duration) -> UInt32 {
        UInt32(clamping: count(max(duration.wholeNanoseconds, 0), rate: 65536))
    }

    /// The duration of a count of 1/65536 s.
    static func duration(compactNTP units: UInt32) -> Duration {
        .nanoseconds(Int64(units) * 1_000_000_000 / 65536)
    }

    /// - Parameter rate: below 2^32, so that the remainder's product fits.
    private static func count(_ nanoseconds: Int64, rate: Int64) -> Int64 {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return seconds &* rate &+ rest * rate / 1_000_000_000
    }
}

/// Seconds since 1900 in units of 2^-32 s (RFC 5905 §6), derived from one reading of the wall clock.
///
/// Cores have no clock: whoever owns one gives the pair of a monotonic instant and the wall-clock time at it.
public struct NTPClock: Hashable, Sendable {
    private let origin: Instant
    private let ntpAtOrigin: UInt64

    /// - Parameters:
    ///   - unixNanoseconds: wall-clock time since 1970, in nanoseconds.
    ///   - instant: the monotonic instant at which it was read.
    public init(unixNanoseconds: Int64, at instant: Instant) {
        origin = instant
        ntpAtOrigin = Self.fixedPoint(unixNanoseconds) &+ 2_208_988_800 << 32
    }

    /// The NTP time at an instant.
    public func time(at instant: Instant) -> UInt64 {
        ntpAtOrigin &+ Self.fixedPoint((instant - origin).wholeNanoseconds)
    }

    /// Nanoseconds in units of 2^-32 s, wrapping; negative ones count backwards.
    private static func fixedPoint(_ nanoseconds: Int64) -> UInt64 {
        var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest < 0 {
            seconds -= 1
            rest += 1_000_000_000
        }
        return UInt64(truncatingIfNeeded: seconds) << 32 &+ UInt64(rest) << 32 / 1_000_000_000
    }
}

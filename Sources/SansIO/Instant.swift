/// A point on a monotonic clock that the caller owns, in nanoseconds since an origin of the caller's choice.
///
/// Cores never read a clock: every verb that depends on time takes an `Instant`. In production it comes from the event
/// loop, in tests and replays from virtual time. Arithmetic saturates, so that no input can overflow it.
public struct Instant: InstantProtocol, Hashable, Sendable {
    public typealias Duration = Swift.Duration

    /// Nanoseconds since the clock's origin.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The clock's origin.
    public static let zero = Instant(nanoseconds: 0)
    /// Later than every instant a clock can show.
    public static let distantFuture = Instant(nanoseconds: .max)

    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    public func advanced(by duration: Swift.Duration) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return Instant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    public func duration(to other: Instant) -> Swift.Duration {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return .nanoseconds(overflow ? (other < self ? .min : .max) : difference)
    }

    public static func + (instant: Instant, duration: Swift.Duration) -> Instant {
        instant.advanced(by: duration)
    }

    public static func - (instant: Instant, duration: Swift.Duration) -> Instant {
        instant.advanced(by: .zero - duration)
    }

    public static func - (left: Instant, right: Instant) -> Swift.Duration {
        right.duration(to: left)
    }
}

extension Swift.Duration {
    /// The duration in whole nanoseconds, saturating at the range of `Int64` (about 292 years).
    public var wholeNanoseconds: Int64 {
        // Asked first: `components` traps where the seconds do not fit.
        if self >= .nanoseconds(Int64.max) { return .max }
        if self <= .nanoseconds(Int64.min) { return .min }
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// The duration in whole milliseconds, towards zero.
    public var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }

    /// The duration in seconds, as a floating-point number.
    public var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }

    /// For people: whole milliseconds below a second, tenths of a second below ten seconds, else whole seconds.
    public var rounded: String {
        let milliseconds = wholeMilliseconds
        if abs(milliseconds) < 1000 { return "\(milliseconds) ms" }
        let tenths = (milliseconds + (milliseconds < 0 ? -50 : 50)) / 100
        if abs(tenths) >= 100 { return "\((milliseconds + (milliseconds < 0 ? -500 : 500)) / 1000) s" }
        return "\(tenths / 10).\(abs(tenths % 10)) s"
    }
}

/// The earlier of two optional deadlines, where `nil` means never.
public func earliest(_ left: Instant?, _ right: Instant?) -> Instant? {
    guard let left else { return right }
    guard let right else { return left }
    return min(left, right)
}

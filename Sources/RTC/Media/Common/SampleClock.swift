import SansIO

/// Conversions between sample counts and time that saturate instead of overflowing.
enum SampleClock {
    /// The time `samples` samples take at 48 kHz, towards zero.
    static func opusNanoseconds(_ samples: Int64) -> Int64 {
        // 62500/3 is 10^9/48000; a position beyond 40 years saturates.
        let (scaled, overflow) = samples.multipliedReportingOverflow(by: 62_500)
        return overflow ? (samples < 0 ? .min : .max) : scaled / 3
    }

    /// The time `samples` samples take at `rate` samples per second, towards minus infinity.
    static func nanoseconds(samples: Int64, rate: Int) -> Int64 {
        let rate = Int64(max(rate, 1))
        var whole = samples / rate
        var rest = samples % rate
        if rest < 0 {
            whole -= 1
            rest += rate
        }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return samples < 0 ? .min : .max }
        let (sum, carried) = scaled.addingReportingOverflow(rest * 1_000_000_000 / rate)
        return carried ? .max : sum
    }

    /// How many samples begin in `nanoseconds` at `rate` samples per second, towards zero.
    static func samples(nanoseconds: Int64, rate: Int) -> Int64 {
        let rate = Int64(max(rate, 1))
        let seconds = nanoseconds / 1_000_000_000
        let rest = nanoseconds % 1_000_000_000
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: rate)
        if overflow { return nanoseconds < 0 ? .min : .max }
        let (sum, carried) = scaled.addingReportingOverflow(rest * rate / 1_000_000_000)
        return carried ? (nanoseconds < 0 ? .min : .max) : sum
    }
}

extension Instant {
    /// As `+`, without the cost of a `Duration`, for what happens with every packet. Saturates.
    func adding(nanoseconds other: Int64) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(other)
        return Instant(nanoseconds: overflow ? (other < 0 ? .min : .max) : sum)
    }

    /// Nanoseconds from `earlier` to here, saturating.
    func nanoseconds(since earlier: Instant) -> Int64 {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return overflow ? (self < earlier ? .min : .max) : difference
    }
}

extension Duration {
    /// The duration in samples of the 48 kHz RTP clock of Opus, towards zero.
    var inOpusSamples: Int64 {
        SampleClock.samples(nanoseconds: wholeNanoseconds, rate: AudioFormat.opusClockRate)
    }
}

/// Times of the protocol, which come in seconds, milliseconds or nanoseconds since 1970, and as 0 where they are not told.
enum WireTime {
    /// - Returns: nanoseconds since 1970, the nearest there are; `nil` where nothing is told.
    static func nanoseconds(milliseconds: Int64 = 0, seconds: Int64 = 0) -> Int64? {
        if milliseconds > 0 { return scaled(milliseconds, by: 1_000_000) }
        return seconds > 0 ? scaled(seconds, by: 1_000_000_000) : nil
    }

    /// - Returns: `nil` where nothing is told.
    static func nanoseconds(_ told: Int64) -> Int64? { told > 0 ? told : nil }

    /// Whole seconds for the protocol: 0 for `nil`, and no less than 1 for what is longer than nothing.
    static func seconds(_ duration: Duration?) -> UInt32 {
        guard let duration, duration > .zero else { return 0 }
        let (seconds, attoseconds) = duration.components
        return UInt32(clamping: attoseconds > 0 ? seconds.addingReportingOverflow(1).partialValue : seconds)
    }

    private static func scaled(_ time: Int64, by factor: Int64) -> Int64 {
        let (product, isTooLarge) = time.multipliedReportingOverflow(by: factor)
        return isTooLarge ? .max : product
    }
}

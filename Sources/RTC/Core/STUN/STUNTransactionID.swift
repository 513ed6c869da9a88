import SansIO

/// The 96 random bits that tie a response to its request (RFC 8489 §5).
public struct STUNTransactionID: Hashable, Sendable {
    /// The upper 32 and the lower 64 bits, most significant first.
    public var high: UInt32
    public var low: UInt64

    public init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A fresh identifier.
    public init(using random: inout RandomSource) {
        high = UInt32(truncatingIfNeeded: random.next())
        low = random.next()
    }
}

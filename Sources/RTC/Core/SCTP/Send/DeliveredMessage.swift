import SansIO

/// A message that the peer has acknowledged whole.
public struct DeliveredMessage: Hashable, Sendable {
    /// That of `SCTPMessage`.
    public var receipt: UInt64
    /// When the last of its packets was on the wire for the last time. What a path that was dead had swallowed before
    /// does not count.
    public var sentAt: Instant
}

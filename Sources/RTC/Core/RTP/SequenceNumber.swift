/// An RTP sequence number with serial arithmetic (RFC 1982): of two numbers the later one is less than half the circle
/// ahead.
public struct SequenceNumber: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public init(_ rawValue: UInt16) { self.rawValue = rawValue }

    public var next: SequenceNumber { SequenceNumber(rawValue &+ 1) }

    /// How far ahead the other one is: −32768 to 32767.
    public func distance(to other: SequenceNumber) -> Int {
        Int(Int16(bitPattern: other.rawValue &- rawValue))
    }

    /// Whether it comes after the other one.
    public func isAfter(_ other: SequenceNumber) -> Bool { other.distance(to: self) > 0 }
}

/// Extends 16-bit sequence numbers to 64 bits: each becomes the value nearest to the highest one so far.
public struct SequenceNumberExtender: Hashable, Sendable {
    /// The highest extended number so far; `nil` before the first.
    public private(set) var highest: Int64?

    public init() {}

    /// The extended number. The first one starts in cycle 1, so that packets reordered before it stay positive.
    public mutating func extend(_ number: UInt16) -> Int64 {
        guard let highest else {
            self.highest = 0x1_0000 + Int64(number)
            return 0x1_0000 + Int64(number)
        }
        let extended = highest &+ Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest)))
        self.highest = max(highest, extended)
        return extended
    }
}

/// Extends 32-bit RTP timestamps to 64 bits in the same way.
public struct TimestampExtender: Hashable, Sendable {
    /// The extended timestamp given last; `nil` before the first.
    public private(set) var last: Int64?

    public init() {}

    /// The value nearest to the last one. The first one starts in cycle 1.
    public mutating func extend(_ timestamp: UInt32) -> Int64 {
        let extended: Int64
        if let last {
            extended = last &+ Int64(Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: last)))
        } else {
            extended = 0x1_0000_0000 + Int64(timestamp)
        }
        last = extended
        return extended
    }
}

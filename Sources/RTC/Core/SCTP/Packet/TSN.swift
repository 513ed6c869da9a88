/// A transmission sequence number as it stands on the wire: 32 bits that wrap.
///
/// Inside an association TSNs are 64-bit numbers that never wrap; `extended(near:)` leads there.
public struct TSN: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The wire form of an extended number.
    init(_ extended: Int64) {
        rawValue = UInt32(truncatingIfNeeded: extended)
    }

    /// The one 64-bit number with these low 32 bits that lies within 2³¹ of `reference` (serial arithmetic, RFC 1982).
    func extended(near reference: Int64) -> Int64 {
        let distance = Int32(bitPattern: rawValue &- UInt32(truncatingIfNeeded: reference))
        return reference &+ Int64(distance)
    }
}

/// Serial comparison of 16-bit stream sequence numbers (RFC 1982).
enum StreamSequence {
    /// Whether `left` comes before `right`.
    static func isBefore(_ left: UInt16, _ right: UInt16) -> Bool {
        Int16(bitPattern: left &- right) < 0
    }
}

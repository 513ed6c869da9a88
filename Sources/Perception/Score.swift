/// A probability, or another share of one, in a byte: what is kept is what decides.
public struct Score: Hashable, Sendable, Comparable, Codable {
    /// 0…255 for 0…1.
    public let step: UInt8

    public init(step: UInt8) { self.step = step }

    /// The nearest; what lies outside of 0…1 is brought to its edge, and what is no number is 0.
    public init(_ value: Float) {
        // Written so that a number that is none is 0.
        step = value > 0 ? UInt8((min(value, 1) * 255).rounded()) : 0
    }

    /// 0…1.
    public var value: Double { Double(step) / 255 }

    public static func < (left: Score, right: Score) -> Bool { left.step < right.step }

    public init(from decoder: any Decoder) throws { step = try decoder.singleValueContainer().decode(UInt8.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(step)
    }
}

/// A signed number in two bytes, in thousandths: a distance in faces, a correlation, a difference of scores.
public struct Thousandths: Hashable, Sendable, Comparable, Codable {
    /// -32,767…32,767 for -32.767…32.767.
    public let step: Int16

    public init(step: Int16) { self.step = step }

    /// The nearest; what lies beyond is brought to the edge, and what is no number is 0.
    public init(_ value: Float) {
        let thousandths = (value * 1_000).rounded()
        step = thousandths.isNaN ? 0 : Int16(min(max(thousandths, -32_767), 32_767))
    }

    public var value: Double { Double(step) / 1_000 }

    public static func < (left: Thousandths, right: Thousandths) -> Bool { left.step < right.step }

    public init(from decoder: any Decoder) throws { step = try decoder.singleValueContainer().decode(Int16.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(step)
    }
}

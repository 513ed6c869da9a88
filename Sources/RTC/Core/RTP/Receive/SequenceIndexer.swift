/// Gives every packet of one source its place among all others: the one unwrap and the one rule for jumps that
/// statistics, requests for lost packets and jitter buffers go by (RFC 3550 A.1).
public struct SequenceIndexer: Hashable, Sendable {
    /// A forward step of this size or more is not loss but a jump.
    public static let maximumDropout: Int64 = 3000
    /// A packet at least this far behind is not reordered but a jump back.
    public static let maximumMisorder: Int64 = 100
    /// A source that began anew goes on at least this far beyond its highest index, and only such a source does.
    @inlinable
    public static var runDistance: Int64 { 1 << 16 }

    /// Where a packet stands among those before it.
    public enum Place: Hashable, Sendable {
        /// Newer than all before it, with `missing` numbers between.
        case newest(Int64, missing: Int)
        /// Reordered, sent again or a duplicate.
        case older(Int64)
        /// The first after a jump that no loss explains. It has no place until the packet after it follows.
        case suspected
        /// The second after a jump: the source has begun anew, and the suspected packet stands one before this index.
        case restarted(Int64)

        /// The packet's sequence number, extended; `nil` as long as it is not to be believed.
        public var index: Int64? {
            switch self {
            case .newest(let index, _), .older(let index), .restarted(let index): index
            case .suspected: nil
            }
        }
    }

    /// `nil` before the first packet.
    public private(set) var highest: Int64?
    /// The number that would confirm a jump.
    private var expectedAfterJump: UInt16?

    /// The index of number 0 in the first cycle.
    private let origin: Int64

    /// - Parameter index: the highest one that was given away before, where the source may be one that was forgotten: it
    ///   goes on as one that began anew.
    public init(beyond index: Int64? = nil) {
        // The first one is in cycle 1, so that packets reordered before it stay positive.
        origin = index.map { ($0 >> 16 &+ 2) << 16 } ?? Self.runDistance
    }

    /// Places a packet. Indices never repeat.
    public mutating func place(_ number: UInt16) -> Place {
        guard let highest else {
            let first = origin &+ Int64(number)
            self.highest = first
            return .newest(first, missing: 0)
        }
        let step = Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest)))
        if step > 0, step < Self.maximumDropout {
            self.highest = highest &+ step
            expectedAfterJump = nil
            return .newest(highest &+ step, missing: Int(step) - 1)
        }
        if step <= 0, step > -Self.maximumMisorder { return .older(highest &+ step) }
        guard number == expectedAfterJump else {
            expectedAfterJump = number &+ 1
            return .suspected
        }
        // The number before this one has the cycle, for it may be the last of one.
        let index = (highest >> 16 &+ 2) << 16 &+ Int64(number &- 1) &+ 1
        self.highest = index
        expectedAfterJump = nil
        return .restarted(index)
    }

    /// The index nearest to the highest one that a number may stand for; `nil` before the first packet.
    public func nearest(_ number: UInt16) -> Int64? {
        highest.map { $0 &+ Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: $0))) }
    }
}

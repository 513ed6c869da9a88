/// Where a frame stands among the temporal layers of its stream (RFC 7741 §4.2).
public struct TemporalPlace: Hashable, Sendable {
    /// From 0, the lowest, which decodes by itself; 3 at most.
    public var layer: UInt8
    /// It refers to frames of the lowest layer alone: whoever left the layers between out can begin with it (Y).
    public var refersToBaseOnly: Bool
    /// No later frame refers to it (N).
    public var isNonReference: Bool

    public init(layer: UInt8, refersToBaseOnly: Bool, isNonReference: Bool) {
        self.layer = min(layer, 3)
        self.refersToBaseOnly = refersToBaseOnly
        self.isNonReference = isNonReference
    }
}

import NIOCore

/// The descriptor before the bytes of a VP9 payload (RFC 9628 §4.2).
public struct VP9PayloadDescriptor: Hashable, Sendable {
    public var pictureID: PictureID?
    /// Refers to earlier pictures (P).
    public var refersToPictures: Bool
    /// References are listed in each packet (F).
    public var isFlexible: Bool
    /// The payload begins or ends a layer's frame (B, E).
    public var startsLayerFrame: Bool
    public var endsLayerFrame: Bool
    /// Not referred to by higher spatial layers (Z).
    public var isNotForUpperLayers: Bool
    /// Where the packet stands among the layers; `nil` where the sender does not say.
    public var layer: Layer?
    /// How far back the pictures are that it refers to, in flexible mode: bit n stands for n pictures back.
    public var pictureDistances: UInt128 = 0
    public var structure: VP9ScalabilityStructure?
    /// Bytes of the descriptor itself.
    public var length: Int = 0

    /// The layer indices.
    public struct Layer: Hashable, Sendable {
        /// TID, 0–7.
        public var temporal: UInt8
        /// U.
        public var isSwitchingPoint: Bool
        /// SID, 0–7.
        public var spatial: UInt8
        /// Refers to the lower spatial layer of the same picture (D).
        public var refersToLowerLayer: Bool
        /// TL0PICIDX; not in flexible mode.
        public var baseIndex: UInt8?
    }

    /// The most pictures that one may refer to.
    static let mostReferences = 3

    /// - Parameter payload: all readable bytes.
    public init(parsing payload: ByteBuffer) throws(VideoPayloadError) {
        var reader = payload
        guard let flags = reader.readInteger(as: UInt8.self) else { throw .truncated(.descriptor) }
        refersToPictures = flags & 0x40 != 0
        isFlexible = flags & 0x10 != 0
        startsLayerFrame = flags & 0x08 != 0
        endsLayerFrame = flags & 0x04 != 0
        isNotForUpperLayers = flags & 0x01 != 0
        if flags & 0x80 != 0 {
            pictureID = try PictureID(reading: &reader)
        } else if isFlexible {
            throw .malformed(.pictureID)
        }
        if flags & 0x20 != 0 { layer = try Self.readLayer(&reader, isFlexible: isFlexible) }
        if isFlexible, refersToPictures { pictureDistances = try Self.readReferences(&reader) }
        if flags & 0x02 != 0 { structure = try VP9ScalabilityStructure(reading: &reader) }
        length = payload.readableBytes - reader.readableBytes
    }

    private static func readLayer(
        _ reader: inout ByteBuffer, isFlexible: Bool
    ) throws(VideoPayloadError) -> Layer {
        guard let indices = reader.readInteger(as: UInt8.self) else { throw .truncated(.layerIndex) }
        var layer = Layer(
            temporal: indices >> 5, isSwitchingPoint: indices & 0x10 != 0, spatial: indices >> 1 & 0x07,
            refersToLowerLayer: indices & 0x01 != 0)
        // The lowest layer has none below it.
        guard layer.spatial > 0 || !layer.refersToLowerLayer else { throw .malformed(.layerIndex) }
        guard !isFlexible else { return layer }
        guard let base = reader.readInteger(as: UInt8.self) else { throw .truncated(.layerIndex) }
        layer.baseIndex = base
        return layer
    }

    private static func readReferences(_ reader: inout ByteBuffer) throws(VideoPayloadError) -> UInt128 {
        var distances: UInt128 = 0
        for _ in 0..<mostReferences {
            guard let byte = reader.readInteger(as: UInt8.self) else { throw .truncated(.referenceList) }
            // A picture does not refer to itself.
            guard byte >> 1 > 0 else { throw .malformed(.referenceList) }
            distances |= 1 << UInt128(byte >> 1)
            if byte & 1 == 0 { return distances }
        }
        throw .malformed(.referenceList)
    }
}

/// The layers of a stream (SS, RFC 9628 §4.2.1). The pattern of references that it may hold is passed over: what is in
/// the packets is enough.
public struct VP9ScalabilityStructure: Hashable, Sendable {
    /// 1–8.
    public private(set) var spatialLayers: Int
    /// Width and height of each layer, 16 bits each, where it says them.
    private var sizes: InlineSizes?

    private struct InlineSizes: Hashable, Sendable {
        var low: UInt128 = 0
        var high: UInt128 = 0

        subscript(layer: Int) -> UInt32 {
            get { UInt32(truncatingIfNeeded: (layer < 4 ? low : high) >> UInt128(32 * (layer & 3))) }
            set {
                let bits = UInt128(newValue) << UInt128(32 * (layer & 3))
                if layer < 4 { low |= bits } else { high |= bits }
            }
        }
    }

    /// The size of a layer's pictures; `nil` where it does not say.
    public func size(ofLayer layer: Int) -> VideoSize? {
        guard let sizes, (0..<spatialLayers).contains(layer) else { return nil }
        let size = VideoSize(width: Int(sizes[layer] >> 16), height: Int(sizes[layer] & 0xFFFF))
        return size.width > 0 && size.height > 0 ? size : nil
    }

    init(reading reader: inout ByteBuffer) throws(VideoPayloadError) {
        guard let head = reader.readInteger(as: UInt8.self) else { throw .truncated(.scalabilityStructure) }
        spatialLayers = Int(head >> 5) + 1
        if head & 0x10 != 0 {
            var sizes = InlineSizes()
            for layer in 0..<spatialLayers {
                guard let size = reader.readInteger(as: UInt32.self) else { throw .truncated(.scalabilityStructure) }
                sizes[layer] = size
            }
            self.sizes = sizes
        }
        if head & 0x08 != 0 { try Self.skipPattern(&reader) }
    }

    private static func skipPattern(_ reader: inout ByteBuffer) throws(VideoPayloadError) {
        guard let count = reader.readInteger(as: UInt8.self) else { throw .truncated(.scalabilityStructure) }
        for _ in 0..<count {
            guard let picture = reader.readInteger(as: UInt8.self), reader.readableBytes >= Int(picture >> 2 & 3)
            else { throw .truncated(.scalabilityStructure) }
            reader.moveReaderIndex(forwardBy: Int(picture >> 2 & 3))
        }
    }
}
